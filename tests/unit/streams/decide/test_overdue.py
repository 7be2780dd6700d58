"""An invoice is overdue from the company's midnight after its due date on, and is told as such without a change."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from schemas.outcome import Forward, Skip, SkipWhy
from streams.decide.decide import decide
from streams.decide.invoice import invoice_status
from streams.decide.policy import Policy
from streams.facts.view import View
from tests.unit.streams.decide.cases import NOW, invoice
from tests.unit.streams.decide.outcome_rows import CRM

DUE = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("zone", "last"),
    [
        (None, "2026-03-02T23:59:59.999999+00:00"),
        ("UTC", "2026-03-02T23:59:59.999999+00:00"),
        ("Asia/Tokyo", "2026-03-02T14:59:59.999999+00:00"),
        ("America/New_York", "2026-03-03T04:59:59.999999+00:00"),
        ("Europe/Zurich", "2026-03-02T22:59:59.999999+00:00"),
        ("Pacific/Kiritimati", "2026-03-02T09:59:59.999999+00:00"),
        ("Pacific/Pago_Pago", "2026-03-03T10:59:59.999999+00:00"),
    ],
)
def test_it_is_overdue_from_the_company_s_midnight_on(zone: str | None, last: str) -> None:
    one, moment = invoice(due_date=DUE, time_zone=zone), datetime.fromisoformat(last)
    assert invoice_status(one, moment) == "issued"
    assert invoice_status(one, moment + timedelta(microseconds=1)) == "overdue"


@pytest.mark.parametrize(
    ("due", "last"),
    [("2026-03-28", "2026-03-28T22:59:59+00:00"), ("2026-03-29", "2026-03-29T21:59:59+00:00")],
)
def test_a_day_on_which_the_clocks_change_ends_at_its_midnight(due: str, last: str) -> None:
    one = invoice(due_date=date.fromisoformat(due), time_zone="Europe/Zurich")
    moment = datetime.fromisoformat(last)
    assert invoice_status(one, moment) == "issued"
    assert invoice_status(one, moment + timedelta(seconds=1)) == "overdue"


def test_told_once_more_without_a_change_it_is_overdue_in_the_crm_and_after_that_nothing_new() -> None:
    view = View(codes={"a1": "C1"}, customers={"a1"})
    for known in CRM.values():
        view.put(known)

    def tell(event_id: str, now: datetime) -> list[Any]:
        one = invoice(due_date=NOW.date())
        event = one.model_copy(update={"meta": one.meta.model_copy(update={"event_id": event_id})})
        outcome = decide(event, view.facts_for(event, None), Policy(), now)
        view.learn(event, outcome)
        if isinstance(outcome, Forward):
            return [record.value for record in outcome.records]
        assert isinstance(outcome, Skip)
        assert outcome.why is SkipWhy.UNCHANGED
        return []

    issued, nothing, overdue, last = [
        tell(f"e{day}-{hour}", NOW + timedelta(days=day, hours=hour)) for day, hour in ((0, 0), (0, 1), (1, 0), (2, 0))
    ]
    assert [one.kind for one in issued] == [one.kind for one in overdue] == ["opportunity.billing", "account.billing"]
    assert [(one.opportunity or one.account).invoice_status for one in issued + overdue] == [
        "issued",
        "issued",
        "overdue",
        "overdue",
    ]
    assert {one.version for one in issued} == {one.version for one in overdue}
    assert not {one.command_id for one in issued} & {one.command_id for one in overdue}
    assert nothing == last == []
