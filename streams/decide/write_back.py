"""What the ERP named goes back to the CRM: the customer's code (FL1), the order's number (FL3)."""

from __future__ import annotations

from datetime import datetime

from schemas.outcome import Record
from schemas.records import AccountWriteBack, CommandKind, Effect, OpportunityWriteBack
from streams.decide.commands import follow_up


def write_back_of(effect: Effect, now: datetime) -> Record | None:
    """The CRM command that follows an effect in the ERP; None where nothing is to be written back.

    The command carries the event that caused the effect, so the event is settled when both are.
    """
    if effect.outcome != "applied" or not effect.external_number:
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
