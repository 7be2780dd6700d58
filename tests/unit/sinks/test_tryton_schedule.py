"""What amends a schedule: whatever comes when, and however far the ERP has billed, each day is paid at its price."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.prorate import cost_between, interval_at, price_of
from schemas.reasons import Reason
from schemas.records import ScheduleAmend
from sinks.errors import Refused
from sinks.tryton import schedule
from sinks.tryton.schedule import Amendment, Schedule

D = Decimal
FIRST, MIDDLE, DOUBLE = date(2026, 1, 1), date(2026, 3, 16), D(62)


def plan(revision: int = 2, held: date = MIDDLE, price: Decimal = DOUBLE, **over: Any) -> ScheduleAmend:
    """Of one unit; bills_from and adjustment as the line decides them."""
    kind, start, currency = over.get("kind", "month"), over.get("start", FIRST), over.get("currency", "EUR")
    interval = interval_at(start, held, kind)
    bills_from = held if held == interval.start else interval.end
    status = over.get("status", "active")
    full = price_of(D(1), price, currency) if status == "active" else D(0)
    return ScheduleAmend(
        customer_code="C1",
        status=status,
        sku="SKU-001",
        quantity=D(1),
        unit_price=price,
        currency=currency,
        billing_interval=kind,
        starts_on=start,
        effective_on=held,
        revision=revision,
        bills_from=bills_from,
        adjustment=cost_between(full, start, kind, (held, bills_from), currency),
    )


class Erp:
    """Lines as the ERP keeps them, and what it bills for them: intervals in advance and whole."""

    def __init__(self, first: ScheduleAmend) -> None:
        line = {"id": 1, "service.": {"product.": {"code": first.sku}}, "quantity": first.quantity}
        line |= {"unit_price": first.unit_price, "start_date": first.starts_on, "end_date": None}
        self.kind, self.ids = first.billing_interval, 1
        self.row: dict[str, Any] = {
            "id": 1,
            "number": "1",
            "state": "running",
            "start_date": first.starts_on,
            "end_date": None,
            "description": Amendment(first.starts_on, D(0)).said(first),
            "currency.": {"code": first.currency},
            "party.": {"code": "C1", "identifiers.": []},
            "invoice_recurrence.": {"name": schedule.recurrence(first.billing_interval, first.starts_on)},
            "lines.": [{**line, "consumed_until": None}],
        }
        self.billed = D(0)

    @property
    def held(self) -> Schedule:
        return schedule.read(self.row)

    def bill(self, day: date) -> None:
        """Every interval that begins by this day."""
        for line in self.row["lines."]:
            due = line["consumed_until"] + timedelta(1) if line["consumed_until"] else line["start_date"]
            while due <= day and (line["end_date"] is None or due <= line["end_date"]):
                interval = interval_at(self.row["start_date"], due, self.kind)
                assert due == interval.start, "a line begins with an interval"
                self.billed += price_of(line["quantity"], line["unit_price"], self.row["currency."]["code"])
                due = interval.end
                line["consumed_until"] = due - timedelta(1)
            if line["consumed_until"] and line["end_date"]:
                assert line["consumed_until"] <= line["end_date"], "nothing is billed beyond its end"

    def amend(self, body: ScheduleAmend) -> Amendment:
        change = schedule.amendment(self.held, body)
        line = {"service.": {"product.": {"code": body.sku}}, "quantity": body.quantity, "unit_price": body.unit_price}
        if body.status == "cancelled" and schedule.never_billed(self.held, change):
            self.row["state"] = "cancelled"
            self.row["lines."][0]["end_date"] = FIRST - timedelta(100_000)  # a cancelled one bills nothing
        values = schedule.amended(self.held, body, change, line)
        for verb, *rest in values.pop("lines", []):
            if verb == "create":
                self.ids += 1
                fresh = {"id": self.ids, "consumed_until": None, "end_date": None, **rest[0][0]}
                assert not any(one["end_date"] is None for one in self.row["lines."])
                self.row["lines."].append(fresh)
            elif verb == "delete":
                self.row["lines."] = [one for one in self.row["lines."] if one["id"] not in rest[0]]
            else:
                (found,) = [one for one in self.row["lines."] if one["id"] in rest[0]]
                found.update(rest[1])
                assert found["end_date"] is None or found["end_date"] >= found["start_date"]
        self.row.update(values)
        self.billed += change.correction
        return change


def test_known_sums() -> None:
    erp = Erp(plan(1, FIRST, D(31)))
    erp.bill(date(2026, 3, 16))
    assert erp.amend(plan()) == Amendment(date(2026, 4, 1), D("16.00"))
    assert erp.amend(plan(3, date(2026, 3, 31), D(31))) == Amendment(date(2026, 4, 1), D("-1.00"))
    cancelled = plan(4, date(2026, 4, 16), status="cancelled")
    assert erp.amend(cancelled) == Amendment(date(2026, 5, 1), D("-15.50"))
    assert erp.held.over


def test_what_the_erp_has_billed_meanwhile_is_corrected_too() -> None:
    erp = Erp(plan(1, FIRST, D(31)))
    erp.bill(date(2026, 5, 2))
    assert erp.amend(plan()) == Amendment(date(2026, 6, 1), D("16.00") + D(31) + D(31))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (plan(3), "revision 3 does not follow revision 1"),
        (plan(1), "revision 1 does not follow revision 1"),
        (plan(currency="USD"), "currency"),
        (plan(kind="year"), "billing_interval"),
        (plan(start=date(2026, 1, 2)), "starts_on"),
    ],
)
def test_what_does_not_follow_is_refused(body: ScheduleAmend, told: str) -> None:
    with pytest.raises(Refused, match=told) as caught:
        schedule.amendment(Erp(plan(1, FIRST)).held, body)
    assert caught.value.reason is Reason.CONFLICT_ON_FINANCIAL_FIELD


def test_a_change_from_before_the_last_one_is_refused() -> None:
    erp = Erp(plan(1, FIRST))
    erp.amend(plan())
    with pytest.raises(Refused, match="holds from 2026-03-15"):
        schedule.amendment(erp.held, plan(3, date(2026, 3, 15)))


def test_nothing_comes_after_the_end() -> None:
    erp = Erp(plan(1, FIRST))
    erp.amend(plan(status="cancelled"))
    with pytest.raises(Refused, match="after its end"):
        schedule.amendment(erp.held, plan(3, date(2026, 5, 1)))


@pytest.mark.parametrize("description", [None, "", "Revision 2", "Revision 1 from 2026-01-01, see Ada"])
def test_a_description_that_people_changed_is_no_ground_for_money(description: str | None) -> None:
    erp = Erp(plan(1, FIRST))
    erp.row["description"] = description
    with pytest.raises(Refused, match="does not say any more"):
        schedule.read(erp.row)


def test_ours_is_the_one_with_a_number_and_drafts_of_lost_calls_go() -> None:
    ours = {"id": 7, "number": "3", "state": "draft", "reference": "s1"}
    stray = {"id": 5, "number": None, "state": "draft"}
    assert schedule.choose([stray, ours]) == (ours, [5])
    with pytest.raises(Refused) as caught:
        schedule.choose([ours, {"id": 9, "number": "4", "state": "running"}])
    assert caught.value.reason is Reason.PARTIAL_WRITE


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 70),  # days after the one before
        st.integers(0, 10**7),  # price in minor units
        st.booleans(),  # whether the ERP bills in between
        st.integers(0, 200),  # until how many days after the change
    ),
    max_size=8,
)


@settings(max_examples=400, deadline=None)
@given(
    start=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    kind=st.sampled_from(["month", "quarter", "year"]),
    minor=st.integers(0, 10**7),
    changes=CHANGES,
    cancelled=st.booleans(),
)
def test_each_day_is_paid_at_the_price_that_holds_on_it(
    start: date, kind: str, minor: int, changes: list[tuple[int, int, bool, int]], cancelled: bool
) -> None:
    """However the ERP's billing runs lie between the changes."""
    is_paid_as_used(start, kind, minor, changes, cancelled)


