"""FL5 and FL6: an invoice or a payment in the ERP becomes four fields in the CRM, on the deal and on the account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from schemas.outcome import DeadLetter, Forward, Hold, Outcome, Skip, SkipWhy
from schemas.records import AccountWriteBack, CommandKind, Invoice, OpportunityWriteBack, Travelling
from streams.decide.billing import invoice_to_post
from streams.decide.commands import command_for, fingerprint_of
from streams.decide.facts import Facts, Position
from streams.decide.policy import Policy

_OPEN = ("posted",)


def decide_invoice(invoice: Invoice, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    """The CRM's invoice fields after a change of one invoice; of a draft that is ready, also how it is posted (FL4)."""
    account_id, position = invoice.meta.account_id, invoice.meta.position
    if account_id.startswith("erp:"):
        return Skip(SkipWhy.NO_FLOW, "the invoice's customer did not come from the CRM")
    draft = invoice_to_post(invoice, facts, policy, now)
    if isinstance(draft, Hold | DeadLetter):
        return draft
    told = _told(invoice, facts, now)
    bodies: dict[str, Travelling] = {kind: body for kind, _, body, _ in told}
    if draft is not None:
        bodies["invoice.draft"] = draft
    if not bodies:
        return Skip(SkipWhy.NO_FLOW, "the invoice's customer does not live in the CRM's database")
    fingerprint = fingerprint_of(*(bodies[kind] for kind in sorted(bodies)))
    if facts.known is not None and facts.known.forwarded(fingerprint, invoice.meta.event_id):
        return Skip(SkipWhy.UNCHANGED, "the CRM's invoice fields are as they were last sent")
    records = [command_for(kind, key, body, invoice.meta, at, now) for kind, key, body, at in told]
    if draft is not None and invoice.order_id is not None:
        steps: tuple[CommandKind, ...] = ("invoice.draft", "invoice.post")
        records += [command_for(kind, invoice.order_id, draft, invoice.meta, position, now) for kind in steps]
    return Forward(tuple(records))


def _told(invoice: Invoice, facts: Facts, now: datetime) -> list[tuple[CommandKind, str, Travelling, Position]]:
    """What the CRM is told of an invoice: kind, key, body and position of each command."""
    account_id, position = invoice.meta.account_id, invoice.meta.position
    others = [other for other in facts.invoices if other.id != invoice.id]
    told: list[tuple[CommandKind, str, Travelling, Position]] = []
    if invoice.order_id is not None and facts.opportunity is not None and facts.opportunity.in_crm:
        same = [one for one in others if one.order_id == invoice.order_id]
        shown = max((*same, invoice), key=_standing)  # an older one that is told again takes no status back
        on_deal = OpportunityWriteBack(
            currency=invoice.currency,
            outstanding_balance=_outstanding(invoice, same),
            invoice_status=invoice_status(shown, now),
            invoice_number=shown.number or "",  # none takes away that of another
            payment_status=payment_status(shown),
        )
        # Its balance rests on all invoices of the deal.
        newest_of_deal = max([position, *(one.meta.position for one in same)])
        told.append(("opportunity.billing", invoice.order_id, on_deal, newest_of_deal))
    if facts.account is not None and facts.account.in_crm:
        newest = max((*others, invoice), key=_age)
        on_account = AccountWriteBack(
            currency=invoice.currency,
            outstanding_balance=_outstanding(invoice, others),
            invoice_status=invoice_status(newest, now),
            invoice_number=newest.number or "",
            payment_status=payment_status(newest),
        )
        # The account's figures rest on all of its invoices, so they are as new as the newest of them.
        summed = max([position, *(other.meta.position for other in facts.invoices)])
        told.append(("account.billing", account_id, on_account, summed))
    return told


def invoice_status(invoice: Invoice, now: datetime) -> str:
    """pending (not posted), issued, overdue, paid, credited (a credit note), cancelled."""
    if invoice.total < 0 and invoice.state in ("posted", "paid"):
        return "credited"
    if invoice.state == "posted":
        return "overdue" if _overdue(invoice, now) else "issued"
    return {"paid": "paid", "cancelled": "cancelled"}.get(invoice.state, "pending")


def _overdue(invoice: Invoice, now: datetime) -> bool:
    """From the midnight after the due date on, as the company's clocks show it."""
    today = now.astimezone(ZoneInfo(invoice.time_zone or "UTC")).date()
    return invoice.due_date is not None and invoice.due_date < today and invoice.balance > 0


def payment_status(invoice: Invoice) -> str:
    """none (not posted or cancelled), unpaid, partial, paid; refunded once a credit note was paid out or set off."""
    if invoice.state == "paid":
        return "refunded" if invoice.total < 0 else "paid"
    if invoice.state not in _OPEN:
        return "none"
    if invoice.balance == 0:
        return "refunded" if invoice.total < 0 else "paid"
    return "unpaid" if invoice.balance == invoice.total else "partial"


def _due(invoice: Invoice) -> Decimal:
    return invoice.balance if invoice.state in _OPEN else Decimal(0)


def _outstanding(invoice: Invoice, others: Sequence[Invoice]) -> Decimal:
    same = (other for other in others if other.currency == invoice.currency)
    return _due(invoice) + sum((_due(other) for other in same), Decimal(0))


def _age(invoice: Invoice) -> tuple[int, str]:
    return (int(invoice.erp_id) if invoice.erp_id.isdecimal() else 0, invoice.erp_id)


def _standing(invoice: Invoice) -> tuple[bool, tuple[int, str]]:
    """A deal shows its newest invoice; a cancelled one only where there is no other."""
    return (invoice.state != "cancelled", _age(invoice))
