"""What is to be written to a system, what was written, and what needed no writing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from schemas.records.bodies import (
    CaseWriteBack,
    CreditGrant,
    InvoiceDraft,
    InvoiceRefund,
    LeadWriteBack,
    ScheduleAmend,
    SubscriptionWriteBack,
)
from schemas.records.conversion import Conversion
from schemas.records.envelope import Travelling
from schemas.records.erp import OrderLine
from schemas.records.fields import CurrencyCode, Identifier, Money

#: `link` writes back what the ERP named a record, `billing` what its invoices say, `terms` what its people decided on
#: the customer. They are separate kinds because their versions are: a link's is the CRM's, those of the others the
#: ERP's, and the two clocks do not compare. A lead's customer and order are kinds of their own for what follows them.
CommandKind = Literal[
    "customer.upsert",
    "order.place",
    "account.link",
    "opportunity.link",
    "account.billing",
    "opportunity.billing",
    "account.terms",
    "credit.grant",
    "case.link",
    "schedule.amend",
    "subscription.link",
    "lead.customer",
    "lead.order",
    "lead.link",
    "lead.ordered",
    "account.adopt",
    "invoice.draft",
    "invoice.post",
    "opportunity.billed",
    "refund.credit",
]
EffectOutcome = Literal["applied", "unchanged", "stale"]


class CustomerUpsert(Travelling):
    """The customer as the ERP should hold it, under a code that is reserved already."""

    code: Identifier
    name: Identifier
    tax_id: str | None = None
    email: str | None = None
    phone: str | None = None
    street: str | None = None
    city: str | None = None
    postal_code: str | None = None
    state: str | None = None
    country: str | None = None


class OrderPlace(Travelling):
    """A sales order; `total` is the sum of its lines' amounts."""

    customer_code: Identifier
    currency: CurrencyCode
    total: Money
    contract_reference: str | None = None
    billing_terms: str | None = None
    lines: list[OrderLine]
    campaign: str | None = None  #: what won the customer; this and the next for analytics
    channel: str | None = None


class AccountWriteBack(Travelling):
    """Fields of the CRM's account that the ERP owns, or has won. None leaves a field as it is."""

    erp_customer_code: str | None = None
    currency: str | None = None
    outstanding_balance: Money | None = None
    invoice_status: str | None = None
    invoice_number: str | None = None
    payment_status: str | None = None
    payment_terms: str | None = None  #: "" takes them away
    erp_status: str | None = None
    name: str | None = None
    tax_id: str | None = None
    email: str | None = None
    phone: str | None = None
    street: str | None = None
    city: str | None = None
    postal_code: str | None = None
    country: str | None = None


class OpportunityWriteBack(Travelling):
    """Fields of the CRM's opportunity that the ERP owns. None leaves a field as it is."""

    erp_order_number: str | None = None
    currency: str | None = None
    outstanding_balance: Money | None = None
    invoice_status: str | None = None
    invoice_number: str | None = None
    payment_status: str | None = None
    billed_invoice_number: str | None = None  #: the posted invoice of the order; this and the next of FL4
    billed_on: date | None = None


class Command(Travelling):
    """One effect to bring about in one system. Exactly one of the bodies is set, the one of its kind.

    `command_id` is deterministic: the same event decided twice gives the same command.
    """

    command_id: Identifier
    event_id: Identifier
    kind: CommandKind
    key: Identifier  #: the entity's CRM id: the target's external id
    account_id: Identifier
    version: int
    sequence: int = 0
    occurred_at: datetime
    decided_at: datetime
    traceparent: str = ""
    customer: CustomerUpsert | None = None
    order: OrderPlace | None = None
    account: AccountWriteBack | None = None
    opportunity: OpportunityWriteBack | None = None
    #: Names a repair. The target is believed to hold something else than was last applied: it is written in any case.
    repair: str = ""
    credit: CreditGrant | None = None
    schedule: ScheduleAmend | None = None
    case: CaseWriteBack | None = None
    subscription: SubscriptionWriteBack | None = None
    lead: LeadWriteBack | None = None
    #: Of customer.upsert: what the ERP is believed to hold. A field that people made something else stays as it is.
    expects: CustomerUpsert | None = None
    invoice: InvoiceDraft | None = None
    refund: InvoiceRefund | None = None


class Effect(Travelling):
    """What a command came to, after it was read back and compared."""

    effect_id: Identifier  #: the command's id
    event_id: Identifier
    kind: CommandKind
    key: Identifier
    account_id: Identifier
    version: int
    sequence: int = 0
    outcome: EffectOutcome
    external_id: str = ""  #: the target's own id of the record
    external_number: str = ""  #: what people call it there: customer code, order number
    fields_compared: int = 0
    attempts: int = 1
    occurred_at: datetime
    applied_at: datetime
    traceparent: str = ""
    conversion: Conversion | None = None  #: None where the amount is in the currency that the target's books are in


class Skipped(Travelling):
    """An event that needed no effect, and why (`schemas.outcome.SkipWhy`)."""

    event_id: Identifier
    entity: str
    key: str
    account_id: str
    why: Identifier
    detail: str = ""
    origin: Identifier
    skipped_at: datetime
