"""Every topic, declared once: the map of the line. No topic name is written anywhere else.

`meshline topics apply` makes the cluster equal to this file, `meshline topics check` reports where it is not.
The README's topic table is generated from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from schemas.reasons import Reason
from schemas.records import (
    Account,
    AuditEntry,
    BillingHold,
    Certificate,
    Charge,
    Command,
    Contact,
    Contract,
    Customer,
    Drift,
    Effect,
    ErpChange,
    Invoice,
    Lead,
    LineItem,
    Notice,
    Opportunity,
    Order,
    Refund,
    Skipped,
    Subscription,
    SupportCase,
    Travelling,
    WebhookReceived,
)

#: All topics that are partitioned by account have this many, so that an account has one number on each of them.
ACCOUNT_PARTITIONS = 4
DAY_MS = 24 * 60 * 60 * 1000

PartitionedBy = Literal["account", "source"]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `record` is the value's model, None where the bytes are somebody else's."""

    name: str
    writer: str
    readers: tuple[str, ...]
    meaning: str
    record: type[Travelling] | None = None
    partitions: int = ACCOUNT_PARTITIONS
    partitioned_by: PartitionedBy = "account"
    cleanup: Literal["delete", "compact"] = "delete"
    retention_days: int = 14

    @property
    def subject(self) -> str:
        return f"{self.name}-value"

    def config(self) -> dict[str, str]:
        """The topic's settings on the broker, as Kafka spells them."""
        settings = {"cleanup.policy": self.cleanup, "max.message.bytes": str(2 * 1024 * 1024)}
        if self.cleanup == "delete":
            settings["retention.ms"] = str(self.retention_days * DAY_MS)
        return settings


def _raw(name: str, writer: str, meaning: str, record: type[Travelling] | None = None) -> Topic:
    return Topic(name, writer, ("normalise",), meaning, record, partitioned_by="source", retention_days=14)


def _clean(name: str, record: type[Travelling], meaning: str) -> Topic:
    return Topic(name, "normalise", ("decide", "analytics"), meaning, record, retention_days=30)


def _state(name: str, record: type[Travelling], meaning: str) -> Topic:
    return Topic(name, "decide", ("reconciler",), meaning, record, cleanup="compact")


WEBHOOK_SOURCES = ("hubspot", "stripe", "standard")
CRM_TABLES = (
    "accounts",
    "contacts",
    "opportunities",
    "opportunity_lines",
    "contracts",
    "cases",
    "subscriptions",
    "leads",
)
CDC_PREFIX = "mesh.cdc.crm"

CDC = {
    table: _raw(f"{CDC_PREFIX}.sales.{table}", "debezium", f"changes of the CRM's table {table}, before and after")
    for table in CRM_TABLES
}
WEBHOOK = {
    source: _raw(f"mesh.webhook.{source}", "door", f"deliveries from {source}, raw body kept", WebhookReceived)
    for source in WEBHOOK_SOURCES
}
ERP_MODELS = ("party", "sale", "invoice")
ERP_CHANGES = {
    model: _raw(f"mesh.cdc.erp.{model}", "erp-source", f"changed {model} records of the ERP", ErpChange)
    for model in ERP_MODELS
}

CRM_ACCOUNT = _clean("mesh.crm.account", Account, "customer accounts, canonical")
CRM_CONTACT = _clean("mesh.crm.contact", Contact, "contacts of accounts")
CRM_CONTRACT = _clean("mesh.crm.contract", Contract, "contracts with their billing terms")
CRM_OPPORTUNITY = _clean(
    "mesh.crm.opportunity", Opportunity, "opportunities, with lines where the source sends them so"
)
CRM_LINE_ITEM = _clean("mesh.crm.line_item", LineItem, "product lines of opportunities")
CRM_CASE = _clean("mesh.crm.case", SupportCase, "service cases with the credits that they ask for")
CRM_SUBSCRIPTION = _clean("mesh.crm.subscription", Subscription, "subscriptions, each with the state that holds next")
CRM_LEAD = _clean("mesh.crm.lead", Lead, "leads with the campaign and the channel that won them")
CRM_CHARGE = _clean("mesh.crm.charge", Charge, "customers' payments, as the payment provider tells of them")
CRM_REFUND = _clean(
    "mesh.crm.refund", Refund, "refunds and disputes of payments, as the payment provider tells of them"
)
ERP_CUSTOMER = _clean("mesh.erp.customer", Customer, "the ERP's customers")
ERP_ORDER = _clean("mesh.erp.order", Order, "the ERP's sales orders")
ERP_INVOICE = _clean("mesh.erp.invoice", Invoice, "the ERP's customer invoices with their balance")
CLEAN = (
    CRM_ACCOUNT,
    CRM_CONTACT,
    CRM_CONTRACT,
    CRM_OPPORTUNITY,
    CRM_LINE_ITEM,
    ERP_CUSTOMER,
    ERP_ORDER,
    ERP_INVOICE,
    CRM_CASE,
    CRM_SUBSCRIPTION,
    CRM_LEAD,
    CRM_CHARGE,
    CRM_REFUND,
)

