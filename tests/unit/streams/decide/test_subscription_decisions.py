"""FL8: what a subscription's state comes to. What was billed before is not asked here: the ERP knows it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.outcome import DeadLetter, Forward, Hold, Outcome, Skip, SkipWhy
from schemas.prorate import interval_at, price_of, share
from schemas.reasons import Reason
from schemas.records import Command, ScheduleAmend, Subscription
from streams.decide import Facts, Known, Policy, decide, decide_effect
from streams.decide.commands import fingerprint_of
from tests.unit.streams.decide.cases import NOW, D, account, meta
from tests.unit.streams.decide.test_other_decisions import effect

POLICY = Policy()
FIRST, MIDDLE = date(2026, 1, 1), date(2026, 3, 16)


def subscription(tick: int = 1, revision: int = 2, held: date = MIDDLE, **over: Any) -> Subscription:
    stamp = meta("subscription", "s1", tick, operation=over.pop("operation", "update"), actor=over.pop("actor", "ina"))
    values: dict[str, Any] = {"id": "s1", "status": "active", "sku": "SKU-001", "quantity": D(2), "currency": "EUR"}
    values |= {"unit_price": D("31.0000"), "billing_interval": "month", "starts_on": FIRST}
    return Subscription(meta=stamp, effective_on=held, revision=revision, **(values | over))


def at(known: Known | None = None, first: bool = False) -> Facts:
    mark = None if first else "f"
    owner = Known(account(), fingerprint=mark, fingerprint_event=mark and "account-a1-1", in_crm=True)
    return Facts(known=known, account=owner, customer_code="C1")


def body(outcome: Outcome) -> ScheduleAmend:
    assert isinstance(outcome, Forward)
    command = outcome.records[-1].value
    assert isinstance(command, Command)
    assert command.schedule is not None
    return command.schedule


BEGIN = subscription(revision=1, held=FIRST)
CASES: dict[str, tuple[Subscription, Facts, Any]] = {
    "it begins": (BEGIN, at(), ["schedule.amend"]),
    "its customer was not sent yet": (BEGIN, at(first=True), ["customer.upsert", "schedule.amend"]),
    "it changes": (subscription(), at(), ["schedule.amend"]),
    "it changes, in whole yen": (
        subscription(held=date(2026, 3, 13), quantity=D(1), unit_price=D("1.4"), currency="JPY"),
        at(),
        ["schedule.amend"],
    ),
    "it is cancelled": (subscription(status="cancelled"), at(), ["schedule.amend"]),
    "cancelled before it was billed": (subscription(revision=1, status="cancelled"), at(), SkipWhy.NOT_DUE),
    "deleted": (subscription(operation="delete"), at(), SkipWhy.NO_FLOW),
    "its account did not arrive": (subscription(), Facts(), Hold),
    "of another status": (subscription(status="paused"), at(), Reason.CONTRACT_VIOLATION),
    "of another interval": (subscription(billing_interval="week"), at(), Reason.CONTRACT_VIOLATION),
    "it holds before it begins": (subscription(held=date(2025, 12, 31)), at(), Reason.CONTRACT_VIOLATION),
    "its first state holds later": (subscription(revision=1), at(), Reason.CONTRACT_VIOLATION),
}


@pytest.mark.parametrize("name", CASES)
def test_a_subscription(name: str) -> None:
    event, facts, wanted = CASES[name]
    outcome = decide(event, facts, POLICY, NOW)
    if isinstance(wanted, SkipWhy):
        assert isinstance(outcome, Skip)
        assert outcome.why is wanted
    elif isinstance(wanted, Reason):
        assert isinstance(outcome, DeadLetter)
        assert outcome.reason is wanted
    elif isinstance(wanted, list):
        assert isinstance(outcome, Forward)
        assert [one.value.kind for one in outcome.records if isinstance(one.value, Command)] == wanted
    else:
        assert isinstance(outcome, wanted)


@pytest.mark.parametrize(
    ("event", "bills_from", "worth"),
    [
        (BEGIN, "2026-01-01", "0"),
        (subscription(), "2026-04-01", "32.00"),
        (subscription(status="cancelled"), "2026-04-01", "0"),
        (subscription(held=date(2026, 3, 1)), "2026-03-01", "0"),
        (subscription(held=date(2026, 3, 31), currency="JPY", unit_price=D(500)), "2026-04-01", "32"),
        (subscription(billing_interval="quarter", held=date(2026, 3, 31)), "2026-04-01", "0.69"),
    ],
)
def test_it_is_billed_from_the_next_interval_on_and_the_days_before_have_a_worth(
    event: Subscription, bills_from: str, worth: str
) -> None:
    made = body(decide(event, at(), POLICY, NOW))
    assert (made.bills_from.isoformat(), made.adjustment) == (bills_from, D(worth))


def test_what_was_sent_is_not_sent_again_and_the_very_event_is() -> None:
    event = subscription()
    first = decide(event, at(), POLICY, NOW)
    known = Known(event, fingerprint=fingerprint_of(body(first)), fingerprint_event=event.meta.event_id)
    for actor, why in (("meshline", SkipWhy.ECHO), ("ina", SkipWhy.UNCHANGED)):
        later = subscription(tick=2, actor=actor, erp_subscription_number="5", erp_revision=2)
        again = decide(later, at(known), POLICY, NOW + timedelta(days=90))
        assert isinstance(again, Skip)
        assert again.why is why
    assert decide(event, at(known), POLICY, NOW) == first


def test_an_older_state_changes_nothing() -> None:
    outcome = decide(subscription(tick=1), at(Known(subscription(tick=2, revision=3))), POLICY, NOW)
    assert isinstance(outcome, Skip)
    assert outcome.why is SkipWhy.STALE


def test_the_number_and_the_revision_go_back() -> None:
    told = effect("schedule.amend").model_copy(update={"key": "s1"})
    event = subscription(tick=told.version)
    (back,) = (one.value for one in decide_effect(told, Known(event, in_crm=True), NOW))
    assert isinstance(back, Command)
    assert back.subscription is not None
    assert (back.kind, back.subscription.erp_subscription_number) == ("subscription.link", "N1")
    assert back.subscription.erp_revision == (2 if event.meta.position == (told.version, told.sequence) else None)


@settings(max_examples=300, deadline=None)
@given(
    start=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    after=st.integers(0, 2000),
    kind=st.sampled_from(["month", "quarter", "year"]),
    minor=st.integers(0, 10**8),
    status=st.sampled_from(["active", "cancelled"]),
    doubt=st.booleans(),
)
def test_a_state_is_always_the_same_command_whatever_is_known(
    start: date, after: int, kind: str, minor: int, status: str, doubt: bool
) -> None:
    held = start + timedelta(days=after)
    fields: dict[str, Any] = {"billing_interval": kind, "starts_on": start, "status": status}
    event = subscription(tick=2, held=held, unit_price=Decimal(minor) / 100, **fields)
    before = subscription(tick=1, revision=1, held=start, **fields)
    known = Known(before, fingerprint=None if doubt else "f", fingerprint_event=None if doubt else "e1")
    made = body(decide(event, at(known), POLICY, NOW))
    assert made == body(decide(event, at(), POLICY, NOW + timedelta(days=400)))
    interval = interval_at(start, held, kind)
    assert made.bills_from in (interval.start, interval.end)
    price = price_of(event.quantity, event.unit_price, "EUR") if status == "active" else D(0)
    assert made.adjustment == share(price, interval, held, made.bills_from, "EUR")
