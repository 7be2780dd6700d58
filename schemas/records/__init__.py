"""Every record that travels, as frozen pydantic models. Their Avro twins in `schemas/avro` are tested equal."""

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
from schemas.records.crm import Account, Contact, Contract, Line, LineItem, Opportunity
from schemas.records.drift import Drift, DriftField, DriftKind, DriftStatus
from schemas.records.envelope import Entity, Envelope, Operation, Side, Stamped, Travelling
from schemas.records.erp import Customer, Invoice, Order, OrderLine
from schemas.records.people import AuditEntry, BillingHold
from schemas.records.raw import ErpChange, WebhookReceived

__all__ = [
    "Account",
    "AccountWriteBack",
    "AuditEntry",
    "BillingHold",
    "Command",
    "CommandKind",
    "Contact",
    "Contract",
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
    "Line",
    "LineItem",
    "Operation",
    "Opportunity",
    "OpportunityWriteBack",
    "Order",
    "OrderLine",
    "OrderPlace",
    "Side",
    "Skipped",
    "Stamped",
    "Travelling",
    "WebhookReceived",
]
