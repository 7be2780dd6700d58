"""Commands out of events: ids, positions and fingerprints in one place."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

from schemas.identity import command_id_for
from schemas.outcome import Record
from schemas.records import Command, CommandKind, Effect, Envelope, Travelling
from schemas.topics import COMMAND

#: kind -> (target, name of the body's field)
_KINDS: dict[CommandKind, tuple[str, str]] = {
    "customer.upsert": ("erp", "customer"),
    "order.place": ("erp", "order"),
    "account.link": ("crm", "account"),
    "opportunity.link": ("crm", "opportunity"),
    "account.billing": ("crm", "account"),
    "opportunity.billing": ("crm", "opportunity"),
    "account.terms": ("crm", "account"),
    "credit.grant": ("erp", "credit"),
    "case.link": ("crm", "case"),
    "schedule.amend": ("erp", "schedule"),
    "subscription.link": ("crm", "subscription"),
    "lead.customer": ("erp", "customer"),
    "lead.order": ("erp", "order"),
    "lead.link": ("crm", "lead"),
    "lead.ordered": ("crm", "lead"),
    "account.adopt": ("crm", "account"),
    "invoice.draft": ("erp", "invoice"),
    "invoice.post": ("erp", "invoice"),
    "opportunity.billed": ("crm", "opportunity"),
    "refund.credit": ("erp", "refund"),
}


def fingerprint_of(*bodies: Travelling) -> str:
    """The content of one or more bodies as a short text; equal content, equal text."""
    return sha256("\x1e".join(body.model_dump_json() for body in bodies).encode()).hexdigest()[:32]


def command_body(command: Command) -> Travelling:
    """The one body that the command's kind names."""
    body: Travelling = getattr(command, _KINDS[command.kind][1])
    return body


def command_for(
    kind: CommandKind, key: str, body: Travelling, cause: Envelope, position: tuple[int, int], now: datetime
) -> Record:
    """The command record that an event causes for one record. The same event decided on the same facts gives the same
    id. Decided again after a crash on newer facts it gives another command, which the sink must not take for done.
    """
    content = f"{key}/{position[0]}/{position[1]}/{fingerprint_of(body)}"
    return _record(kind, key, body, cause, position, now, command_id_for(cause.event_id, kind, content))


def follow_up(kind: CommandKind, body: Travelling, effect: Effect, now: datetime) -> Record:
    """The command that an effect causes for the same record. It carries the event that caused the effect; its id
    rests on that event and the kind alone, so the books know it before it is written.
    """
    command_id = command_id_for(effect.event_id, kind, effect.key)
    return _record(kind, effect.key, body, effect, (effect.version, effect.sequence), now, command_id)


def _record(
    kind: CommandKind,
    key: str,
    body: Travelling,
    cause: Envelope | Effect,
    position: tuple[int, int],
    now: datetime,
    command_id: str,
) -> Record:
    target, field = _KINDS[kind]
    bodies: dict[str, Any] = {field: body}
    command = Command(
        command_id=command_id,
        event_id=cause.event_id,
        kind=kind,
        key=key,
        account_id=cause.account_id,
        version=position[0],
        sequence=position[1],
        occurred_at=cause.occurred_at,
        decided_at=now,
        traceparent=cause.traceparent,
        **bodies,
    )
    return Record(COMMAND[target].name, key, cause.account_id, command)
