"""When is a letter needless? When its record had the effect that the letter's own would have had, or a newer one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from ops.cases.changes import Change
from ops.cases.reading import Went, record_in
from ops.cases.states import OPEN, Move, State
from ops.cases.tables import cases, letters
from schemas.codec import Codec
from streams.runtime.tables import effects

_SETTLES = {
    "account": "customer.upsert",
    "opportunity": "order.place",
    "customer": "account.terms",
    "case": "credit.grant",
    "subscription": "schedule.amend",
    "lead": "lead.order",
    "refund": "refund.credit",
    "invoice": "account.billing",
}


async def already_settled(
    connection: AsyncConnection, rows: Sequence[dict[str, Any]], opened: Sequence[str], codec: Codec
) -> list[Change]:
    """New cases whose record had its effect before the letter was read: topics are not read in one order."""
    fresh = {row["letter_id"]: row for row in rows if row["letter_id"] in set(opened) and row["version"] is not None}
    keys = {row["key"] for row in fresh.values()}
    applied = select(effects).where(effects.c.state == "applied", effects.c.key.in_(keys))
    ledger = (await connection.execute(applied)).all() if keys else []
    changes = []
    for letter_id, row in fresh.items():
        done = [one for one in ledger if one.key == row["key"] and _outdoes(one, row, codec)]
        if done:
            what = f"{done[0].kind} of this version or a newer one was read back at {done[0].ended_at.isoformat()}"
            changes.append(Change(letter_id, f"g{row['fingerprint']}", State.OPEN, State.RESOLVED, what))
    return changes


def _outdoes(effect: Any, row: dict[str, Any], codec: Codec) -> bool:
    later = effect.version >= row["version"] and effect.ended_at > row["failed_at"]
    return bool(later and effect.kind == _kind(row["stage"], row["entity"], row["message_value"], codec))


async def settled(connection: AsyncConnection, ends: Sequence[Went], codec: Codec) -> list[Change]:
    """What these ends make of open cases. Raises RegistryUnavailable."""
    by_event = {went.event_id: went for went in ends}
    by_record = {(went.entity, went.key): went for went in ends if went.kind}
    joined = cases.join(letters, letters.c.letter_id == cases.c.case_id)
    mine = tuple_(letters.c.entity, letters.c.key).in_(list(by_record)) | letters.c.event_id.in_(list(by_event))
    columns = (letters.c.event_id, letters.c.version.label("made_of"), letters.c.failed_at, letters.c.message_value)
    query = select(cases, *columns).select_from(joined)
    found = (await connection.execute(query.where(mine, cases.c.state.in_([state.value for state in OPEN])))).all()
    changes = []
    for case in found:
        for went in filter(None, (by_event.get(case.event_id), by_record.get((case.entity, case.key)))):
            change = Change.of(case, Move.SUCCEED, went.what) if _settles(went, case, codec) else None
            if change is not None:
                changes.append(change)
                break
    return changes


def _settles(went: Went, case: Any, codec: Codec) -> bool:
    """Whether what happened to a record makes a letter of it needless."""
    if went.at <= case.failed_at:
        return False
    if went.event_id == case.event_id and (case.state == State.REPLAYING.value or went.kind):
        return not went.kind or went.kind == _kind(case.stage, case.entity, case.message_value, codec)
    if not went.kind or went.version is None or case.made_of is None:
        return False
    return went.version > int(case.made_of) and went.kind == _kind(case.stage, case.entity, case.message_value, codec)


def _kind(stage: str, entity: str, value: bytes | None, codec: Codec) -> str:
    """The kind of effect that a letter's record was to have."""
    if stage == "sink":
        return str((record_in(value, codec) or {}).get("kind", ""))
    return _SETTLES.get(entity, "")
