"""What is asked of the systems, as data."""

from __future__ import annotations

from dataclasses import dataclass

from ops.bench.line.peers.contract import LETTERS, REGIONS


@dataclass(frozen=True)
class Workload:
    name: str
    title: str
    messages: int  #: of a full run; slow systems get their share
    quick: int  #: of a quick one
    outputs: tuple[str, ...] = ("out",)
    partitions: int = 4
    payload: int = 400  #: bytes of a value, where it is not an order
    keys: int = 100_000
    malformed: float = 0.0  #: part of the orders that cannot be read
    #: Where the message's number stands in an output's value, so that the observer can count it; None: it is the key.
    number: tuple[int, int] | None = (0, 10)

    lanes: int | None = None  #: per-key order is checked: the key is the number's remainder

    @property
    def carries_orders(self) -> bool:
        return LETTERS in self.outputs


_ORDERS = {"outputs": (*REGIONS, LETTERS), "number": (7, 16)}

W0 = Workload("W0", "pass-through, 400 B", 1_000_000, 300_000)
W1 = Workload("W1", "orders: Avro, check, enrich, route", 300_000, 80_000, **_ORDERS)  # type: ignore[arg-type]
W2 = Workload("W2", "W1 with 20 % malformed", 300_000, 80_000, malformed=0.2, **_ORDERS)  # type: ignore[arg-type]
RATES = {workload.name: workload for workload in (W0, W1, W2)}

#: The first part of a run is not timed.
WARM_UP = 0.2
