"""FL1, FL5, FL6, write-backs and patches."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from schemas.outcome import DeadLetter, Forward, Hold, Skip, SkipWhy
from schemas.reasons import Reason
from schemas.records import AccountWriteBack, Effect, OpportunityWriteBack
from streams.decide import Facts, Known, Policy, complete, decide, decide_effect, decide_patch
from streams.decide.commands import fingerprint_of
from streams.decide.invoice import invoice_status, payment_status
from tests.unit.streams.decide.cases import NOW, D, account, body, deal, facts, invoice

POLICY = Policy()
HOLD_FOR = timedelta(hours=48)
IN_CRM = {"account": Known(account(), in_crm=True), "opportunity": Known(deal(), in_crm=True)}


def billing(outcome: Any) -> dict[str, Any]:
    assert isinstance(outcome, Forward), outcome
    return {record.value.kind: (record.key, body(record)) for record in outcome.records}


def test_an_account_becomes_a_customer_under_its_reserved_code() -> None:
    outcome = decide(account(), Facts(customer_code="C7"), POLICY, NOW)
    assert isinstance(outcome, Forward)
    (record,) = outcome.records
    assert (record.value.kind, record.key, record.value.customer.code) == ("customer.upsert", "a1", "C7")
    again = Known(account(), False, fingerprint_of(body(record)), "account-a1-1")
    for actor, why in (("meshline", SkipWhy.ECHO), ("sam", SkipWhy.UNCHANGED)):
        later = decide(account(2, actor=actor), Facts(known=again, customer_code="C7"), POLICY, NOW)
        assert isinstance(later, Skip)
        assert later.why is why
    assert isinstance(decide(account(2, name="Bo"), Facts(known=again, customer_code="C7"), POLICY, NOW), Forward)


@pytest.mark.parametrize("name", ["", None])
def test_an_account_without_a_name_is_a_letter_and_a_deleted_one_is_skipped(name: str | None) -> None:
    outcome = decide(account(name=name), Facts(customer_code="C7"), POLICY, NOW)
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason is Reason.CONTRACT_VIOLATION
    assert isinstance(decide(account(name=name, operation="delete"), Facts(), POLICY, NOW), Skip)


def test_no_customer_is_made_without_a_reserved_code() -> None:
    with pytest.raises(ValueError, match="no customer code"):
        decide(account(), Facts(), POLICY, NOW)


@pytest.mark.parametrize(
    ("change", "status", "payment"),
    [
        ({"state": "draft"}, "pending", "none"),
        ({}, "issued", "unpaid"),
        ({"balance": D("99.99")}, "issued", "partial"),
        ({"balance": D(0)}, "issued", "paid"),
        ({"due_date": NOW.date()}, "issued", "unpaid"),  # due today is not late
        ({"due_date": NOW.date() - timedelta(days=1)}, "overdue", "unpaid"),
        ({"due_date": date(2026, 1, 1), "balance": D(1)}, "overdue", "partial"),
        ({"due_date": date(2026, 1, 1), "balance": D(0)}, "issued", "paid"),
        ({"due_date": None}, "issued", "unpaid"),
        ({"state": "paid", "balance": D(0), "due_date": date(2026, 1, 1)}, "paid", "paid"),
        ({"state": "cancelled"}, "cancelled", "none"),
        ({"total": D(-30), "balance": D(-30)}, "credited", "unpaid"),  # a credit note that nobody has got yet
        ({"total": D(-30), "balance": D(-10), "due_date": date(2026, 1, 1)}, "credited", "partial"),
        ({"total": D(-30), "balance": D(0), "state": "paid"}, "credited", "refunded"),
        ({"total": D(-30), "balance": D(0)}, "credited", "refunded"),
        ({"total": D(-30), "state": "draft"}, "pending", "none"),
        ({"total": D(-30), "state": "cancelled"}, "cancelled", "none"),
        ({"total": D(0), "balance": D(0), "state": "paid"}, "paid", "paid"),
    ],
)
def test_statuses_of_an_invoice(change: dict[str, Any], status: str, payment: str) -> None:
    one = invoice().model_copy(update=change)
    assert (invoice_status(one, NOW), payment_status(one)) == (status, payment)


def test_an_invoice_tells_the_deal_its_own_balance_and_the_account_the_sum_of_its_currency() -> None:
    elsewhere = {"order_id": "d2"}
    others = (
        invoice("2", balance="50", **elsewhere),
        invoice("3", balance="7", currency="USD", **elsewhere),
        invoice("4", state="paid", **elsewhere),
    )
    told = billing(decide(invoice("1", balance="30"), facts(**IN_CRM, invoices=others), POLICY, NOW))
    key, on_deal = told["opportunity.billing"]
    assert (key, on_deal.outstanding_balance, on_deal.payment_status) == ("d1", D(30), "partial")
    key, on_account = told["account.billing"]
    assert (key, on_account.outstanding_balance, on_account.currency) == ("a1", D(80), "EUR")
    assert on_account.invoice_number == "2026/4", "the newest invoice names the account's status"


def test_an_older_invoice_that_is_told_again_does_not_take_the_credit_note_s_status_back() -> None:
    paid = invoice("1", balance="0", state="paid", tick=9)
    credited = invoice("5", total="-20", balance="-20", tick=3)
    told = [
        billing(decide(one, facts(**IN_CRM, invoices=(other,)), POLICY, NOW))["opportunity.billing"][1]
        for one, other in ((paid, credited), (credited, paid))
    ]
    assert told[0] == told[1]
    assert (told[0].invoice_status, told[0].invoice_number, told[0].outstanding_balance) == (
        "credited",
        "2026/5",
        D(-20),
    )


def test_a_credit_note_that_was_cancelled_leaves_the_deal_as_its_invoice_says() -> None:
    cancelled = invoice("5", total="-20", balance="0", state="cancelled")
    paid = invoice("1", balance="0", state="paid")
    told = billing(decide(cancelled, facts(**IN_CRM, invoices=(paid,)), POLICY, NOW))["opportunity.billing"][1]
    assert (told.invoice_status, told.invoice_number, told.payment_status) == ("paid", "2026/1", "paid")


def test_a_newest_invoice_without_a_number_takes_that_of_the_one_before_away() -> None:
    draft = invoice("9", state="draft", order_id="d2").model_copy(update={"number": None})
    told = billing(decide(invoice("1"), facts(**IN_CRM, invoices=(draft,)), POLICY, NOW))
    on_account = told["account.billing"][1]
    assert (on_account.invoice_status, on_account.invoice_number) == ("pending", "")
    told = billing(decide(draft.model_copy(update={"order_id": "d1"}), facts(**IN_CRM), POLICY, NOW))
    assert told["opportunity.billing"][1].invoice_number == ""


def test_a_deal_s_balance_is_that_of_its_invoices_and_credit_notes_in_the_invoice_s_currency() -> None:
    others = (
        invoice("1", balance="60", tick=7),
        invoice("2", balance="5", currency="USD"),
        invoice("3", balance="9", state="draft"),
        invoice("4", balance="8", order_id="d2"),
    )
    credited = invoice("5", total="-20", balance="-20", tick=3)
    told = billing(decide(credited, facts(**IN_CRM, invoices=others), POLICY, NOW))
    on_deal, on_account = told["opportunity.billing"][1], told["account.billing"][1]
    assert (on_deal.outstanding_balance, on_deal.invoice_status) == (D(40), "credited")
    assert on_account.outstanding_balance == D(48)


def test_a_payment_changes_the_account_at_once_and_not_one_event_later() -> None:
    before = invoice("1")
    paid = invoice("1", balance="0", state="paid", tick=2)
    outcome = decide(paid, facts(**IN_CRM, known=Known(before), invoices=(before,)), POLICY, NOW)
    on_account = billing(outcome)["account.billing"][1]
    assert (on_account.invoice_status, on_account.payment_status) == ("paid", "paid")
    assert on_account.outstanding_balance == 0


def test_an_invoice_whose_fields_were_sent_is_skipped_and_a_stranger_s_has_no_flow() -> None:
    first = decide(invoice(), facts(**IN_CRM), POLICY, NOW)
    told = billing(first)
    mark = fingerprint_of(told["account.billing"][1], told["opportunity.billing"][1])
    known = Known(invoice(), False, mark, invoice().meta.event_id)
    again = decide(invoice(tick=2), facts(**IN_CRM, known=known), POLICY, NOW)
    assert isinstance(again, Skip)
    assert again.why is SkipWhy.UNCHANGED
    stranger = decide(invoice(account_id="erp:party:9"), facts(**IN_CRM), POLICY, NOW)
    assert isinstance(stranger, Skip)
    assert stranger.why is SkipWhy.NO_FLOW


def test_figures_are_as_new_as_the_newest_invoice_in_them() -> None:
    others = (invoice("2", tick=7), invoice("3", tick=9, order_id="d2"))
    outcome = decide(invoice("1", tick=5), facts(**IN_CRM, invoices=others), POLICY, NOW)
    assert isinstance(outcome, Forward)
    assert {r.value.kind: r.value.version for r in outcome.records} == {"opportunity.billing": 7, "account.billing": 9}


def effect(kind: str, outcome: str = "applied", number: str = "N1") -> Effect:
    return Effect(
        effect_id="c",
        event_id="e",
        kind=kind,
        key="k1",
        account_id="a1",
        version=3,
        outcome=outcome,
        external_number=number,
        occurred_at=NOW,
        applied_at=NOW,
    )


@pytest.mark.parametrize(
    ("told", "kind", "expected"),
    [
        (effect("customer.upsert"), "account.link", AccountWriteBack(erp_customer_code="N1")),
        (effect("order.place"), "opportunity.link", OpportunityWriteBack(erp_order_number="N1")),
    ],
)
def test_what_the_erp_named_is_written_back(told: Effect, kind: str, expected: Any) -> None:
    (record,) = decide_effect(told, Known(account(), in_crm=True), NOW)
    assert record is not None
    assert (record.value.kind, record.key, body(record)) == (kind, "k1", expected)
    assert (record.value.event_id, record.value.version) == ("e", 3)
    assert (record,) == decide_effect(told, Known(account(), in_crm=True), NOW)


@pytest.mark.parametrize(
    ("told", "known"),
    [
        (effect("customer.upsert", "unchanged"), Known(account(), in_crm=True)),
        (effect("order.place", "stale"), Known(account(), in_crm=True)),
        (effect("order.place", number=""), Known(account(), in_crm=True)),
        (effect("account.link"), Known(account(), in_crm=True)),
        (effect("customer.upsert"), Known(account())),
        (effect("customer.upsert"), None),
    ],
)
def test_nothing_else_is_written_back(told: Effect, known: Known | None) -> None:
    assert decide_effect(told, known, NOW) == ()


def test_a_patch_is_laid_over_what_is_known_and_waits_for_what_is_not() -> None:
    patch = account(4, name=None, operation="patch").model_copy(update={"phone": "1", "country": None})
    full = complete(patch, Known(account(2)))
    assert full is not None
    merged = full.event.model_dump()
    assert (merged["name"], merged["phone"], merged["country"]) == ("Ada", "1", "DE")
    assert (full.event.meta.operation, full.event.meta.version) == ("update", 4)
    for known in (None, Known(account(2), deleted=True)):
        assert complete(patch, known) is None
    assert isinstance(decide_patch(patch, Facts(), POLICY, NOW), Hold)
    late = decide_patch(patch, Facts(held_since=NOW - HOLD_FOR), POLICY, NOW)
    assert isinstance(late, DeadLetter)
    assert late.reason is Reason.MISSING_ACCOUNT
