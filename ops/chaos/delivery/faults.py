"""Which faults strike, when and whom: drawn from the seed, pure."""

from __future__ import annotations

import enum
import random
from collections.abc import Mapping
from dataclasses import dataclass

from ops.chaos.delivery.campaign import SESSION_TIMEOUT, TRANSACTION_TIMEOUT, Campaign


class Kind(enum.StrEnum):
    WORKER_KILL = "worker-kill"  #: SIGKILL; started again at once
    PAUSE_SHORT = "pause-short"  #: SIGSTOP for less than the session timeout
    PAUSE_LONG = "pause-long"  #: for longer: the group gives its partitions away, the broker aborts its transaction
    ZOMBIE = "zombie"  #: frozen, replaced by a new instance of the same name, and woken up
    ROLLING_RESTART = "rolling-restart"  #: SIGTERM to each worker in turn
    REBALANCE = "rebalance"  #: one more worker joins, and leaves again
    BROKER_KILL = "broker-kill"  #: SIGKILL; started again after a while
    BROKER_RESTART = "broker-restart"  #: SIGTERM
    GROUP_COORDINATOR = "group-coordinator-kill"  #: SIGKILL to the broker that keeps the group
    TRANSACTION_COORDINATOR = (
        "transaction-coordinator-kill"  #: SIGKILL to the broker that keeps a worker's transactions
    )


@dataclass(frozen=True)
class Fault:
    """`target` is taken modulo the workers or brokers that there are. Times are seconds."""

    kind: Kind
    target: int
    hold: float  #: how long it lasts
    gap: float  #: until the next one begins; they may overlap


#: kind -> weight among the others, and the bounds of how long it lasts
WORKERS: Mapping[Kind, tuple[int, float, float]] = {
    Kind.WORKER_KILL: (40, 0.0, 0.5),
    Kind.PAUSE_SHORT: (6, 0.5, SESSION_TIMEOUT / 2),
    Kind.PAUSE_LONG: (4, SESSION_TIMEOUT + 1, TRANSACTION_TIMEOUT + 4),
    Kind.ZOMBIE: (4, 1.0, SESSION_TIMEOUT),
    Kind.ROLLING_RESTART: (3, 0.0, 0.5),
    Kind.REBALANCE: (6, 2.0, 6.0),
}
BROKERS: Mapping[Kind, tuple[int, float, float]] = {
    Kind.BROKER_KILL: (6, 0.0, 5.0),
    Kind.BROKER_RESTART: (3, 0.0, 2.0),
}
COORDINATORS: Mapping[Kind, tuple[int, float, float]] = {
    Kind.GROUP_COORDINATOR: (3, 0.0, 5.0),
    Kind.TRANSACTION_COORDINATOR: (3, 0.0, 5.0),
}
KILLS = frozenset({Kind.WORKER_KILL, Kind.BROKER_KILL, Kind.GROUP_COORDINATOR, Kind.TRANSACTION_COORDINATOR})
OF_BROKERS = frozenset({*BROKERS, *COORDINATORS})
_GAP = (0.4, 2.5)


def draw(campaign: Campaign) -> list[Fault]:
    """The campaign's faults in order: one of each kind early on as far as the kills allow, then by weight."""
    if not campaign.faults or not campaign.kills:
        return []
    chance = random.Random(campaign.seed)
    kinds = dict(WORKERS)
    if campaign.brokers:
        kinds.update(BROKERS)
    if campaign.brokers == 3:
        kinds.update(COORDINATORS)
    first = list(kinds)
    chance.shuffle(first)
    faults: list[Fault] = []
    kills = 0
    while kills < campaign.kills:
        kind = first.pop() if first else chance.choices(list(kinds), [weight for weight, _, _ in kinds.values()])[0]
        _, least, most = kinds[kind]
        faults.append(
            Fault(kind, chance.randrange(1000), round(chance.uniform(least, most), 2), round(chance.uniform(*_GAP), 2))
        )
        kills += kind in KILLS
    return faults


def expected_seconds(faults: list[Fault]) -> float:
    """A rough guess: gaps, and what brokers and rolling restarts hold up."""
    cost = {Kind.ROLLING_RESTART: 6.0, Kind.ZOMBIE: 2.0, **dict.fromkeys(OF_BROKERS, 7.0)}
    return sum(fault.gap + cost.get(fault.kind, 1.2) for fault in faults)
