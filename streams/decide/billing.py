"""FL4: the invoice of a deal's order is composed, and then posted, once it is ready to bill and its contract is signed.

The ERP makes the draft when the order is processed, and tells of it: that is the trigger. Terms and reference come from
the contract, lines and prices from the deal, accounts and deferral from rules. Which invoices are billed by themselves
is a rule, too (`billing.automatic`); all others wait for an accountant.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from schemas.outcome import DeadLetter, Hold, Wait, WaitKind
from schemas.prorate import shifted
from schemas.reasons import Reason
from schemas.records import Contract, Invoice, InvoiceDraft, InvoiceLine, Line, Opportunity
from streams.decide.facts import Facts, known_account, known_opportunity
from streams.decide.opportunity import CLOSED_WON, lines_of, order_line
from streams.decide.policy import Policy

_LIVING = ("posted", "paid")


def invoice_to_post(
    invoice: Invoice, facts: Facts, policy: Policy, now: datetime
) -> Hold | DeadLetter | InvoiceDraft | None:
    """What is to be composed and posted for a draft, or why it waits; None where people bill it, or nothing is due."""
    deal = _ready_deal(invoice, facts)
    account = known_account(facts)
    if deal is None or account is None:
        return None
    contract, at = facts.contract, invoice.meta.received_at
    terms = _plain(contract.billing_terms) if contract else None
    if not policy.bills_by_itself(account, deal.currency, deal.amount, terms or "", at):
        return None
    if deal.contract_id is not None and (contract is None or contract.signed_at is None):
        return _unsigned(invoice, deal.contract_id, facts, policy, now)
    start = _starts_on(deal, contract, invoice)
    lines = [_line(line, deal.currency, start, contract, policy, at) for line in lines_of(deal, facts)]
    return InvoiceDraft(
        erp_id=invoice.erp_id,
        currency=deal.currency,
        total=sum((line.amount for line in lines), Decimal(0)),
        reference=_plain(contract.reference) if contract else None,
        payment_terms=terms,
        lines=lines,
    )


def _ready_deal(invoice: Invoice, facts: Facts) -> Opportunity | None:
    """The won deal that a draft bills, whole, and that no other invoice has billed."""
    deal = known_opportunity(facts)
    if deal is None or deal.stage != CLOSED_WON or invoice.state != "draft" or invoice.total <= 0:
        return None
    if any(_bills(other, invoice) for other in facts.invoices):
        return None
    amounts = (order_line(line, deal.currency).amount for line in lines_of(deal, facts))
    return deal if sum(amounts, Decimal(0)) == deal.amount and deal.currency == invoice.currency else None


def _bills(other: Invoice, invoice: Invoice) -> bool:
    return other.id != invoice.id and other.order_id == invoice.order_id and other.state in _LIVING and other.total > 0


def _unsigned(invoice: Invoice, contract_id: str, facts: Facts, policy: Policy, now: datetime) -> Hold | DeadLetter:
    until = (facts.held_since or now) + policy.line_grace(invoice.meta, "signature")
    detail = f"the invoice of deal {invoice.order_id} waits until contract {contract_id} is signed"
    if now >= until:
        return DeadLetter(
            Reason.HOLD_EXPIRED, detail, "have the contract signed in the CRM, or post the invoice by hand"
        )
    return Hold(until, Wait(WaitKind.SIGNATURE, contract_id), Reason.HOLD_EXPIRED, detail)


def _starts_on(deal: Opportunity, contract: Contract | None, invoice: Invoice) -> date:
    if contract is not None and contract.starts_on is not None:
        return contract.starts_on
    return deal.close_date or invoice.meta.occurred_at.date()


def _line(
    line: Line, currency: str, start: date, contract: Contract | None, policy: Policy, at: datetime
) -> InvoiceLine:
    """A line of the deal, with the account that earns it, and from when to when."""
    months = policy.months_to_earn(line.sku, at)
    ends_on = contract.ends_on if contract else None
    last = ends_on if ends_on is not None and ends_on > start else shifted(start, months) - timedelta(days=1)
    ordered = order_line(line, currency)
    return InvoiceLine(
        sku=ordered.sku,
        quantity=ordered.quantity,
        unit_price=ordered.unit_price,
        amount=ordered.amount,
        account=policy.revenue_account(line.sku, at),
        defer_from=start if months else None,
        defer_to=last if months else None,
    )


def _plain(text: str | None) -> str | None:
    """In one line; None where nothing is left."""
    return " ".join((text or "").split()) or None
