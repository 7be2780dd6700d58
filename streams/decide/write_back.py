"""What follows an effect in the ERP: what it named goes back to the CRM, and of a credit a team is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from schemas.outcome import Record
from schemas.records import (
    AccountWriteBack,
    CaseWriteBack,
    CommandKind,
    Effect,
    LeadWriteBack,
    OpportunityWriteBack,
    Subscription,
    SubscriptionWriteBack,
    SupportCase,
    Travelling,
)
from streams.decide.commands import follow_up
from streams.decide.facts import Known
from streams.decide.notice import credit_granted
from streams.decide.subscription import subscription_refused

#: kind of an effect in the ERP -> the CRM's entity that it is about, and the kind of command that goes back to it
_BACK: dict[str, tuple[str, CommandKind]] = {
    "customer.upsert": ("account", "account.link"),
    "order.place": ("opportunity", "opportunity.link"),
    "credit.grant": ("case", "case.link"),
    "schedule.amend": ("subscription", "subscription.link"),
    "lead.customer": ("lead", "lead.link"),
    "lead.order": ("lead", "lead.ordered"),
    "invoice.post": ("opportunity", "opportunity.billed"),
}
_BODIES: dict[str, Callable[[str], Travelling]] = {
    "customer.upsert": lambda number: AccountWriteBack(erp_customer_code=number),
    "order.place": lambda number: OpportunityWriteBack(erp_order_number=number),
    "credit.grant": lambda number: CaseWriteBack(erp_credit_number=number),
    "lead.customer": lambda number: LeadWriteBack(erp_customer_code=number),
    "lead.order": lambda number: LeadWriteBack(erp_order_number=number),
}


def record_of(effect: Effect) -> tuple[str, str, str] | None:
    """The CRM record (side, entity, key) that an effect in the ERP names; None for other kinds of effect."""
    back = _BACK.get(effect.kind)
    return ("crm", back[0], effect.key) if back else None


def follow_ups_of(effect: Effect, known: Known | None, now: datetime) -> tuple[Record, ...]:
    """What an effect in the ERP causes: a command to the CRM, a notice. Nothing where there is nothing to say.

    A record that the CRM's database never told of (it lives in a partner's system) has no row to write to.

    The command carries the event that caused the effect, so the event is settled when both are.
    """
    back = _BACK.get(effect.kind)
    if back is None or effect.outcome != "applied" or not effect.external_number or known is None or not known.in_crm:
        return ()
    body: Travelling
    if effect.kind == "schedule.amend":
        revision = _revision(effect, known)
        body = SubscriptionWriteBack(erp_subscription_number=effect.external_number, erp_revision=revision)
    elif effect.kind == "invoice.post":
        body = OpportunityWriteBack(
            billed_invoice_number=effect.external_number, billed_on=effect.applied_at.astimezone(UTC).date()
        )
    else:
        body = _BODIES[effect.kind](effect.external_number)
    records = (follow_up(back[1], body, effect, now),)
    if isinstance(known.record, SupportCase):
        return (*records, credit_granted(effect, known.record, now))
    return records


def _revision(effect: Effect, known: Known) -> int | None:
    """The revision that an effect billed; None where a newer one is on its way, or is a letter.

    What is known may be newer than the effect and the same all the same: our own write-backs come back as changes.
    """
    newest = known.record
    if not isinstance(newest, Subscription) or known.deleted:
        return None
    same = known.position == (effect.version, effect.sequence)
    last_sent = known.fingerprint_event == effect.event_id and subscription_refused(newest) is None
    return newest.revision if same or last_sent else None
