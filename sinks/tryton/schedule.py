"""A billing schedule as Tryton holds it: a subscription of the module sale_subscription. Pure.

Each state of the CRM's subscription is a line, from the day on that it is billed; the line before it ends the day
before. The ERP bills a line's intervals in advance and whole. What is kept for the next amendment, and for people, is
in the description: the revision that is billed, since when it holds, and what its beginning within an interval was
corrected by.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from schemas.prorate import cost_between, interval_at, price_of
from schemas.reasons import Reason
from schemas.records import ScheduleAmend
from sinks.errors import Refused
from sinks.port import Fields, Value
from sinks.tryton.identifiers import crm_id_of

Row = Mapping[str, Any]
ACTIVE, CANCELLED = "active", "cancelled"
_NAMES = {"month": "Monthly", "quarter": "Quarterly", "year": "Yearly"}
_KINDS = {name: kind for kind, name in _NAMES.items()}
_DAY = r"(\d{4}-\d\d-\d\d)"
_SAID = re.compile(rf"Revision (\d+) from {_DAY}, billed from {_DAY}, corrected by (-?\d+(?:\.\d+)?)")
_ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """What the ERP bills. `correction` is what the last amendment was corrected by, in whole minor units."""

    state: str
    starts_on: date
    kind: str
    currency: str
    revision: int
    effective_on: date
    bills_from: date
    correction: Decimal
    sku: str
    quantity: Decimal
    unit_price: Decimal
    line: int
    line_starts: date
    lines: int
    ends: date | None  #: its last day, once it was cancelled
    consumed_until: date | None  #: the last day that the ERP has billed

    @property
    def over(self) -> bool:
        return self.ends is not None or self.state in ("cancelled", "closed")

    @property
    def price(self) -> Decimal:
        """What an interval costs from the effective day on."""
        return Decimal(0) if self.over else price_of(self.quantity, self.unit_price, self.currency)


@dataclass(frozen=True, slots=True)
class Amendment:
    """From when on the new state is billed, and what corrects the days before: above 0 the customer pays it."""

    bills_from: date
    correction: Decimal

    def said(self, body: ScheduleAmend) -> str:
        days = f"from {body.effective_on}, billed from {self.bills_from}"
        return f"Revision {body.revision} {days}, corrected by {self.correction:f}"


def recurrence(kind: str, starts_on: date) -> str:
    """The name of the ERP's rule: a month that is too short ends an interval on its last day."""
    late = {29: " from the 29th", 30: " from the 30th", 31: " from the 31st"}
    return _NAMES[kind] + late.get(starts_on.day, "")


def choose(rows: Sequence[Row]) -> tuple[Row | None, list[int]]:
    """Ours among those with our reference: the one with a number, then the oldest; and drafts of lost calls beside it.

    Raises Refused when two have a number: people have to decide then.
    """
    if not rows:
        return None, []
    first, *others = sorted(rows, key=lambda row: (not row["number"], row["id"]))
    if any(row["number"] or row["state"] != "draft" for row in others):
        names = ", ".join(shown(row) for row in [first, *others])
        raise Refused(Reason.PARTIAL_WRITE, f"Tryton has more than one schedule of {first['reference']}: {names}")
    return first, [row["id"] for row in others]


def shown(row: Row) -> str:
    return f"subscription {row['number'] or 'without number'} ({row['state']}, id {row['id']})"


def read(row: Row) -> Schedule:
    """Raises Refused where people have changed what the next amendment rests on."""
    said = _SAID.fullmatch(row["description"] or "")
    kind = _KINDS.get(row["invoice_recurrence."]["name"].partition(" ")[0])
    if said is None or kind is None or not row["lines."]:
        raise Refused(Reason.ERP_REJECTED, f"{shown(row)} does not say any more by which revision it bills")
    line = max(row["lines."], key=lambda one: (one["start_date"], one["id"]))
    return Schedule(
        state=row["state"],
        starts_on=row["start_date"],
        kind=kind,
        currency=row["currency."]["code"],
        revision=int(said[1]),
        effective_on=date.fromisoformat(said[2]),
        bills_from=date.fromisoformat(said[3]),
        correction=Decimal(said[4]),
        sku=line["service."]["product."]["code"],
        quantity=Decimal(line["quantity"]),
        unit_price=line["unit_price"],
        line=line["id"],
        line_starts=line["start_date"],
        lines=len(row["lines."]),
        ends=row["end_date"],
        consumed_until=line["consumed_until"],
    )


