"""FL9: money that the payment provider gave back becomes a credit note for its part of the invoice; a dispute is told.

A refund counts once it has succeeded, a dispute once it is lost. Its invoice is the one that it names, else the one
that its payment names. Together the refunds of an invoice never come to more than its total: what would is a letter.
Counted are those that were sent, and of the others made earlier those that still fit.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from schemas.money import round_money
from schemas.outcome import DeadLetter, Forward, Hold, Outcome, Skip, SkipWhy, Wait, WaitKind
from schemas.reasons import Reason
from schemas.records import Charge, Envelope, Invoice, InvoiceRefund, Refund, Stamped
from streams.decide.commands import command_for, fingerprint_of
from streams.decide.facts import Facts, Known
from streams.decide.policy import Policy
from streams.decide.refund_notice import dispute_opened, refund_failed

_OVER = ("won", "lost", "warning_closed", "prevented")
_BILLED = ("posted", "paid")


def decide_charge(charge: Charge, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    """A payment changes nothing: what is paid the ERP tells. Which invoice it paid is kept for its refunds."""
    return Skip(SkipWhy.NOT_DUE, f"payment {charge.id} is kept for refunds of it")


def decide_refund(refund: Refund, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    """FL9 for one refund or dispute at full state."""
    if not is_due(refund):
        return _not_due(refund, facts, now)
    number = invoice_number(refund, facts.charge)
    if number is None and facts.charge is None:
        what = f"payment {refund.charge_id}, which would name its invoice, is not known"
        return _wait(refund, what, Wait(WaitKind.CHARGE, refund.charge_id), facts, policy, now)
    if number is None:
        return _letter(
            refund,
            f"neither it nor its payment {refund.charge_id} names an invoice",
            "enter invoice_number in the metadata at the payment provider; the corrected one arrives by itself",
        )
    invoice = billed_invoice(facts)
    if invoice is None and facts.billed:
        return _letter(refund, f"the ERP has {len(facts.billed)} invoices {number}", "make the credit note by hand")
    if invoice is None:
        what = f"the ERP has not told of its invoice {number}"
        return _wait(refund, what, Wait(WaitKind.INVOICE, number), facts, policy, now)
    return _unfit(refund, invoice, facts) or _credit(refund, invoice, facts, now)


def is_due(refund: Refund) -> bool:
    """Whether the money has gone back for good."""
    return refund.status == ("succeeded" if refund.kind == "refund" else "lost")


def invoice_number(refund: Refund, charge: Charge | None) -> str | None:
    """Of the invoice that it is of, as far as that is known."""
    return refund.invoice_number or (charge.invoice_number if charge is not None else None)


def billed_invoice(facts: Facts) -> Invoice | None:
    """The refund's invoice, where the ERP has told of it, and of one only."""
    return facts.billed[0] if len(facts.billed) == 1 else None


def whose(event: Stamped, facts: Facts) -> Envelope | None:
    """The event's envelope with the account that it is about; None where that is not known yet."""
    if not isinstance(event, Refund):
        return event.meta
    invoice = billed_invoice(facts)
    return None if invoice is None else _of_account(event, invoice)


def _of_account(refund: Refund, invoice: Invoice) -> Envelope:
    return refund.meta.model_copy(update={"account_id": invoice.meta.account_id})


def _not_due(refund: Refund, facts: Facts, now: datetime) -> Outcome:
    before = _told_before(facts.known, refund)
    account_id = (whose(refund, facts) or refund.meta).account_id
    number = invoice_number(refund, facts.charge)
    if refund.kind == "dispute" and _is_open(refund) and not (before is not None and _is_open(before)):
        return Forward((dispute_opened(refund, number, account_id, now),))
    if before is not None and is_due(before):
        return Forward((refund_failed(refund, number, account_id, now),))
    return Skip(SkipWhy.NOT_DUE, f"the {refund.kind} is {refund.status}")


def _is_open(dispute: Refund) -> bool:
    return dispute.status not in _OVER


def _told_before(known: Known | None, refund: Refund) -> Refund | None:
    """What it was before this event. None, too, where this event is read again: what it told may be lost."""
    if known is None or known.position == (0, 0) or known.record.meta.event_id == refund.meta.event_id:
        return None
    return known.record if isinstance(known.record, Refund) else None


def _credit(refund: Refund, invoice: Invoice, facts: Facts, now: datetime) -> Outcome:
    body = InvoiceRefund(
        invoice_id=invoice.erp_id,
        invoice_number=invoice.number or "",
        currency=refund.currency,
        amount=refund.amount,
        kind=refund.kind,
        charge_id=refund.charge_id,
        refunded_on=refund.created_at.date(),
    )
    if facts.known is not None and facts.known.forwarded(fingerprint_of(body), refund.meta.event_id):
        return Skip(SkipWhy.UNCHANGED, f"the {refund.kind} was credited already")
    cause = _of_account(refund, invoice)
    return Forward((command_for("refund.credit", refund.id, body, cause, refund.meta.position, now),))


def _unfit(refund: Refund, invoice: Invoice, facts: Facts) -> DeadLetter | None:
    """Why there can be no credit note of it."""
    name = f"invoice {invoice.number}"
    if invoice.state not in _BILLED or invoice.total <= 0:
        over = "a credit note" if invoice.total < 0 else "over nothing"
        kind = over if invoice.state in _BILLED else invoice.state
        return _letter(refund, f"its {name} is {kind}", "look which invoice the payment was for")
    if refund.currency != invoice.currency:
        return _letter(
            refund, f"its {name} is in {invoice.currency}", "make the credit note by hand, at the day's rate"
        )
    if not refund.amount:
        return _letter(refund, "it is over nothing", "look it up at the payment provider")
    before = _taken(refund, invoice, facts.refunds)
    if before + refund.amount <= invoice.total:
        return None
    total, other = (f"{round_money(money, invoice.currency)} {invoice.currency}" for money in (invoice.total, before))
    return _letter(
        refund,
        f"with {other} of other refunds it is above the {total} of its {name}",
        "look which invoice the payment was for; what customer and invoice do not explain is credited by hand",
    )


def _taken(refund: Refund, invoice: Invoice, others: Iterable[Known]) -> Decimal:
    """What the other refunds of the invoice take of its total."""
    taken, open_ = Decimal(0), list[Refund]()
    for known in others:
        other = known.record
        if not isinstance(other, Refund) or other.currency != invoice.currency:
            continue
        if known.fingerprint is not None:
            taken += other.amount
        elif is_due(other) and _age(other) < _age(refund):
            open_.append(other)
    for other in sorted(open_, key=_age):
        taken += other.amount if taken + other.amount <= invoice.total else 0
    return taken


def _age(refund: Refund) -> tuple[datetime, str]:
    return (refund.created_at, refund.id)


def _wait(refund: Refund, what: str, wait: Wait, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    until = (facts.held_since or now) + policy.hold_for(refund.meta)
    detail = f"{refund.kind} {refund.id} over {_money(refund)}: {what}"
    if now >= until:
        return DeadLetter(Reason.HOLD_EXPIRED, detail, "see why it is not there, then replay this letter")
    return Hold(until, wait, Reason.HOLD_EXPIRED, detail)


def _letter(refund: Refund, what: str, help_: str) -> DeadLetter:
    return DeadLetter(Reason.REFUND_NOT_MATCHED, f"{refund.kind} {refund.id} over {_money(refund)}: {what}", help_)


def _money(refund: Refund) -> str:
    return f"{round_money(refund.amount, refund.currency)} {refund.currency}"
