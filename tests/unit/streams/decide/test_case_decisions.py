"""FL7: what a closed case comes to, and that no account gets more than the cap without somebody who may say so."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.outcome import DeadLetter, Forward, Hold, Outcome, Skip, SkipWhy
from schemas.reasons import Reason
from schemas.records import Command, Notice, SupportCase
from streams.decide import Facts, Known, Policy, decide, decide_effect
from streams.decide.commands import fingerprint_of
from streams.facts.view import View
from streams.rules import rules_of, shipped_texts
from tests.unit.streams.decide.cases import NOW, D, account, meta
from tests.unit.streams.decide.test_other_decisions import effect

POLICY = Policy()
LEAD = "noor.haddad"


def case(
    key: str = "c1", tick: int = 1, amount: str | None = "120.50", by: str | None = "ina", **over: Any
) -> SupportCase:
    values: dict[str, Any] = {
        "id": key,
        "status": "closed",
        "credit_amount": D(amount) if amount else None,
        "currency": "EUR",
        "credit_approved_by": by,
        "closed_at": NOW,
        "credit_reason": "down",
    }
    operation = over.pop("operation", "update")
    stamp = meta("case", key, tick, operation=operation, actor=over.pop("actor", "ina"))
    return SupportCase(meta=stamp, **(values | over))


def sent(one: SupportCase) -> Known:
    """A case whose credit went to the ERP."""
    return Known(one, fingerprint="f", fingerprint_event=one.meta.event_id, in_crm=True)


def at(*others: Known, known: Known | None = None, first: bool = False) -> Facts:
    mark = None if first else "f"
    owner = Known(account(), fingerprint=mark, fingerprint_event=mark and "account-a1-1", in_crm=True)
    return Facts(known=known, account=owner, customer_code="C1", cases=others)


def days(number: float) -> datetime:
    return NOW - timedelta(days=number)


APPROVAL = Reason.CREDIT_NEEDS_APPROVAL
OLD = case("c0", amount="400", closed_at=days(5))
CASES: dict[str, tuple[SupportCase, Facts, Any]] = {
    "open": (case(status="open"), at(), SkipWhy.NOT_DUE),
    "closed without a credit": (case(amount=None), at(), SkipWhy.NOT_DUE),
    "closed with a credit of nothing": (case(amount="0"), at(), SkipWhy.NOT_DUE),
    "deleted": (case(operation="delete"), at(), SkipWhy.NO_FLOW),
    "within the cap": (case(), at(), ["credit.grant"]),
    "its customer was not sent yet": (case(), at(first=True), ["customer.upsert", "credit.grant"]),
    "nobody approved": (case(by=None), at(), APPROVAL),
    "to the cent at the cap": (case(amount="100.00"), at(sent(OLD)), ["credit.grant"]),
    "a cent above the cap": (case(amount="100.01"), at(sent(OLD)), APPROVAL),
    "a cent above the cap, approved by one who may": (case(amount="100.01", by=LEAD), at(sent(OLD)), ["credit.grant"]),
    "alone above the cap": (case(amount="500.01"), at(), APPROVAL),
    "the other one is out of the period": (
        case(amount="100.01"),
        at(sent(case("c0", amount="400", closed_at=days(30)))),
        ["credit.grant"],
    ),
    "the other one is just in the period": (
        case(amount="100.01"),
        at(sent(case("c0", amount="400", closed_at=days(29.99)))),
        APPROVAL,
    ),
    "earlier and approved, not sent yet: it counts": (case(amount="100.01"), at(Known(OLD)), APPROVAL),
    "earlier and not approved: it does not count": (
        case(amount="100.01"),
        at(Known(case("c0", amount="400", by=None, closed_at=days(5)))),
        ["credit.grant"],
    ),
    "earlier and open again: it does not count": (
        case(amount="100.01"),
        at(Known(case("c0", amount="400", status="open", closed_at=days(5)))),
        ["credit.grant"],
    ),
    "earlier and deleted: it does not count": (case(amount="100.01"), at(Known(OLD, deleted=True)), ["credit.grant"]),
    "in another currency: it does not count": (
        case(amount="100.01"),
        at(sent(case("c0", amount="400", currency="USD", closed_at=days(5)))),
        ["credit.grant"],
    ),
    "closed later, and sent already: it counts": (
        case(amount="100.01", closed_at=days(9)),
        at(sent(OLD)),
        APPROVAL,
    ),
    "closed later, and not sent: it will count this one": (
        case(amount="100.01", closed_at=days(9)),
        at(Known(OLD)),
        ["credit.grant"],
    ),
    "yen have a cap of their own": (case(amount="60000", currency="JPY"), at(), ["credit.grant"]),
    "a yen above it": (case(amount="60001", currency="JPY"), at(), APPROVAL),
    "without a currency": (case(currency=None), at(), Reason.CONTRACT_VIOLATION),
    "without the day of closing": (case(closed_at=None), at(), Reason.CONTRACT_VIOLATION),
    "a fraction of a cent": (case(amount="1.005"), at(), Reason.CONTRACT_VIOLATION),
    "its account did not arrive": (case(), Facts(), Hold),
}


@pytest.mark.parametrize("name", CASES)
def test_a_case(name: str) -> None:
    event, facts, wanted = CASES[name]
    outcome = decide(event, facts, POLICY, NOW)
    if isinstance(wanted, SkipWhy):
        assert isinstance(outcome, Skip)
        assert outcome.why is wanted
    elif isinstance(wanted, Reason):
        assert isinstance(outcome, DeadLetter)
        assert outcome.reason is wanted
    elif isinstance(wanted, list):
        assert [one.kind for one in commands(outcome)] == wanted
    else:
        assert isinstance(outcome, wanted)


def commands(outcome: Outcome) -> list[Command]:
    assert isinstance(outcome, Forward)
    return [one.value for one in outcome.records if isinstance(one.value, Command)]


def test_the_letter_says_what_was_credited_the_cap_and_who_may_approve() -> None:
    letter = decide(case(amount="100.01"), at(sent(OLD)), POLICY, NOW)
    assert isinstance(letter, DeadLetter)
    for told in ("100.01 EUR", "400.00 EUR", "30 days", "500.00 EUR", "ina may not"):
        assert told in letter.detail
    assert "noor.haddad or sam.ito" in letter.suggestion


def test_cap_period_and_approver_are_by_the_credit_s_own_currency_and_sum() -> None:
    texts = shipped_texts()
    texts["credit-period.yaml"] = texts["credit-period.yaml"].replace(
        "rows:\n", """rows:\n  - {when: 'currency == "JPY"', value: 'duration("24h")', why: days}\n"""
    )
    texts["credit-approver.yaml"] = texts["credit-approver.yaml"].replace(
        "rows:\n", """rows:\n  - {when: 'currency == "JPY" && amount_minor == 60001', value: "true", why: sum}\n"""
    )
    policy = Policy(rules_of(texts))
    yen: dict[str, Any] = {"currency": "JPY"}
    before = at(sent(case("c0", amount="60000", closed_at=days(2), **yen)))
    assert len(commands(decide(case(amount="60000", **yen), before, policy, NOW))) == 1
    assert len(commands(decide(case(amount="60001", **yen), at(), policy, NOW))) == 1
    assert isinstance(decide(case(amount="60002", **yen), at(), policy, NOW), DeadLetter)


def test_an_unchanged_case_is_not_credited_again_and_the_very_event_is_sent_again() -> None:
    (command,) = commands(decide(case(), at(), POLICY, NOW))
    assert command.credit is not None
    known = Known(case(), fingerprint=fingerprint_of(command.credit), fingerprint_event=case().meta.event_id)
    again = decide(case(tick=2, actor="meshline"), at(known=known), POLICY, NOW)
    assert isinstance(again, Skip)
    assert again.why is SkipWhy.ECHO
    assert commands(decide(case(), at(known=known), POLICY, NOW)) == [command]


def test_the_number_goes_back_and_customer_operations_are_told() -> None:
    told = effect("credit.grant").model_copy(update={"key": "c1"})
    command, notice = (one.value for one in decide_effect(told, Known(case(), in_crm=True), NOW))
    assert isinstance(command, Command)
    assert command.case is not None
    assert (command.kind, command.key, command.case.erp_credit_number) == ("case.link", "c1", "N1")
    assert isinstance(notice, Notice)
    assert (notice.team, notice.money, notice.currency) == ("customer-operations", D("120.50"), "EUR")
    assert (notice.notice_id, notice.approved_by) == (told.effect_id, "ina")
    assert "N1" in notice.text


CLAIMS = st.lists(
    st.tuples(st.integers(1, 60_000), st.integers(0, 70), st.sampled_from(["ina", "bo", None])), min_size=1, max_size=8
)


@settings(max_examples=400, deadline=None)
@given(CLAIMS, st.randoms(use_true_random=False))
def test_within_any_period_no_more_than_the_cap_is_credited_whatever_arrives_first(
    claims: list[tuple[int, int, str | None]], random: Any
) -> None:
    """Of approvers who may not go above it."""
    found = [
        case(f"c{number}", tick=number + 1, amount=str(Decimal(cents) / 100), by=by, closed_at=days(day))
        for number, (cents, day, by) in enumerate(claims)
    ]
    random.shuffle(found)
    view = View(codes={"a1": "C1"})
    view.put(Known(account(), in_crm=True))
    granted: list[SupportCase] = []
    for one in found:
        outcome = decide(one, view.facts_for(one, None), POLICY, NOW)
        view.learn(one, outcome)
        if isinstance(outcome, Forward):
            granted.append(one)
    for start in granted:
        assert start.closed_at is not None
        window = [
            one.credit_amount or D(0)
            for one in granted
            if one.closed_at is not None and timedelta(0) <= one.closed_at - start.closed_at < timedelta(days=30)
        ]
        assert sum(window) <= D(500)