def amendment(held: Schedule, body: ScheduleAmend) -> Amendment:
    """What the next revision changes. Raises Refused where it is not the next, or changes what cannot be changed.

    The new state is billed from the first interval on that is not billed yet and that no earlier change is billed from.
    """
    _follows(held, body)
    start, kind, currency = held.starts_on, held.kind, held.currency
    bills_from = max(body.bills_from, held.line_starts)
    if held.consumed_until is not None and held.consumed_until >= bills_from:
        bills_from = interval_at(start, held.consumed_until, kind).end
    new = price_of(body.quantity, body.unit_price, currency) if body.status == ACTIVE else Decimal(0)
    worth = body.adjustment + cost_between(new, start, kind, (body.bills_from, bills_from), currency)
    billed = cost_between(held.price, start, kind, (body.effective_on, bills_from), currency)
    return Amendment(bills_from, worth - billed)


def _follows(held: Schedule, body: ScheduleAmend) -> None:
    if body.revision != held.revision + 1:
        detail = f"revision {body.revision} does not follow revision {held.revision}, which the ERP bills by"
        hint = f"count the change as revision {held.revision + 1} in the CRM, if none is missing between them"
        raise Refused(Reason.CONFLICT_ON_FINANCIAL_FIELD, detail, hint)
    if held.over:
        detail = f"the ERP's schedule ended with revision {held.revision}; revision {body.revision} comes after its end"
        raise Refused(Reason.CONFLICT_ON_FINANCIAL_FIELD, detail, "make a new subscription")
    fixed = {"currency": held.currency, "billing_interval": held.kind, "starts_on": held.starts_on}
    changed = [name for name, value in fixed.items() if getattr(body, name) != value]
    if changed:
        detail = f"{', '.join(changed)} of a schedule cannot be changed"
        raise Refused(Reason.CONFLICT_ON_FINANCIAL_FIELD, detail, "cancel it, and make a new subscription")
    if body.effective_on < held.effective_on:
        detail = f"revision {body.revision} holds from {body.effective_on}, and the one before from {held.effective_on}"
        raise Refused(Reason.CONFLICT_ON_FINANCIAL_FIELD, detail, "let it hold from a later day")


def never_billed(held: Schedule, change: Amendment) -> bool:
    """Whether a schedule that ends so has nothing to bill at all: its only line would end before it begins."""
    return held.lines == 1 and held.line_starts >= change.bills_from


def amended(held: Schedule, body: ScheduleAmend, change: Amendment, line: Mapping[str, Any]) -> dict[str, Any]:
    """Values that make the schedule what the amendment says. `line`: the new one's values."""
    values: dict[str, Any] = {"description": change.said(body)}
    last = change.bills_from - _ONE
    begun = held.line_starts < change.bills_from
    if body.status == CANCELLED:
        if not never_billed(held, change):
            end = ["write", [held.line], {"end_date": last}] if begun else ["delete", [held.line]]
            values |= {"end_date": last, "lines": [end]}
    elif begun:
        ended = ["write", [held.line], {"end_date": last}]
        values["lines"] = [ended, ["create", [{**line, "start_date": change.bills_from}]]]
    else:
        values["lines"] = [["write", [held.line], dict(line)]]
    return values


def expected(body: ScheduleAmend, change: Amendment, account_id: str) -> Fields:
    """What must read back, the correction included."""
    fields: dict[str, Value] = {
        "customer": account_id,
        "currency": body.currency,
        "interval": body.billing_interval,
        "begins": body.starts_on.isoformat(),
        "revision": body.revision,
        "holds from": body.effective_on.isoformat(),
        "billed from": change.bills_from.isoformat(),
        "correction": change.correction,
        "ended": "yes" if body.status == CANCELLED else "no",
    }
    if body.status == ACTIVE:
        fields |= {"product": body.sku, "quantity": body.quantity, "price": body.unit_price, "runs": "yes"}
    return fields


def held(row: Row, corrected: Decimal) -> Fields:
    """The same view of what Tryton holds. `corrected`: the sum of the posted invoice or credit note, 0 without one."""
    party, now = row["party."], read(row)
    return {
        "customer": crm_id_of(party["identifiers."]) or party["code"],
        "currency": now.currency,
        "interval": now.kind,
        "begins": now.starts_on.isoformat(),
        "revision": now.revision,
        "holds from": now.effective_on.isoformat(),
        "billed from": now.bills_from.isoformat(),
        "correction": corrected,
        "ended": "yes" if now.over else "no",
        "product": now.sku,
        "quantity": now.quantity,
        "price": now.unit_price,
        "runs": "yes" if now.state == "running" else "no",
    }


def foreseen(row: Row | None, body: ScheduleAmend, account_id: str) -> tuple[Fields, Fields]:
    """(what Tryton holds, what it would hold), before anything is written. Raises Refused."""
    if row is None:
        return {}, expected(body, Amendment(body.starts_on, Decimal(0)), account_id)
    now = read(row)
    same = now.revision == body.revision
    change = Amendment(now.bills_from, now.correction) if same else amendment(now, body)
    return held(row, now.correction), expected(body, change, account_id)