def is_paid_as_used(
    start: date, kind: str, minor: int, changes: list[tuple[int, int, bool, int]], cancelled: bool
) -> None:
    """Nothing is made or lost, and no change comes twice."""
    common: dict[str, Any] = {"start": start, "kind": kind}
    now = plan(1, start, D(minor) / 100, **common)
    erp, used, since = Erp(now), D(0), start
    for number, (days, price, bills, until) in enumerate(changes, 2):
        status = "cancelled" if cancelled and number == len(changes) + 1 else "active"
        held = since + timedelta(days)
        if bills:
            erp.bill(held + timedelta(until))
        full = price_of(D(1), now.unit_price, "EUR")
        used += cost_between(full, start, kind, (since, held), "EUR")
        now, since = plan(number, held, D(price) / 100, status=status, **common), held
        erp.amend(now)
        assert (erp.held.revision, erp.held.over) == (number, status == "cancelled")
        with pytest.raises(Refused):
            schedule.amendment(erp.held, now)
    end = interval_at(start, since + timedelta(800), kind)
    erp.bill(end.start)
    if now.status == "active":
        last = max((one["consumed_until"] or start for one in erp.row["lines."]), default=start)
        assert last == end.end - timedelta(1)
        used += cost_between(price_of(D(1), now.unit_price, "EUR"), start, kind, (since, end.end), "EUR")
    assert erp.billed == used


def test_a_description_says_what_the_next_amendment_rests_on() -> None:
    change = Amendment(date(2026, 4, 1), D("-0.50"))
    assert change.said(plan()) == "Revision 2 from 2026-03-16, billed from 2026-04-01, corrected by -0.50"
    erp = Erp(plan(1, FIRST))
    erp.row["description"] = change.said(plan())
    held = erp.held
    assert (held.revision, held.effective_on, held.bills_from) == (2, date(2026, 3, 16), date(2026, 4, 1))
    assert held.correction == D("-0.50")
