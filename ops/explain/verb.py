"""The verb: gather, then tell."""

from __future__ import annotations

from typing import Any

from ops.access.people import Actor
from ops.cases import answers, asks
from ops.cases.desk import Desk
from ops.explain.facts import Known, gather
from ops.explain.words import drift_entity, tell


async def explain(desk: Desk, actor: Actor, ask: asks.Explain) -> answers.Story:
    """Where a record is, why, and what to type next."""
    async with desk.database.connect() as connection:
        known = await gather(connection, ask.entity, ask.key)
    mine = drift_entity(ask.entity)
    drifts = [one for one in await desk.drifts() if (one.entity, one.key) == (mine, ask.key) and one.status != "closed"]
    known = Known(**{name: getattr(known, name) for name in Known.__slots__} | {"drifts": drifts})
    where, why, next_ = tell(known, desk.clock())
    return answers.Story(entity=ask.entity, key=ask.key, where=where, why=why, next=next_, facts=_facts(known))


def _facts(known: Known) -> dict[str, Any]:
    """The rows as data, without bodies: those are shown masked, one by one."""
    return {
        "states": [_row(row, "side", "entity", "key", "version", "deleted", "event_id") for row in known.sides],
        "code": _row(known.code, "code", "external_id", "state") if known.code is not None else None,
        "effects": [
            _row(row, "target", "kind", "state", "outcome", "external_number", "attempts", "version")
            for row in known.effects
        ],
        "holds": [
            _row(row, "hold_id", "state", "wait_kind", "wait_key", "reason", "expires_at") for row in known.holds
        ],
        "letters": [
            _row(row, "letter_id", "reason", "stage", "state", "assignee", "failures", "failed_at", "due_at")
            for row in known.letters
        ],
        "drifts": [_row(one, "drift_id", "kind", "severity", "explanation", "opened_at") for one in known.drifts],
    }


def _row(row: Any, *names: str) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in names}
    return {name: value if isinstance(value, str | int | bool | None) else str(value) for name, value in values.items()}
