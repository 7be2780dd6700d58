"""FL5 and FL6: an invoice or a payment in the ERP becomes four fields in the CRM, on the deal and on the account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from schemas.outcome import Forward, Outcome, Record, Skip, SkipWhy
from schemas.records import AccountWriteBack, Invoice, OpportunityWriteBack
from streams.decide.commands import command_for, fingerprint_of
from streams.decide.facts import Facts
from streams.decide.policy import Policy

_OPEN = ("posted",)


def decide_invoice(invoice: Invoice, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    """The CRM's invoice fields after a change of one invoice. Nothing is due before an invoice is posted."""
    account_id = invoice.meta.account_id
    if account_id.startswith("erp:"):
        return Skip(SkipWhy.NO_FLOW, "the invoice's customer did not come from the CRM")
    account = facts.account is not None and facts.account.in_crm
    deal = facts.opportunity is not None and facts.opportunity.in_crm
    if not account and not deal:
        return Skip(SkipWhy.NO_FLOW, "the invoice's customer does not live in the CRM's database")
    others = [other for other in facts.invoices if other.id != invoice.id]
    newest = max((*others, invoice), key=_age)
    on_account = AccountWriteBack(
        currency=invoice.currency,
        outstanding_balance=_outstanding(invoice, others),
        invoice_status=invoice_status(newest, now),
        invoice_number=newest.number,
        payment_status=payment_status(newest),
    )
    bodies: list[AccountWriteBack | OpportunityWriteBack] = [on_account] if account else []
    records: list[Record] = []
    position = invoice.meta.position
    if invoice.order_id is not None and deal:
        on_deal = OpportunityWriteBack(
            currency=invoice.currency,
            outstanding_balance=_outstanding(invoice, [one for one in others if one.order_id == invoice.order_id]),
            invoice_status=invoice_status(invoice, now),
            invoice_number=invoice.number,
            payment_status=payment_status(invoice),
        )
        bodies.append(on_deal)
        same = (one.meta.position for one in others if one.order_id == invoice.order_id)
        newest_of_deal = max([position, *same])  # its balance rests on all invoices of the deal
        records.append(command_for("opportunity.billing", invoice.order_id, on_deal, invoice.meta, newest_of_deal, now))
    if facts.known is not None and facts.known.forwarded(fingerprint_of(*bodies), invoice.meta.event_id):
        return Skip(SkipWhy.UNCHANGED, "the CRM's invoice fields are as they were last sent")
    # The account's figures rest on all of its invoices, so they are as new as the newest of them.
    summed = max([position, *(other.meta.position for other in facts.invoices)])
    if account:
        records.append(command_for("account.billing", account_id, on_account, invoice.meta, summed, now))
    return Forward(tuple(records))


def invoice_status(invoice: Invoice, now: datetime) -> str:
    """pending (not posted), issued, overdue, paid, credited (a credit note), cancelled."""
    if invoice.total < 0 and invoice.state in ("posted", "paid"):
        return "credited"
    if invoice.state == "posted":
        overdue = invoice.due_date is not None and invoice.due_date < now.date() and invoice.balance > 0
        return "overdue" if overdue else "issued"
    return {"paid": "paid", "cancelled": "cancelled"}.get(invoice.state, "pending")


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
