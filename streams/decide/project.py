"""From an event to the record's full state, and from there to the compacted state topics."""

from __future__ import annotations

from schemas.outcome import Record
from schemas.records import Stamped
from schemas.topics import STATE_CRM, STATE_ERP
from streams.decide.facts import Facts, Known


def complete(event: Stamped, known: Known | None) -> Stamped | None:
    """The event at full state: a patch is laid over what is known. None where a patch has nothing to lie on."""
    if event.meta.operation != "patch":
        return event
    if known is None or known.deleted:
        return None
    given = {name: value for name, value in event if value is not None and name not in ("meta", "id")}
    meta = event.meta.model_copy(update={"operation": "update"})
    return known.record.model_copy(update={**given, "meta": meta})


def is_stale(event: Stamped, facts: Facts) -> bool:
    """Whether a newer version of the record is known already."""
    return facts.known is not None and event.meta.position < facts.known.position


def state_record(event: Stamped) -> Record | None:
    """The record's line on its state topic; None for entities that the reconciler does not compare."""
    topics = STATE_CRM if event.meta.side == "crm" else STATE_ERP
    topic = topics.get(event.meta.entity)
    return Record(topic.name, event.meta.key, event.meta.account_id, event) if topic else None
