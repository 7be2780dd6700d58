"""Every record that travels, as frozen pydantic models. Their Avro twins in `schemas/avro` are tested equal."""

from schemas.records.bodies import (
    CaseWriteBack,
    CreditGrant,
    InvoiceDraft,
    InvoiceLine,
    InvoiceRefund,
    LeadWriteBack,
    ScheduleAmend,
    SubscriptionWriteBack,
)
from schemas.records.certificate import Certificate
from schemas.records.commands import (
    AccountWriteBack,
    Command,
    CommandKind,
    CustomerUpsert,
    Effect,
    EffectOutcome,
    OpportunityWriteBack,
    OrderPlace,
    Skipped,
)
from schemas.records.conversion import Conversion
from schemas.records.crm import Account, Contact, Contract, Line, LineItem, Opportunity
from schemas.records.drift import Drift, DriftField, DriftKind, DriftStatus
from schemas.records.envelope import Entity, Envelope, Operation, Side, Stamped, Travelling
from schemas.records.erp import Customer, Invoice, Order, OrderLine
from schemas.records.notice import Notice
from schemas.records.payment import Charge, Refund, RefundKind
from schemas.records.people import AuditEntry, BillingHold
from schemas.records.raw import ErpChange, WebhookReceived
from schemas.records.service import Lead, Subscription, SupportCase

__all__ = [
    "Account",
    "AccountWriteBack",
    "AuditEntry",
    "BillingHold",
    "CaseWriteBack",
    "Certificate",
    "Charge",
    "Command",
    "CommandKind",
    "Contact",
    "Contract",
    "Conversion",
    "CreditGrant",
    "Customer",
    "CustomerUpsert",
    "Drift",
    "DriftField",
    "DriftKind",
    "DriftStatus",
    "Effect",
    "EffectOutcome",
    "Entity",
    "Envelope",
    "ErpChange",
    "Invoice",
    "InvoiceDraft",
    "InvoiceLine",
    "InvoiceRefund",
    "Lead",
    "LeadWriteBack",
    "Line",
    "LineItem",
    "Notice",
    "Operation",
    "Opportunity",
    "OpportunityWriteBack",
    "Order",
    "OrderLine",
    "OrderPlace",
    "Refund",
    "RefundKind",
    "ScheduleAmend",
    "Side",
    "Skipped",
    "Stamped",
    "Subscription",
    "SubscriptionWriteBack",
    "SupportCase",
    "Travelling",
    "WebhookReceived",
]
