"""Bodies of commands about service: credits, billing schedules, and what goes back to the CRM of them."""

from __future__ import annotations

from datetime import date

from schemas.records.envelope import Travelling
from schemas.records.fields import CurrencyCode, Identifier, Money, Price, Quantity


class CreditGrant(Travelling):
    """A credit note for a service credit. `amount` is what the customer gets, above 0."""

    customer_code: Identifier
    currency: CurrencyCode
    amount: Money
    granted_on: date
    approved_by: Identifier
    reason: str | None = None


class ScheduleAmend(Travelling):
    """What the ERP is to bill for a subscription from `bills_from` on. Cancelled, it bills nothing from then on.

    `adjustment` is what the days from `effective_on` to the day before `bills_from` cost by this state, in whole minor
    units: at least 0. What the ERP has for them in its schedule goes off it, and the rest is the correction.
    """

    customer_code: Identifier
    status: str
    sku: Identifier
    quantity: Quantity
    unit_price: Price
    currency: CurrencyCode
    billing_interval: str
    starts_on: date
    effective_on: date
    revision: int
    bills_from: date
    adjustment: Money


class InvoiceLine(Travelling):
    """A line of an invoice. `account` is the general ledger's; its revenue is earned from one day to the other, or, of
    a line without days, at once.
    """

    sku: Identifier
    quantity: Quantity
    unit_price: Price
    amount: Money
    account: Identifier
    defer_from: date | None = None
    defer_to: date | None = None


class InvoiceDraft(Travelling):
    """The invoice of an order, as its draft must be before it is posted. `total` is before taxes."""

    erp_id: Identifier
    currency: CurrencyCode
    total: Money
    reference: str | None = None
    payment_terms: str | None = None
    lines: list[InvoiceLine]


class InvoiceRefund(Travelling):
    """A credit note for money that went back to the customer: for a part of an invoice, or all of it; `amount` above 0.

    `invoice_id` is the ERP's own id of the invoice, `kind` refund or dispute, which then was lost.
    """

    invoice_id: Identifier
    invoice_number: Identifier
    currency: CurrencyCode
    amount: Money
    kind: str
    charge_id: Identifier
    refunded_on: date


class CaseWriteBack(Travelling):
    """Fields of the CRM's case that the ERP owns. None leaves a field as it is."""

    erp_credit_number: str | None = None


class SubscriptionWriteBack(Travelling):
    """Fields of the CRM's subscription that the ERP owns. None leaves a field as it is."""

    erp_subscription_number: str | None = None
    erp_revision: int | None = None


class LeadWriteBack(Travelling):
    """Fields of the CRM's lead that the ERP owns. None leaves a field as it is."""

    erp_customer_code: str | None = None
    erp_order_number: str | None = None
