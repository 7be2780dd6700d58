"""Every step of a worker's life at which it can die: data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ops.chaos.delivery.campaign import Guarantee

#: What must happen for the step to come: nothing, a commit that is refused, one of which nobody knows whether it went
#: through, another worker that joins, SIGTERM, slow agents, or a steady pace: commits come by time, and there must be
#: something left to commit.
Trigger = Literal["", "refused", "in doubt", "join", "stop", "slow", "steady"]


@dataclass(frozen=True)
class CrashPoint:
    """Before or after the n-th call of a client's method, n from 1 to `spread` in turn."""

    name: str
    client: Literal["consumer", "producer"]
    method: str
    when: Literal["before", "after"]
    trigger: Trigger = ""
    spread: int = 3
    guarantee: Guarantee = "exactly-once"


def _around(
    name: str, client: Literal["consumer", "producer"], method: str, trigger: Trigger = "", spread: int = 3
) -> tuple[CrashPoint, CrashPoint]:
    return (
        CrashPoint(f"before {name}", client, method, "before", trigger, spread),
        CrashPoint(f"after {name}", client, method, "after", trigger, spread),
    )


def _at_least_once(point: CrashPoint) -> CrashPoint:
    name = f"{point.name} (at least once)"
    return CrashPoint(
        name, point.client, point.method, point.when, point.trigger, point.spread, guarantee="at-least-once"
    )


_CYCLE = (
    *_around("the transactions' start", "producer", "init_transactions", spread=1),
    *_around("partitions are assigned", "consumer", "on_assign", spread=1),
    CrashPoint("messages are fetched", "consumer", "poll", "after"),
    *_around("a transaction begins", "producer", "begin_transaction"),
    CrashPoint("after the first output", "producer", "produce", "after", spread=1),
    CrashPoint("in the middle of outputs", "producer", "produce", "after", spread=350),
    CrashPoint("agents are through", "consumer", "consumer_group_metadata", "after"),
    *_around("offsets join the transaction", "producer", "send_offsets_to_transaction"),
    *_around("the commit", "producer", "commit_transaction"),
)
_UNDOING = (
    *_around("an abort", "producer", "abort_transaction", "refused", spread=1),
    *_around("the seek back", "consumer", "seek", "refused", spread=1),
    CrashPoint("the repeated cycle begins", "producer", "begin_transaction", "after", "refused", spread=3),
)
_IN_DOUBT = (
    *_around("the old producer is given up", "producer", "purge", "in doubt", spread=1),
    CrashPoint("before the new producer starts", "producer", "init_transactions", "before", "in doubt", spread=2),
    CrashPoint("after the new producer started", "producer", "init_transactions", "after", "in doubt", spread=2),
    *_around("the group's offsets are asked for", "consumer", "committed", "in doubt", spread=1),
    CrashPoint(
        "the cycle after the doubt is committed", "producer", "commit_transaction", "before", "in doubt", spread=3
    ),
)
_REBALANCE_AND_STOP = (
    *_around("partitions are revoked", "consumer", "on_revoke", "join", spread=1),
    *_around("the consumer closes", "consumer", "close", "stop", spread=1),
    CrashPoint("fetching is paused in mid-cycle", "consumer", "pause", "after", "slow", spread=2),
)
_PLAIN = tuple(
    _at_least_once(point)
    for point in (
        CrashPoint("messages are fetched", "consumer", "poll", "after"),
        CrashPoint("in the middle of outputs", "producer", "produce", "after", spread=350),
        CrashPoint("outputs are reported", "producer", "poll", "after", spread=40),
        *_around("a commit", "consumer", "commit", "steady"),
        *_around("partitions are revoked", "consumer", "on_revoke", "join", spread=1),
        *_around("the consumer closes", "consumer", "close", "stop", spread=1),
    )
)

POINTS: tuple[CrashPoint, ...] = (*_CYCLE, *_UNDOING, *_IN_DOUBT, *_REBALANCE_AND_STOP, *_PLAIN)
