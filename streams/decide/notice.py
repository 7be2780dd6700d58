"""FL7: customer operations are told of each credit note; nobody has to do anything."""

from __future__ import annotations

from datetime import datetime

from schemas.money import round_money
from schemas.outcome import Record
from schemas.records import Effect, Notice, SupportCase
from schemas.topics import NOTICE

TEAM = "customer-operations"
CREDIT_GRANTED = "credit.granted"


def credit_granted(effect: Effect, case: SupportCase, now: datetime) -> Record:
    """The notice of a credit note, under the effect's id: told again it is the same one."""
    # The case may have been changed since: what it does not tell any more, the credit note does.
    over = ""
    if case.credit_amount is not None and case.currency is not None:
        over = f" over {round_money(case.credit_amount, case.currency)} {case.currency}"
    by = f", approved by {case.credit_approved_by}" if case.credit_approved_by else ""
    notice = Notice(
        notice_id=effect.effect_id,
        event_id=effect.event_id,
        topic=CREDIT_GRANTED,
        team=TEAM,
        entity="case",
        key=case.id,
        account_id=effect.account_id,
        text=f"credit note {effect.external_number}{over} was made for case {case.id}{by}",
        money=case.credit_amount,
        currency=case.currency,
        approved_by=case.credit_approved_by or "",
        told_at=now,
    )
    return Record(NOTICE.name, effect.effect_id, effect.account_id, notice)
