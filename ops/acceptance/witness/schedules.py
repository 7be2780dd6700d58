"""Subscriptions beside the ERP's billing schedules, and what corrects a change within an interval."""

from __future__ import annotations

import calendar
import itertools
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from ops.acceptance.witness.found import ZERO, Compared, Found, Row, Sides, by, pairs, rounded, unit_of

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_TOLD = ("status", "sku", "quantity", "unit_price", "billing_interval", "effective_on", "revision", "currency")
_NAMES = {"month": "Monthly", "quarter": "Quarterly", "year": "Yearly"}


def schedules(sides: Sides, found: Found) -> Iterator[Compared]:
    """FL8: each subscription is billed by its newest revision, and each change within an interval is corrected."""
    there, states = by(sides.erp["schedules"], "reference"), by(sides.said["revisions"], "id")
    notes = by(
        [row for row in sides.erp["invoices"] if (row["reference"] or "").startswith("subscription/")], "reference"
    )
    for now in sides.crm["subscriptions"]:
        key = now["id"]
        schedule = found.only(f"subscription {key} is a schedule", there.pop(key, []), True, "it began")
        if schedule is None:
            continue
        fields: dict[str, tuple[Any, Any]] = {
            "number": (now["erp_subscription_number"], schedule["number"]),
            "revision": (now["revision"], schedule["revision"]),
            "revision written back": (now["erp_revision"], schedule["revision"]),
            "currency": (now["currency"], schedule["currency"]),
            "customer": (now["account_id"], schedule["customer"]),
            "begins": (now["starts_on"], schedule["start_date"]),
            "interval": (_NAMES[now["billing_interval"]], schedule["interval"].partition(" ")[0]),
        }
        told = states.get(key, [{}])
        fields |= {f"{name} as told": (told[-1].get(name), now[name]) for name in _TOLD}
        yield from pairs("FL8", key, fields | _lines(states.get(key, []), schedule))
        for old, new in itertools.pairwise(told):
            yield from _corrected(key, old, new, notes.pop(f"subscription/{key}/{new['revision']}", []), found)
    found.unexplained += [f"{key} is in the ERP, and no subscription in the CRM" for key in (*there, *notes)]


def _lines(states: Sequence[Row], schedule: Row) -> dict[str, tuple[Any, Any]]:
    """From which day on what is billed: an interval is billed whole, so by the state at its first day."""
    wanted: dict[date, Row] = {}
    for state in states:
        start, end = around(state["starts_on"], state["effective_on"], state["billing_interval"])
        first = start if start == state["effective_on"] else end
        wanted = {day: one for day, one in wanted.items() if day < first} | {first: state}
    days = sorted(wanted)
    last = wanted[days[-1]]["status"] == "cancelled" if days else False
    over = days.pop() - timedelta(days=1) if last else None
    theirs = sorted(schedule["lines"], key=lambda row: (row["start_date"], row["id"]))
    fields: dict[str, tuple[Any, Any]] = {
        "ends": (over, schedule["end_date"]),
        "lines": (len(days), len(theirs)),
        "runs": (True, schedule["state"] in (("running", "closed") if last else ("running",))),
    }
    for number, (day, row) in enumerate(zip(days, theirs, strict=False), 1):
        state, until = wanted[day], days[number] - timedelta(days=1) if number < len(days) else over
        fields |= {
            f"line {number} product": (state["sku"], row["sku"]),
            f"line {number} quantity": (state["quantity"], Decimal(str(row["quantity"]))),
            f"line {number} price": (state["unit_price"], row["unit_price"]),
            f"line {number} begins": (day, row["start_date"]),
            f"line {number} ends": (until, row["end_date"]),
        }
    return fields


def _corrected(key: str, old: Row, new: Row, notes: Sequence[Any], found: Found) -> Iterator[Compared]:
    """What the rest of the interval costs by the new state, less what it cost by the old one.

    An interval that the new state holds from the first day on is billed by it, whole.
    """
    start, end = around(new["starts_on"], new["effective_on"], new["billing_interval"])
    amount = ZERO
    if start != new["effective_on"]:
        amount = _rest(new, start, end, new["effective_on"]) - _rest(old, start, end, new["effective_on"])
    name = f"revision {new['revision']} of {key} is corrected"
    note = found.only(name, notes, bool(amount), f"{amount} {new['currency']} are to correct")
    if note is None:
        yield Compared(
            "FL8", key, f"revision {new['revision']} needs no correction", amount, ZERO if not notes else None
        )
        return
    found.add("corrections of subscriptions", new["currency"], amount)
    found.add("invoices that correct", note["currency"], note["total_amount"])
    fields = {
        "amount": (amount, note["total_amount"]),
        "currency": (new["currency"], note["currency"]),
        "customer": (new["account_id"], note["customer"]),
        "posted": (True, note["state"] in ("posted", "paid")),
    }
    yield from pairs("FL8", key, {f"revision {new['revision']}, {what}": both for what, both in fields.items()})


def _rest(state: Row, start: date, end: date, day: date) -> Decimal:
    """What the days from `day` on cost: the whole interval, less the days before it, rounded once."""
    if state["status"] == "cancelled":
        return ZERO
    whole = rounded(state["quantity"] * state["unit_price"], state["currency"])
    unit, passed = unit_of(state["currency"]), (day - start).days
    before = (whole / unit * passed / (end - start).days).quantize(Decimal(1), ROUND_HALF_EVEN) * unit
    return whole - before


def around(starts_on: date, day: date, kind: str) -> tuple[date, date]:
    """The first day of the interval that a day lies in, and of the next. Each counts from the very first day."""
    number, months = 0, _MONTHS[kind]
    while _after(starts_on, (number + 1) * months) <= day:
        number += 1
    return _after(starts_on, number * months), _after(starts_on, (number + 1) * months)


def _after(day: date, months: int) -> date:
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
