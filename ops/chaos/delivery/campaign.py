"""What a campaign is: data. The same campaign with the same seed draws the same faults."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Guarantee = Literal["exactly-once", "at-least-once"]

#: Seconds. The broker takes a member for dead after this; the shortest that brokers allow by default.
SESSION_TIMEOUT = 6.0
#: Seconds. The broker aborts a transaction that takes longer.
TRANSACTION_TIMEOUT = 10.0


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """`kills` counts SIGKILLs of workers and brokers; the other faults come between them."""

    seed: int = 1
    messages: int = 200_000
    partitions: int = 8
    keys: int = 400
    workers: int = 3
    guarantee: Guarantee = "exactly-once"
    faults: bool = True
    kills: int = 20
    #: Nodes of the campaign's own cluster; 0: a broker that somebody else runs, which is left alone.
    brokers: int = 1
    #: Seconds after which no new fault begins; None: all of the plan.
    bound: float | None = None
    #: Seconds that the workers have to finish once the faults are over.
    patience: float = 240.0

    def __post_init__(self) -> None:
        if self.brokers not in (0, 1, 3):
            raise ValueError("a campaign has one broker, or three")
        if min(self.messages, self.partitions, self.keys, self.workers) < 1 or self.kills < 0:
            raise ValueError("a campaign needs messages, partitions, keys and workers")

    @property
    def exactly_once(self) -> bool:
        return self.guarantee == "exactly-once"

    def data(self) -> dict[str, Any]:
        return asdict(self)


#: The campaign of the published results.
LONG = {"messages": 2_000_000, "kills": 200, "brokers": 3, "workers": 4}
