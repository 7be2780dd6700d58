"""FL9: finance is told of a dispute while it can be answered, and of a refund that failed after it had succeeded."""

from __future__ import annotations

from datetime import datetime

from schemas.identity import command_id_for
from schemas.money import round_money
from schemas.outcome import Record
from schemas.records import Notice, Refund
from schemas.topics import NOTICE

TEAM = "finance"
DISPUTE_OPENED = "dispute.opened"
REFUND_FAILED = "refund.failed"


def dispute_opened(dispute: Refund, invoice: str | None, account_id: str, now: datetime) -> Record:
    """The money is held back until the dispute is decided."""
    why = f" ({dispute.reason})" if dispute.reason else ""
    text = (
        f"dispute {dispute.id} over {_money(dispute)} was opened{why} and is {dispute.status}: {_of(dispute, invoice)}"
    )
    return _notice(DISPUTE_OPENED, text, dispute, account_id, now)


def refund_failed(refund: Refund, invoice: str | None, account_id: str, now: datetime) -> Record:
    """A credit note that was made of it stays: the customer is still to be paid."""
    text = (
        f"{refund.kind} {refund.id} over {_money(refund)} is {refund.status} after it had gone through: "
        f"{_of(refund, invoice)}; a credit note made of it stays, and is still to be paid out"
    )
    return _notice(REFUND_FAILED, text, refund, account_id, now)


def _of(refund: Refund, invoice: str | None) -> str:
    return f"payment {refund.charge_id}, " + (f"invoice {invoice}" if invoice else "whose invoice is not known")


def _notice(topic: str, text: str, refund: Refund, account_id: str, now: datetime) -> Record:
    """Under an id made of the refund's, so that it is the same one however often it is told."""
    notice = Notice(
        notice_id=command_id_for(refund.id, topic, refund.charge_id),
        event_id=refund.meta.event_id,
        topic=topic,
        team=TEAM,
        entity="refund",
        key=refund.id,
        account_id=account_id,
        text=text,
        money=refund.amount,
        currency=refund.currency,
        told_at=now,
    )
    return Record(NOTICE.name, refund.id, account_id, notice)


def _money(refund: Refund) -> str:
    return f"{round_money(refund.amount, refund.currency)} {refund.currency}"
