"""FL3: what comes of a deal and of its lines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schemas.outcome import DeadLetter, Forward, Hold, Skip, SkipWhy, WaitKind
from schemas.reasons import Reason
from schemas.records import CustomerUpsert, OrderPlace
from streams.decide import Known, Policy, decide
from streams.decide.commands import fingerprint_of
from streams.rules import Limits, shipped
from tests.unit.streams.decide.cases import NOW, D, account, body, deal, facts, item, line

POLICY = Policy()
HOLD_FOR, LINE_GRACE = timedelta(hours=48), timedelta(minutes=15)
ONE = line("l1")


def kinds(outcome: Any) -> list[str]:
    assert isinstance(outcome, Forward), outcome
    return [record.value.kind for record in outcome.records]


def order(outcome: Any) -> OrderPlace:
    assert isinstance(outcome, Forward), outcome
    placed = body(outcome.records[-1])
    assert isinstance(placed, OrderPlace)
    return placed


@pytest.mark.parametrize(
    ("currency", "lines", "total"),
    [
        ("EUR", [line("l1", "3", "9.99", "10")], "26.97"),  # 9.99 less 10 % is 8.9910; three of it 26.973
        (
            "EUR",
            [line("l1", "1", "0.125"), line("l2", "1", "0.135")],
            "0.26",
        ),  # 0.12 + 0.14: half to even, line by line
        ("JPY", [line("l1", "3", "33.5")], "100"),  # 100.5 has no half yen: to the even 100
        ("KWD", [line("l1", "1", "1.2345")], "1.234"),  # three decimals, half to even
    ],
)
def test_an_order_has_the_lines_and_the_total_of_its_currency(currency: str, lines: list[Any], total: str) -> None:
    placed = order(decide(deal(*lines, currency=currency), facts(*map(item, lines)), POLICY, NOW))
    assert (placed.currency, placed.total, placed.customer_code) == (currency, D(total), "C1")
    assert sum(one.amount for one in placed.lines) == placed.total
    assert [one.sku for one in placed.lines] == [one.sku for one in lines]


@pytest.mark.parametrize(
    ("discount", "approver", "goes"),
    [("20", None, True), ("20.01", None, False), ("20.01", "boss", True), ("19.99", None, True), ("100", "", False)],
)
def test_the_discount_threshold_itself_needs_no_approval(discount: str, approver: str | None, goes: bool) -> None:
    held = line("l1", discount=discount)
    outcome = decide(deal(held, discount_approved_by=approver), facts(item(held)), POLICY, NOW)
    if goes:
        assert kinds(outcome) == ["order.place"]
    else:
        assert isinstance(outcome, DeadLetter)
        assert outcome.reason is Reason.DISCOUNT_NEEDS_APPROVAL
        assert f"{discount} %" in outcome.detail


def test_the_customer_goes_first_while_the_account_was_never_sent() -> None:
    first = decide(deal(ONE), facts(item(ONE), sent=False), POLICY, NOW)
    assert kinds(first) == ["customer.upsert", "order.place"]
    assert isinstance(first, Forward)
    upsert = body(first.records[0])
    assert isinstance(upsert, CustomerUpsert)
    assert (upsert.code, upsert.name) == ("C1", "Ada")
    assert kinds(decide(deal(ONE), facts(item(ONE)), POLICY, NOW)) == ["order.place"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"stage": "Negotiation"}, SkipWhy.NOT_DUE),
        ({"operation": "delete"}, SkipWhy.NO_FLOW),
        ({"version": 0}, SkipWhy.STALE),
    ],
)
def test_skips(change: dict[str, Any], expected: SkipWhy) -> None:
    known = Known(deal(ONE))
    outcome = decide(deal(ONE, **change), facts(item(ONE), known=known), POLICY, NOW)
    assert isinstance(outcome, Skip)
    assert outcome.why is expected


def test_an_account_outside_the_pilot_is_skipped_before_anything_is_asked() -> None:
    outcome = decide(deal(ONE), facts(account=None), Policy(shipped(Limits(pilot=frozenset({"a2"})))), NOW)
    assert outcome == Skip(SkipWhy.OUT_OF_PILOT, "account a1 does not take part yet")


@pytest.mark.parametrize("known", [None, Known(account(), deleted=True)])
def test_a_missing_account_is_waited_for_and_then_a_letter(known: Known | None) -> None:
    waiting = decide(deal(ONE), facts(item(ONE), account=known), POLICY, NOW)
    assert isinstance(waiting, Hold)
    assert (waiting.until, waiting.waiting_for.kind) == (NOW + HOLD_FOR, WaitKind.ACCOUNT)
    since = NOW - HOLD_FOR
    late = decide(deal(ONE), facts(item(ONE), account=known, held_since=since), POLICY, NOW)
    assert isinstance(late, DeadLetter)
    assert late.reason is Reason.MISSING_ACCOUNT
    almost = facts(account=known, held_since=since + timedelta(microseconds=1))
    assert isinstance(decide(deal(ONE), almost, POLICY, NOW), Hold)


@pytest.mark.parametrize(
    "change", [{"line_count": 2}, {"amount": D("20.01")}, {"amount": D("19.99")}], ids=["count", "more", "less"]
)
def test_incomplete_lines_wait_for_their_grace_and_are_then_a_letter(change: dict[str, Any]) -> None:
    waiting = decide(deal(ONE, **change), facts(item(ONE)), POLICY, NOW)
    assert isinstance(waiting, Hold)
    assert (waiting.until, waiting.waiting_for.kind) == (NOW + LINE_GRACE, WaitKind.LINES)
    late = decide(deal(ONE, **change), facts(item(ONE), held_since=NOW - LINE_GRACE), POLICY, NOW)
    assert isinstance(late, DeadLetter)
    assert late.reason is Reason.HOLD_EXPIRED


def test_lines_inside_that_do_not_add_up_are_a_letter_at_once() -> None:
    outcome = decide(deal(ONE, inside=True, amount=D(1)), facts(), POLICY, NOW)
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason is Reason.CONTRACT_VIOLATION
    assert kinds(decide(deal(ONE, inside=True), facts(), POLICY, NOW)) == ["order.place"]


@pytest.mark.parametrize(("actor", "why"), [("meshline", SkipWhy.ECHO), ("sam", SkipWhy.UNCHANGED)])
def test_the_same_content_by_another_event_is_skipped_and_by_the_same_event_sent_again(
    actor: str, why: SkipWhy
) -> None:
    first = deal(ONE)
    mark = fingerprint_of(order(decide(first, facts(item(ONE)), POLICY, NOW)))
    known = Known(first, False, mark, first.meta.event_id)
    later = decide(deal(ONE, tick=2, actor=actor), facts(item(ONE), known=known), POLICY, NOW)
    assert isinstance(later, Skip)
    assert later.why is why
    assert kinds(decide(first, facts(item(ONE), known=known), POLICY, NOW)) == ["order.place"]


def test_a_line_changed_after_closed_won_makes_the_order_be_decided_again() -> None:
    more = line("l1", quantity="5")
    won = Known(deal(more))
    outcome = decide(item(more, tick=9), facts(item(more, tick=9), opportunity=won), POLICY, NOW)
    assert order(outcome).lines[0].quantity == 5
    assert isinstance(outcome, Forward)
    assert (outcome.records[-1].key, outcome.records[-1].value.version) == ("d1", 9)


@pytest.mark.parametrize(
    "over",
    [
        {"opportunity": None},
        {"opportunity": Known(deal(ONE), deleted=True)},
        {"opportunity": Known(deal(ONE, stage="Negotiation"))},
        {"opportunity": Known(deal(ONE, inside=True))},
        {"opportunity": Known(deal(ONE, line_count=2))},
        {"opportunity": Known(deal(ONE)), "opportunity_held": True},
        {"opportunity": Known(deal(ONE)), "account": None},
    ],
    ids=["unknown", "deleted", "open", "has its lines inside", "incomplete", "held", "no account"],
)
def test_a_line_travels_inside_its_deal(over: dict[str, Any]) -> None:
    outcome = decide(item(ONE), facts(item(ONE), **over), POLICY, NOW)
    assert isinstance(outcome, Skip)
    assert outcome.why is SkipWhy.CARRIED_BY_PARENT


def test_the_same_event_and_facts_give_the_same_command_and_newer_facts_another() -> None:
    swapped = line("l2")
    ids = [
        outcome.records[-1].value.command_id
        for lines in ([ONE], [ONE], [swapped])
        if isinstance(outcome := decide(deal(ONE), facts(*map(item, lines)), POLICY, NOW), Forward)
    ]
    assert ids[0] == ids[1] != ids[2]
