"""FL7: customer operations are told of each credit note; nobody has to do anything."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from schemas.money import round_money
from schemas.outcome import Record
from schemas.records import Effect, Notice, SupportCase
from schemas.topics import NOTICE

TEAM = "customer-operations"
CREDIT_GRANTED = "credit.granted"


def credit_granted(effect: Effect, case: SupportCase, now: datetime) -> Record:
    """The notice of a credit note, under the effect's id: told again it is the same one."""
    money, currency = case.credit_amount or Decimal(0), case.currency or ""
    amount, approver = f"{round_money(money, currency)} {currency}", case.credit_approved_by or ""
    notice = Notice(
        notice_id=effect.effect_id,
        event_id=effect.event_id,
        topic=CREDIT_GRANTED,
        team=TEAM,
        entity="case",
        key=case.id,
        account_id=effect.account_id,
        text=f"credit note {effect.external_number} over {amount} was made for case {case.id}, approved by {approver}",
        money=case.credit_amount,
        currency=case.currency,
        approved_by=approver,
        told_at=now,
    )
    return Record(NOTICE.name, effect.effect_id, effect.account_id, notice)
