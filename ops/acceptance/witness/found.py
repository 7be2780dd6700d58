"""What a comparison comes to, and how amounts are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Any]]
ZERO = Decimal(0)
TOTALS = "totals"  #: in place of a flow
_DECIMALS = {"JPY": 0, "KWD": 3}  #: of the currencies that are sold in; the others have 2


@dataclass(frozen=True, slots=True)
class Sides:
    """What is compared. `said`: what neither system keeps, as those tell it who did it."""

    crm: Tables
    erp: Tables
    said: Tables


@dataclass(frozen=True, slots=True)
class Compared:
    """One field of one record, as both systems have it, or as one has it and the business says it must be."""

    flow: str
    record: str
    field: str
    crm: Any
    erp: Any

    @property
    def same(self) -> bool:
        if isinstance(self.crm, Decimal) or isinstance(self.erp, Decimal):
            return (self.crm or ZERO) == (self.erp or ZERO)
        return (self.crm or None) == (self.erp or None)

    def told(self) -> str:
        return f"{self.flow} {self.record}, {self.field}: the CRM's side says {self.crm}, the ERP's {self.erp}"


@dataclass(slots=True)
class Found:
    """What a comparison came to."""

    compared: list[Compared] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)  #: a record on one side that nothing accounts for
    totals: dict[str, dict[str, Decimal]] = field(default_factory=dict)  #: currency -> name -> sum

    @property
    def mismatches(self) -> list[Compared]:
        return [one for one in self.compared if not one.same]

    @property
    def clean(self) -> bool:
        return not self.mismatches and not self.unexplained

    @property
    def flows(self) -> dict[str, int]:
        """Records by flow, as the witness saw them."""
        seen: dict[str, set[str]] = {}
        for one in self.compared:
            if one.flow != TOTALS:
                seen.setdefault(one.flow, set()).add(one.record)
        return {flow: len(seen[flow]) for flow in sorted(seen, key=lambda flow: (len(flow), flow))}

    def add(self, name: str, currency: str, amount: Decimal | None) -> None:
        sums = self.totals.setdefault(currency, {})
        sums[name] = sums.get(name, ZERO) + (amount or ZERO)

    def only(self, what: str, rows: Sequence[Any], due: bool, why: str) -> Any:
        """The one row that must be there; None where none must be, or what is there is told as unexplained."""
        if len(rows) != due:
            self.unexplained.append(f"{what} in the ERP {len(rows)} times, though: {why}")
            return None
        return rows[0] if rows else None


Check = Callable[[Sides, Found], Iterator[Compared]]


def pairs(flow: str, record: str, fields: Mapping[str, tuple[Any, Any]]) -> Iterator[Compared]:
    """name -> (the CRM's side, the ERP's)."""
    for name, (ours, theirs) in fields.items():
        yield Compared(flow, record, name, ours, theirs)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """In whole minor units, half to even."""
    return amount.quantize(unit_of(currency), ROUND_HALF_EVEN)


def unit_of(currency: str) -> Decimal:
    return Decimal(1).scaleb(-_DECIMALS.get(currency, 2))


def by(rows: Sequence[Any], name: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row[name], []).append(row)
    return found
