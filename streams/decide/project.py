"""From an event to the record's full state, and from there to the compacted state topics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas.outcome import Record
from schemas.records import Lead, Stamped, Subscription
from schemas.topics import STATE_CRM, STATE_ERP
from streams.decide.facts import Facts, Known, Position
from streams.decide.lead import lead_states
from streams.standards import field_standards, standardise_fields


@dataclass(frozen=True, slots=True)
class Full:
    """An event at full state, and where fields that came alone were told (`Known.told`)."""

    event: Stamped
    told: Mapping[str, Position] = field(default_factory=dict)


def complete(event: Stamped, known: Known | None) -> Full | None:
    """The event at full state, and where each of its fields was told. None where a patch has nothing to lie on.

    A source that sends single fields may send them in any order, so each field keeps the position it was told at: an
    older patch of another field still counts, and a whole record does not undo a newer patch.
    """
    patch = event.meta.operation == "patch"
    if known is None or known.deleted:
        return None if patch else Full(event)
    if event.meta.operation == "delete" or not (patch or known.told):
        return Full(event)
    given = {name: value for name, value in event if name not in ("meta", "id") and not (patch and value is None)}
    newer = {name: value for name, value in given.items() if event.meta.position >= known.told_at(name)}
    if not newer:
        return Full(event)  # stale, by its own position
    return _merged(event, known, newer, patch)


def _merged(event: Stamped, known: Known, newer: Mapping[str, Any], patch: bool) -> Full:
    version, sequence = max(event.meta.position, known.position)
    meta = event.meta.model_copy(update={"operation": "update", "version": version, "sequence": sequence})
    whole = known.told_at("") if patch else event.meta.position
    told = {name: at for name, at in known.told.items() if name and name not in newer and at > whole}
    if patch:
        told |= dict.fromkeys(newer, event.meta.position)
    if told:
        told[""] = whole
    return Full(_standard(known.record.model_copy(update={**newer, "meta": meta})), told)


def _standard(record: Stamped) -> Stamped:
    """A field that came alone is read again beside the others: its state by its country."""
    fields = {name: getattr(record, name) for name in field_standards().get(type(record).__name__, {})}
    return record.model_copy(update=standardise_fields(type(record).__name__, fields).values)


def is_stale(event: Stamped, facts: Facts) -> bool:
    """Whether a newer version of the record is known already, and has made this one needless.

    A subscription's revision that was on hold is not: it bills the days until the next one.
    """
    if facts.known is None or event.meta.position >= facts.known.position:
        return False
    newest = facts.known.record
    if facts.held_since is None or not (isinstance(event, Subscription) and isinstance(newest, Subscription)):
        return True
    return event.revision >= newest.revision


def state_records(event: Stamped) -> tuple[Record, ...]:
    """The record's lines on the state topics; none for entities that the reconciler does not compare."""
    if isinstance(event, Lead):
        return lead_states(event)
    topics = STATE_CRM if event.meta.side == "crm" else STATE_ERP
    topic = topics.get(event.meta.entity)
    return (Record(topic.name, event.meta.key, event.meta.account_id, event),) if topic else ()
