"""What the ERP named goes back to the CRM: the customer's code (FL1), the order's number (FL3)."""

from __future__ import annotations

from datetime import datetime

from schemas.outcome import Record
from schemas.records import AccountWriteBack, CommandKind, Effect, OpportunityWriteBack
from streams.decide.commands import follow_up
from streams.decide.facts import Known


def record_of(effect: Effect) -> tuple[str, str, str] | None:
    """The CRM record (side, entity, key) that an effect in the ERP names; None for other kinds of effect."""
    entity = {"customer.upsert": "account", "order.place": "opportunity"}.get(effect.kind)
    return ("crm", entity, effect.key) if entity else None


def write_back_of(effect: Effect, known: Known | None, now: datetime) -> Record | None:
    """The CRM command that follows an effect in the ERP; None where nothing is to be written back.

    A record that the CRM's database never told of (it lives in a partner's system) has no row to write to.

    The command carries the event that caused the effect, so the event is settled when both are.
    """
    if effect.outcome != "applied" or not effect.external_number or known is None or not known.in_crm:
        return None
    body: AccountWriteBack | OpportunityWriteBack
    kind: CommandKind
    if effect.kind == "customer.upsert":
        kind, body = "account.link", AccountWriteBack(erp_customer_code=effect.external_number)
    elif effect.kind == "order.place":
        kind, body = "opportunity.link", OpportunityWriteBack(erp_order_number=effect.external_number)
    else:
        return None
    return follow_up(kind, body, effect, now)
