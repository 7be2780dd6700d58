"""What a run is made of: steps of people at the CRM, and what people do once something has become of them. Pure data.

`said` is what neither system keeps, as rows for the witness: what the payment provider told, what the ERP's clerk
entered, which accounts are billed by themselves, and each revision of a subscription.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from typing import Any

from ops.demo.records import Account, Billing, Delivery, Lane, Opportunity, Step, Table, Transaction

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Edit:
    """The clerk changes a customer in the ERP. `terms` is the name of a payment term there."""

    account_id: str
    active: bool = True
    terms: str | None = None


Deed = Transaction | Delivery | Edit


@dataclass(frozen=True, slots=True)
class Then:
    """Somebody waits until a column of a CRM row is filled (or has `value`), and then does `deeds`.

    These are made of the row and the time.
    """

    table: Table
    id: str
    column: str
    deeds: Callable[[Row, datetime], Sequence[Deed]]
    value: str | None = None

    def due(self, row: Row) -> bool:
        return row[self.column] is not None and self.value in (None, row[self.column])


def these(*deeds: Deed) -> Callable[[Row, datetime], Sequence[Deed]]:
    """The same deeds whatever the row says."""
    return lambda _row, _now: deeds


@dataclass
class Work:
    """A run in the making. `steps`: those of each account, in order. `billing`: what the accountant does."""

    run: str
    random: Random
    today: date
    accounts: list[Account] = field(default_factory=list)  #: which deals and cases are of
    deals: list[Opportunity] = field(default_factory=list)
    contracts: dict[str, str] = field(default_factory=dict)  #: account -> contract
    steps: dict[str, list[Step]] = field(default_factory=dict)
    billing: dict[str, Billing] = field(default_factory=dict)
    thens: list[Then] = field(default_factory=list)
    said: dict[str, list[Any]] = field(
        default_factory=lambda: {"terms": [], "billed alone": [], "revisions": [], "refunds": []}
    )
    driven: dict[str, int] = field(default_factory=dict)  #: flow -> records that the witness must see of it

    @property
    def lanes(self) -> tuple[Lane, ...]:
        return tuple(Lane(tuple(steps)) for steps in self.steps.values())

    def name(self, kind: str, number: int | str) -> str:
        return f"{kind}-{self.run}-{number}"

    def drove(self, flow: str, count: int = 1) -> None:
        self.driven[flow] = self.driven.get(flow, 0) + count
