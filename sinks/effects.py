"""What the runner tells: the effect of a command, or the letter of one that could not go through. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from schemas import headers as names
from schemas.codec import ContractViolation, Undecodable
from schemas.identity import event_id_for
from schemas.reasons import Reason
from schemas.records import Command, Effect
from sinks.errors import TargetError
from sinks.ledger import Entry
from sinks.retry import GiveUp
from sinks.verify import Difference
from streams.letters.letter import Failure, Letter, Original, Subject, compose

STAGE = "sink"
#: The first word of a kind -> the CRM's entity, where that has another name.
_ENTITY = {
    "customer": "account",
    "order": "opportunity",
    "invoice": "opportunity",
    "credit": "case",
    "schedule": "subscription",
}


def entity_of(command: Command) -> str:
    """The CRM's entity that a command is about."""
    first = command.kind.partition(".")[0]
    return _ENTITY.get(first, first)


def effect_of(command: Command, entry: Entry, fields_compared: int) -> Effect:
    """The effect of an ended ledger row. `fields_compared` is 0 where nothing was written now, as in a repeat."""
    return Effect(
        effect_id=command.command_id,
        event_id=command.event_id,
        kind=command.kind,
        key=command.key,
        account_id=command.account_id,
        version=command.version,
        sequence=command.sequence,
        outcome=entry.outcome or "applied",
        external_id=entry.external_id,
        external_number=entry.external_number,
        fields_compared=fields_compared,
        attempts=entry.attempts,
        occurred_at=command.occurred_at,
        applied_at=entry.ended_at or entry.started_at,
        traceparent=command.traceparent,
        conversion=entry.conversion,
    )


def letter_of(original: Original, command: Command, verdict: GiveUp, attempts: int, sink: str, now: datetime) -> Letter:
    """The letter of a command that was given up."""
    subject = Subject(command.event_id, entity_of(command), command.key, command.account_id)
    cause, more = verdict.cause, {names.SINK: sink}
    status = cause.http_status if isinstance(cause, TargetError) else 0
    failure = Failure(verdict.reason, STAGE, verdict.detail, verdict.suggestion, attempts, more, cause, status)
    return compose(original, subject, failure, now)


def unreadable(
    original: Original, error: Undecodable | ContractViolation | ValueError, sink: str, now: datetime
) -> Letter:
    """The letter of bytes that are no command."""
    known = names.header_text(original.headers, names.EVENT_ID)
    reason = Reason.CONTRACT_VIOLATION if isinstance(error, ContractViolation) else Reason.UNDECODABLE
    failure = Failure(reason, STAGE, str(error), more={names.SINK: sink}, cause=error)
    return compose(original, Subject(known or event_id_for(original.origin)), failure, now)


def disagreement(found: Sequence[Difference]) -> GiveUp:
    """The verdict on a record that does not read back as it was sent."""
    shown = "; ".join(str(difference) for difference in found[:8])
    more = f"; and {len(found) - 8} more" if len(found) > 8 else ""
    return GiveUp(Reason.ERP_VERIFICATION_FAILED, f"read back otherwise than sent: {shown}{more}")
