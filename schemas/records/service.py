"""The CRM's side after the sale and before it: service cases, subscriptions, leads."""

from __future__ import annotations

from datetime import date, datetime

from schemas.records.envelope import Stamped
from schemas.records.fields import CurrencyCode, Identifier, Money, Price, Quantity


class SupportCase(Stamped):
    """A service case. Closed with a credit that somebody approved, it becomes a credit note in the ERP."""

    id: Identifier
    status: str
    subject: str | None = None
    credit_amount: Money | None = None  #: what the customer is to get back; None or 0: no credit is asked for
    currency: str | None = None
    credit_reason: str | None = None
    credit_approved_by: str | None = None
    closed_at: datetime | None = None
    erp_credit_number: str | None = None


class Subscription(Stamped):
    """What a customer pays for again and again: the state that holds from `effective_on` on.

    Each change counts `revision` up. `unit_price` is that of one billing interval.
    """

    id: Identifier
    status: str
    sku: Identifier
    quantity: Quantity
    unit_price: Price
    currency: CurrencyCode
    billing_interval: str
    starts_on: date
    effective_on: date
    revision: int
    erp_subscription_number: str | None = None
    erp_revision: int | None = None  #: the newest revision that the ERP bills by


class Lead(Stamped):
    """Somebody who may buy. Billable, it becomes a customer with a first order. The last fields say what won it."""

    id: Identifier
    name: str | None = None
    status: str
    tax_id: str | None = None
    email: str | None = None
    phone: str | None = None
    street: str | None = None
    city: str | None = None
    postal_code: str | None = None
    state: str | None = None
    country: str | None = None
    currency: str | None = None
    sku: str | None = None
    quantity: Quantity | None = None
    unit_price: Price | None = None
    erp_customer_code: str | None = None
    erp_order_number: str | None = None
    campaign: str | None = None
    channel: str | None = None
    medium: str | None = None
    lead_source: str | None = None
