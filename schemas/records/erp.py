"""The ERP's side, canonical. Keys are the CRM's ids where the ERP record carries one, else `erp:<model>:<id>`."""

from __future__ import annotations

from datetime import date

from schemas.records.envelope import Stamped, Travelling
from schemas.records.fields import CurrencyCode, Identifier, Money


class Customer(Stamped):
    """The counterpart of an account."""

    id: Identifier
    erp_id: Identifier
    code: str | None = None
    name: str | None = None
    tax_id: str | None = None
    email: str | None = None
    phone: str | None = None
    street: str | None = None
    city: str | None = None
    postal_code: str | None = None
    country: str | None = None
    payment_terms: str | None = None  #: the name of the customer's payment term
    status: str | None = None  #: "inactive", or None


class OrderLine(Travelling):
    """A line as the ERP holds it: `unit_price` after discount, `amount` rounded to the currency."""

    sku: str
    quantity: Money
    unit_price: Money
    amount: Money


class Order(Stamped):
    """A sales order, the counterpart of a Closed Won opportunity."""

    id: Identifier
    erp_id: Identifier
    number: str | None = None
    state: str
    currency: CurrencyCode
    total: Money
    lines: list[OrderLine]


class Invoice(Stamped):
    """A customer invoice. `balance` is what is still to pay, in the invoice's currency."""

    id: Identifier
    erp_id: Identifier
    number: str | None = None
    state: str  #: draft, posted, paid, cancelled
    order_id: str | None = None  #: the opportunity it bills
    currency: CurrencyCode
    total: Money
    balance: Money
    invoice_date: date | None = None
    due_date: date | None = None
    time_zone: str | None = None  #: of the company that bills: its midnight ends a day. None: UTC
