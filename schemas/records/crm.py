"""The CRM's side, canonical: what any CRM's records become on the clean topics."""

from __future__ import annotations

from datetime import date, datetime

from schemas.records.envelope import Stamped, Travelling
from schemas.records.fields import CurrencyCode, Identifier, Money, Percent, Price, Quantity


class Account(Stamped):
    """A customer account. The CRM owns its name and address, the ERP its code and balances."""

    id: Identifier
    name: str | None = None  #: None only in a patch or a delete
    domain: str | None = None
    tax_id: str | None = None
    email: str | None = None
    phone: str | None = None
    street: str | None = None
    city: str | None = None
    postal_code: str | None = None
    state: str | None = None
    country: str | None = None
    currency: str | None = None
    erp_customer_code: str | None = None
    payment_terms: str | None = None  #: the ERP's, as are the code and the status
    erp_status: str | None = None


class Contact(Stamped):
    id: Identifier
    name: str | None = None
    email: str | None = None
    phone: str | None = None


class Contract(Stamped):
    id: Identifier
    reference: str | None = None
    billing_terms: str | None = None
    currency: str | None = None
    signed_at: datetime | None = None
    starts_on: date | None = None
    ends_on: date | None = None


class Line(Travelling):
    """A product line inside an opportunity. `unit_price` is before the discount."""

    id: Identifier
    position: int = 0
    sku: Identifier
    quantity: Quantity
    unit_price: Price
    discount_percent: Percent


class LineItem(Stamped):
    """A product line as a record of its own, from a CRM that stores it so. The numbers are absent in a delete."""

    id: Identifier
    opportunity_id: Identifier
    line: Line | None = None


class Opportunity(Stamped):
    """A deal. `amount` is the total of its lines after discounts, `lines` is None where they arrive on their own."""

    id: Identifier
    name: str | None = None
    stage: str
    currency: CurrencyCode
    amount: Money
    line_count: int = 0
    discount_approved_by: str | None = None
    contract_id: str | None = None
    close_date: date | None = None
    erp_order_number: str | None = None
    lines: list[Line] | None = None
