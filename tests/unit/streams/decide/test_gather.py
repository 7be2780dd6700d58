"""Batch mode: which outcomes wait for their window, until when, and what goes on at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.outcome import Forward, Hold, Outcome, Skip, WaitKind
from schemas.records import Customer, Stamped
from streams.decide import Facts, Known, Policy, decide
from streams.decide.gather import window_end
from streams.rules import rules_of
from tests.unit.streams.decide.cases import NOW, account, deal, facts, invoice, line, meta
from tests.unit.streams.rules.rule_texts import row, rule, texts

HOUR = timedelta(hours=1)
INSTANTS = st.integers(0, 4 * 10**15).map(lambda us: datetime.fromtimestamp(0, NOW.tzinfo) + timedelta(microseconds=us))


def windows(width: str = "1h", when: str = "true") -> Policy:
    """Every flow that may be in batch mode is."""
    told = [{"facts": {"flow": "customer"}, "value": width}]
    rest = [{"facts": {"flow": "terms"}, "value": "0s"}]
    rows = [row(when, f'duration("{width}")', told), row("true", 'duration("0s")', rest)]
    return Policy(rules_of(texts(rule(*rows, decides="batch.window"), without="batch-windows")))


BATCH = windows()
END = window_end("a1", NOW, HOUR)


def sent(tick: int = 1, **over: Any) -> Known:
    """An account whose customer the ERP has been told of."""
    return Known(account(tick), fingerprint="f", fingerprint_event="e", in_crm=True, **over)


def customer() -> Customer:
    return Customer(meta=meta("customer", "a1"), id="a1", erp_id="7", code="C1", payment_terms="30 days")


EVENTS: list[tuple[Stamped, Facts]] = [
    (account(2, "Bob"), facts(known=sent())),
    (customer(), facts(account=sent())),
    (invoice(), facts(account=sent())),
]


@given(INSTANTS, st.integers(1, 10**6).map(lambda s: timedelta(milliseconds=s)), st.text(max_size=5))
def test_windows_follow_one_another_without_a_gap(since: datetime, width: timedelta, account_id: str) -> None:
    end = window_end(account_id, since, width)
    assert since < end <= since + width
    assert window_end(account_id, end - timedelta(microseconds=1), width) == end
    assert window_end(account_id, end, width) == end + width


def test_accounts_do_not_all_end_at_once() -> None:
    ends = {window_end(f"a{number}", NOW, HOUR) for number in range(100)}
    assert len(ends) > 90
    assert max(ends) - min(ends) > HOUR / 2


@pytest.mark.parametrize(("event", "known"), EVENTS, ids=["customer", "terms", "billing"])
def test_what_would_be_written_waits_for_its_window_and_goes_on_when_that_is_over(event: Stamped, known: Facts) -> None:
    at_once = decide(event, known, Policy(), NOW)
    assert isinstance(at_once, Forward)
    held = decide(event, known, BATCH, NOW)
    assert isinstance(held, Hold)
    assert (held.until, held.waiting_for.kind, held.waiting_for.key) == (END, WaitKind.WINDOW, event.meta.key)
    assert f"{event.meta.entity} {event.meta.key} are gathered until" in held.detail
    back = replace(known, held_since=NOW, gathering=END)
    assert decide(event, back, BATCH, END - timedelta(seconds=1)) == held
    assert decide(event, back, BATCH, END) == decide(event, known, Policy(), END)
    assert decide(event, back, Policy(), NOW) == at_once, "the rule was changed back"


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (facts(known=sent(), sent_again=True), "people sent it again"),
        (facts(known=None), "orders need the customer"),
        (facts(known=Known(account(1))), "orders need the customer"),
        (facts(known=sent(), gathering=NOW), "its record's window is over"),
        (facts(known=sent(), held_since=NOW - HOUR), "it has waited for its window"),
    ],
)
def test_what_does_not_wait(known: Facts, why: str) -> None:
    assert isinstance(decide(account(2, "Bob"), known, BATCH, NOW), Forward), why


def test_a_customer_that_the_erp_has_is_gathered_also_where_what_was_sent_is_in_doubt() -> None:
    for known in (facts(known=Known(account(1)), in_erp=True), facts(known=Known(account(1)), gathering=END)):
        assert isinstance(decide(account(2, "Bob"), known, BATCH, NOW), Hold)


def test_a_change_joins_the_window_that_its_record_waits_for() -> None:
    soon = NOW + timedelta(minutes=1)
    held = decide(account(2, "Bob"), facts(known=sent(), gathering=soon), windows("24h"), NOW)
    assert isinstance(held, Hold)
    assert held.until == min(soon, window_end("a1", NOW, timedelta(days=1)))


def test_orders_letters_and_skips_are_what_they_are_at_once() -> None:
    def both(event: Stamped, known: Facts) -> tuple[Outcome, Outcome]:
        return decide(event, known, BATCH, NOW), decide(event, known, Policy(), NOW)

    order = deal(line())
    lines = facts(account=sent(), lines=())
    for event, known in ((order, lines), (account(2, ""), facts(known=sent())), (account(2), facts(known=sent(3)))):
        gathered, at_once = both(event, known)
        assert gathered == at_once
        assert not isinstance(at_once, Hold) or at_once.waiting_for.kind is not WaitKind.WINDOW
    unchanged, _ = both(account(2, "Ada", operation="delete"), facts(known=sent()))
    assert isinstance(unchanged, Skip)


@pytest.mark.parametrize(
    ("event", "known", "target"), [(*EVENTS[0], "erp"), (*EVENTS[1], "crm"), (*EVENTS[2], "erp"), (*EVENTS[2], "crm")]
)
def test_as_shipped_a_flow_gathers_while_a_target_that_it_writes_to_is_overloaded(
    event: Stamped, known: Facts, target: str
) -> None:
    held = decide(event, known, replace(Policy(), overloaded=frozenset({target})), NOW)
    assert isinstance(held, Hold)
    assert held.until == window_end("a1", NOW, timedelta(minutes=5))
    assert held.detail.endswith("because what is to be written piles up")
    other = {"erp": "crm", "crm": "erp"}[target]
    if event.meta.entity != "invoice":
        assert isinstance(decide(event, known, replace(Policy(), overloaded=frozenset({other})), NOW), Forward)


def test_the_rule_that_held_it_is_noted() -> None:
    policy = Policy().under(BATCH.rules, frozenset({"erp"}))
    decide(account(2, "Bob"), facts(known=sent()), policy, NOW)
    noted = {one.name: one for one in policy.notes or ()}["batch.window"]
    assert (noted.value, noted.rule_id) == (HOUR, "r1")