COMMAND_ERP = Topic("mesh.command.erp", "decide", ("sinks",), "what the ERP is to be told", Command)
COMMAND_CRM = Topic("mesh.command.crm", "decide", ("sinks",), "what the CRM is to be told", Command)
EFFECT_ERP = Topic("mesh.effect.erp", "sinks", ("decide", "analytics"), "what was written to the ERP", Effect)
EFFECT_CRM = Topic("mesh.effect.crm", "sinks", ("analytics",), "what was written to the CRM", Effect)
COMMAND = {"erp": COMMAND_ERP, "crm": COMMAND_CRM}
EFFECT = {"erp": EFFECT_ERP, "crm": EFFECT_CRM}

SKIPPED = Topic("mesh.skipped", "streams", ("books", "analytics"), "events that needed no effect, and why", Skipped)
REDRIVE = {
    stage: Topic(f"mesh.redrive.{stage}", "letters, holds", (stage,), f"original bytes on their way back into {stage}")
    for stage in ("normalise", "decide")
}
DEAD_LETTER = {
    reason: Topic(f"mesh.dlq.{reason}", "streams, sinks", ("on-call",), f"dead letters: {reason}", retention_days=90)
    for reason in Reason
}

STATE_CRM = {
    "account": _state("mesh.state.crm.account", Account, "last known truth: accounts"),
    "opportunity": _state("mesh.state.crm.opportunity", Opportunity, "last known truth: opportunities"),
}
STATE_ERP = {
    "customer": _state("mesh.state.erp.customer", Customer, "last known truth: customers"),
    "order": _state("mesh.state.erp.order", Order, "last known truth: orders"),
    "invoice": _state("mesh.state.erp.invoice", Invoice, "last known truth: invoices"),
}
DRIFT = Topic(
    "mesh.drift",
    "reconciler",
    ("on-call", "analytics"),
    "differences between the two sides",
    Drift,
    cleanup="compact",
)

CERTIFICATE = Topic(
    "mesh.certificate",
    "reconcile",
    ("finance", "audit"),
    "what full comparisons of both systems came to",
    Certificate,
    partitions=1,
    partitioned_by="source",
    retention_days=3650,
)

AUDIT = Topic(
    "mesh.audit",
    "cases",
    ("audit",),
    "who did what to letters and cases, and why, hash-chained",
    AuditEntry,
    partitions=1,
    partitioned_by="source",
    retention_days=3650,
)
BILLING_HOLD = Topic(
    "mesh.billing.hold",
    "cases, reconciler",
    ("decide", "billing"),
    "new billing waits, or may go on",
    BillingHold,
    retention_days=90,
)

NOTICE = Topic(
    "mesh.notice", "decide", ("cases", "people"), "what happened and a team is to know", Notice, retention_days=90
)

#: Everything, in the order in which data passes.
TOPICS: tuple[Topic, ...] = (
    *CDC.values(),
    *WEBHOOK.values(),
    *ERP_CHANGES.values(),
    *CLEAN,
    *COMMAND.values(),
    *EFFECT.values(),
    SKIPPED,
    *REDRIVE.values(),
    *DEAD_LETTER.values(),
    *STATE_CRM.values(),
    *STATE_ERP.values(),
    DRIFT,
    CERTIFICATE,
    AUDIT,
    BILLING_HOLD,
    NOTICE,
)
BY_NAME: dict[str, Topic] = {topic.name: topic for topic in TOPICS}
