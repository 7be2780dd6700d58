"""The day's records as the CRM and the portal hold them, and the steps that write them. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from schemas.money import line_amount

Row = Mapping[str, Any]
Table = Literal[
    "accounts", "contacts", "contracts", "opportunities", "opportunity_lines", "cases", "subscriptions", "leads"
]


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    name: str
    domain: str
    tax_id: str
    email: str
    phone: str
    street: str
    city: str
    postal_code: str
    state: str | None
    country: str
    currency: str


@dataclass(frozen=True, slots=True)
class Line:
    id: str
    position: int
    sku: str
    quantity: Decimal
    unit_price: Decimal  #: before discount
    discount_percent: Decimal


@dataclass(frozen=True, slots=True)
class Opportunity:
    """A deal. `amount` is stored, because trouble can make it wrong."""

    id: str
    account_id: str
    name: str
    stage: str
    currency: str
    amount: Decimal
    lines: tuple[Line, ...]
    close_date: date
    contract_id: str | None = None
    discount_approved_by: str | None = None


def total_of(lines: tuple[Line, ...], currency: str) -> Decimal:
    """The sum of the lines' amounts, in the currency's minor units."""
    return sum(
        (line_amount(line.quantity, line.unit_price, line.discount_percent, currency) for line in lines), Decimal(0)
    )


@dataclass(frozen=True, slots=True)
class Write:
    """One row written in the CRM. An update without values touches the row: the same content, a new time."""

    verb: Literal["insert", "update", "delete"]
    table: Table
    id: str
    values: Row = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transaction:
    """Writes that are committed together."""

    writes: tuple[Write, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A POST to the door. `age_s` dates the change that long before it is sent.

    `repeats`: sent again as often, the same request to the byte; senders retry. `echoes`: the same body under new
    delivery ids; senders repeat themselves. `status` is the answer that must come.
    """

    source: Literal["standard", "hubspot", "stripe"]
    kind: str  #: `account.updated`; a HubSpot property; a Stripe event type
    data: Row
    age_s: float = 0
    repeats: int = 0
    echoes: int = 0
    status: int = 202
    trouble: Literal["", "bad_signature", "old_timestamp", "malformed", "too_large"] = ""


Step = Transaction | Delivery


@dataclass(frozen=True, slots=True)
class Lane:
    """Steps of one account, one after the other. Lanes run at the same time."""

    steps: tuple[Step, ...]


#: What the accountant does with an order's invoice.
Billing = Literal["posted", "part paid", "paid", "paid in two parts"]


@dataclass(frozen=True, slots=True)
class Plan:
    """A day. What must come of it stands beside what happens.

    `orders` are the opportunities that must be in the ERP exactly once; `letters` maps an opportunity or account that
    must end in a dead letter to the reason; `accounts` must be customers.
    """

    run: str
    seed: int
    morning: tuple[Lane, ...]
    afternoon: tuple[Lane, ...]
    accounts: Mapping[str, Account]
    opportunities: Mapping[str, Opportunity]  #: at their last state
    orders: frozenset[str]
    in_crm: frozenset[str]  #: ids of accounts and opportunities that are rows of the CRM's database
    letters: Mapping[str, str]
    billing: Mapping[str, Billing]  #: orders whose invoice is posted, and what is paid of it
    hand_changed: str  #: the order whose total somebody changes in the ERP's database
    undecodable: int  #: records put on a topic past the door, that no schema reads
    notes: tuple[str, ...]  #: the day's trouble, in words
