"""FL9: what refunds and disputes come to, and that an invoice's refunds never come to more than its total."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schemas.outcome import DeadLetter, Forward, Hold, Outcome, Skip, SkipWhy, Wait, WaitKind
from schemas.reasons import Reason
from schemas.records import Charge, Command, Invoice, Notice, Refund
from schemas.topics import COMMAND_ERP, NOTICE
from streams.decide import Facts, Known, Policy, decide
from streams.decide.commands import fingerprint_of
from streams.decide.facts import BillingStop
from tests.unit.streams.decide.cases import NOW, D, invoice, meta

POLICY = Policy()
NUMBER = "2026/1"
UNMATCHED = Reason.REFUND_NOT_MATCHED


def refund(key: str = "re_1", tick: int = 5, amount: str = "20.50", age: int = 0, **over: Any) -> Refund:
    values: dict[str, Any] = {
        "id": key,
        "kind": "refund",
        "status": "succeeded",
        "charge_id": over.pop("charge_id", "ch_1"),
        "currency": "EUR",
        "amount": D(amount),
        "invoice_number": None,
        "reason": "requested_by_customer",
        "created_at": NOW - timedelta(minutes=age),
    }
    stamp = meta("refund", key, tick, account_id=values["charge_id"], source="webhook:stripe")
    return Refund(meta=stamp, **(values | over))


def dispute(key: str = "dp_1", tick: int = 5, status: str = "needs_response", **over: Any) -> Refund:
    return refund(key, tick, over.pop("amount", "100"), kind="dispute", status=status, reason="fraudulent", **over)


def charge(number: str | None = NUMBER, key: str = "ch_1") -> Charge:
    stamp = meta("charge", key, account_id=key, source="webhook:stripe")
    return Charge(meta=stamp, id=key, status="succeeded", currency="EUR", amount=D(100), invoice_number=number)


def at(*others: Known, known: Known | None = None, **over: Any) -> Facts:
    """Its payment paid invoice 2026/1 of account a1, over 100 EUR."""
    values: dict[str, Any] = {"charge": charge(), "billed": (invoice(state="paid", balance="0"),)}
    return Facts(known=known, refunds=others, **(values | over))


def sent(one: Refund) -> Known:
    return Known(one, fingerprint="f", fingerprint_event=one.meta.event_id)


def bill(**over: Any) -> tuple[Invoice, ...]:
    return (invoice(**over),)


CASES: dict[str, tuple[Refund, Facts, Any]] = {
    "of a known invoice": (refund(), at(), "refund.credit"),
    "all of it": (refund(amount="100"), at(), "refund.credit"),
    "it names its invoice itself": (refund(invoice_number=NUMBER), at(charge=None), "refund.credit"),
    "its own word counts before its payment's": (
        refund(invoice_number="2026/9"),
        at(charge=charge("2026/8"), billed=()),
        "2026/9",
    ),
    "new billing is stopped, but this bills nobody": (
        refund(),
        at(billing_stop=BillingStop("h1", "people said so", NOW, whole_line=True)),
        "refund.credit",
    ),
    "not gone through": (refund(status="pending"), at(), SkipWhy.NOT_DUE),
    "it waits for the customer": (refund(status="requires_action"), at(), SkipWhy.NOT_DUE),
    "failed": (refund(status="failed"), at(), SkipWhy.NOT_DUE),
    "a word that is not known": (refund(status="dancing"), at(), SkipWhy.NOT_DUE),
    "failed after it had gone through": (
        refund(status="failed", tick=6),
        at(known=Known(refund())),
        "refund.failed",
    ),
    "failed, and told already": (
        refund(status="failed", tick=7),
        at(known=Known(refund(status="failed", tick=6))),
        SkipWhy.NOT_DUE,
    ),
    "its payment has not arrived": (refund(), at(charge=None, billed=()), WaitKind.CHARGE),
    "neither names an invoice": (refund(), at(charge=charge(None), billed=()), UNMATCHED),
    "its invoice has not arrived": (refund(), at(billed=()), WaitKind.INVOICE),
    "two invoices of one number": (refund(), at(billed=bill() + bill(number="1")), UNMATCHED),
    "of a draft": (refund(), at(billed=bill(state="draft")), UNMATCHED),
    "of a cancelled invoice": (refund(), at(billed=bill(state="cancelled")), UNMATCHED),
    "of a credit note": (refund(), at(billed=bill(total="-100")), UNMATCHED),
    "in another currency": (refund(), at(billed=bill(currency="USD")), UNMATCHED),
    "over nothing": (refund(amount="0"), at(), UNMATCHED),
    "above the total": (refund(amount="100.01"), at(), UNMATCHED),
    "to the cent with one that was sent": (refund(amount="60"), at(sent(refund("re_0", amount="40"))), "refund.credit"),
    "a cent above, with one that was sent": (refund(amount="60.01"), at(sent(refund("re_0", amount="40"))), UNMATCHED),
    "an earlier one counts before it is sent": (
        refund(amount="60.01"),
        at(Known(refund("re_0", amount="40", age=1))),
        UNMATCHED,
    ),
    "an earlier one that is itself above the total does not count": (
        refund(amount="60.01"),
        at(Known(refund("re_0", amount="100.01", age=1))),
        "refund.credit",
    ),
    "a later one that was not sent will count this one": (
        refund(amount="60.01", age=1),
        at(Known(refund("re_0", amount="40"))),
        "refund.credit",
    ),
    "a later one that was sent counts": (
        refund(amount="60.01", age=1),
        at(sent(refund("re_0", amount="40"))),
        UNMATCHED,
    ),
    "an earlier one that has not gone through does not count": (
        refund(amount="60.01"),
        at(Known(refund("re_0", amount="40", age=1, status="pending"))),
        "refund.credit",
    ),
    "one that failed after it was sent counts: its credit note is there": (
        refund(amount="60.01"),
        at(sent(refund("re_0", amount="40", age=1, status="failed"))),
        UNMATCHED,
    ),
    "a dispute is opened": (dispute(), at(), "dispute.opened"),
    "a dispute is opened, of who knows what": (dispute(), Facts(), "dispute.opened"),
    "a dispute without a reason": (dispute().model_copy(update={"reason": None}), at(), "dispute.opened"),
    "a dispute in yen": (dispute(currency="JPY"), at(), "dispute.opened"),
    "a dispute goes on": (dispute(status="under_review", tick=6), at(known=Known(dispute())), SkipWhy.NOT_DUE),
    "a dispute is won": (dispute(status="won"), at(), SkipWhy.NOT_DUE),
    "a warning comes to nothing": (dispute(status="warning_closed"), at(), SkipWhy.NOT_DUE),
    "a dispute is lost": (dispute(status="lost", tick=7), at(known=Known(dispute())), "refund.credit"),
    "a dispute is lost, and a part was refunded": (
        dispute(status="lost"),
        at(sent(refund(amount="0.01"))),
        UNMATCHED,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_refund(name: str) -> None:
    event, facts, wanted = CASES[name]
    outcome = decide(event, facts, POLICY, NOW)
    if isinstance(wanted, SkipWhy):
        assert isinstance(outcome, Skip), outcome
        assert outcome.why is wanted
    elif isinstance(wanted, Reason):
        assert isinstance(outcome, DeadLetter), outcome
        assert outcome.reason is wanted
    elif isinstance(outcome, Hold) and isinstance(wanted, str) and not isinstance(wanted, WaitKind):
        assert outcome.waiting_for == Wait(WaitKind.INVOICE, wanted)
    elif isinstance(wanted, WaitKind):
        assert isinstance(outcome, Hold), outcome
        assert outcome.waiting_for.kind is wanted
    else:
        (value,) = told(outcome)
        assert wanted == (value.kind if isinstance(value, Command) else value.topic)


def told(outcome: Outcome) -> list[Command | Notice]:
    assert isinstance(outcome, Forward), outcome
    for record in outcome.records:
        assert record.topic == (COMMAND_ERP.name if isinstance(record.value, Command) else NOTICE.name)
        assert isinstance(record.value, Command | Notice)
        assert record.account_id == record.value.account_id
    return [record.value for record in outcome.records if isinstance(record.value, Command | Notice)]


def test_the_command_names_the_invoice_and_goes_with_its_account() -> None:
    (command,) = told(decide(refund(), at(), POLICY, NOW))
    assert isinstance(command, Command)
    assert (command.key, command.account_id) == ("re_1", "a1")
    body = command.refund
    assert body is not None
    assert (body.invoice_id, body.invoice_number, body.amount, body.currency) == ("1", NUMBER, D("20.50"), "EUR")
    assert (body.kind, body.charge_id, body.refunded_on) == ("refund", "ch_1", NOW.date())


def test_the_letter_says_what_is_taken_and_what_the_total_is() -> None:
    letter = decide(refund(amount="60.01"), at(sent(refund("re_0", amount="40"))), POLICY, NOW)
    assert isinstance(letter, DeadLetter)
    for text in ("re_1", "60.01 EUR", "40.00 EUR", "100.00 EUR", NUMBER):
        assert text in letter.detail


def test_what_it_waits_for_does_not_come() -> None:
    held = decide(refund(), at(billed=()), POLICY, NOW)
    assert isinstance(held, Hold)
    assert isinstance(decide(refund(), at(billed=(), held_since=NOW), POLICY, held.until), DeadLetter)
    for facts in (at(billed=(), held_since=NOW - timedelta(days=30)), Facts(held_since=NOW - timedelta(days=30))):
        letter = decide(refund(), facts, POLICY, NOW)
        assert isinstance(letter, DeadLetter)
        assert letter.reason is Reason.HOLD_EXPIRED


def test_told_again_it_is_skipped_and_the_very_event_is_sent_again() -> None:
    (command,) = told(decide(refund(), at(), POLICY, NOW))
    assert isinstance(command, Command)
    assert command.refund is not None
    known = Known(refund(), fingerprint=fingerprint_of(command.refund), fingerprint_event=refund().meta.event_id)
    again = decide(refund(tick=6), at(known=known), POLICY, NOW)
    assert isinstance(again, Skip)
    assert again.why is SkipWhy.UNCHANGED
    assert told(decide(refund(), at(known=known), POLICY, NOW)) == [command]
    late = decide(refund(tick=4, status="pending"), at(known=known), POLICY, NOW)
    assert isinstance(late, Skip)
    assert late.why is SkipWhy.STALE


def test_finance_is_told_of_a_dispute_once_and_again_where_that_may_be_lost() -> None:
    (notice,) = told(decide(dispute(), at(), POLICY, NOW))
    assert isinstance(notice, Notice)
    assert (notice.team, notice.key, notice.account_id, notice.money) == ("finance", "dp_1", "a1", D(100))
    for text in ("dp_1", "100.00 EUR", "fraudulent", "needs_response", "ch_1", NUMBER):
        assert text in notice.text
    assert told(decide(dispute(), at(known=Known(dispute())), POLICY, NOW)) == [notice]
    undone = dispute(tick=4).model_copy(update={"meta": dispute(tick=4).meta.model_copy(update={"version": 0})})
    (again,) = told(decide(dispute(), at(known=Known(undone)), POLICY, NOW))
    assert isinstance(again, Notice)
    assert again.notice_id == notice.notice_id


def test_finance_is_told_of_a_refund_that_failed_after_its_credit_note() -> None:
    failed = refund(status="failed", tick=6)
    (notice,) = told(decide(failed, at(known=sent(refund())), POLICY, NOW))
    assert isinstance(notice, Notice)
    assert notice.team == "finance"
    for text in ("re_1", "20.50 EUR", "failed", "still to be paid out"):
        assert text in notice.text


def test_a_payment_has_no_effect() -> None:
    outcome = decide(charge(), Facts(), POLICY, NOW)
    assert isinstance(outcome, Skip)
    assert outcome.why is SkipWhy.NOT_DUE
