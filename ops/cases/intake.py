"""One batch of facts into letters and cases, in the caller's transaction: positions and rows move together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ops.audit.chain import Act
from ops.audit.store import append
from ops.cases.changes import Change, close_groups, write_changes
from ops.cases.reading import Came, Fact, Noted, Went
from ops.cases.settling import already_settled, settled
from ops.cases.states import Move, State
from ops.cases.tables import cases, letters
from schemas.codec import Codec
from schemas.reasons import Reason, catalogue, rush
from schemas.records import Notice

SYSTEM = Act("meshline", "system", "worker", "case.update")


@dataclass(slots=True)
class Taken:
    """What a batch came to."""

    letters: int = 0
    opened: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


async def take(connection: AsyncConnection, facts: Iterable[Fact], codec: Codec, now: datetime, key: bytes) -> Taken:
    """Index the letters and move the cases. Facts are in the order in which they were read, per partition."""
    facts = list(facts)
    taken = Taken()
    newest: dict[str, dict[str, Any]] = {}
    counts: dict[str, int] = {}
    for fact in facts:
        if isinstance(fact, Came):
            letter_id = fact.row["letter_id"]
            counts[letter_id] = counts.get(letter_id, 0) + 1
            known = newest.get(letter_id)
            if known is None or fact.row["failed_at"] >= known["failed_at"]:
                newest[letter_id] = fact.row
    taken.letters = len(newest)
    if newest:
        await _letters(connection, newest, counts)
        await _cases(connection, list(newest.values()), taken, now)
        taken.changes += await already_settled(connection, list(newest.values()), taken.opened, codec)
    ends = [fact for fact in facts if isinstance(fact, Went)]
    if ends:
        taken.changes += await settled(connection, ends, codec)
    await write_changes(connection, taken.changes, SYSTEM, now, key)
    for fact in facts:
        if isinstance(fact, Noted):
            await append(connection, _act_of(fact.notice), now, key)
    await close_groups(connection, [change.group_id for change in taken.changes if change.group_id], now)
    return taken


def _act_of(notice: Notice) -> Act:
    """The audit's entry: who approved it, what it was about, which event and effect it rests on."""
    kept = notice.model_dump(mode="json", include={"notice_id", "event_id", "account_id", "money", "currency", "team"})
    return Act(
        who=notice.approved_by or "meshline",
        role="approver" if notice.approved_by else "system",
        door="worker",
        action=notice.topic,
        subject=f"{notice.entity}:{notice.key}",
        why=notice.text,
        after=kept,
    )


async def _letters(connection: AsyncConnection, newest: dict[str, dict[str, Any]], counts: dict[str, int]) -> None:
    statement = insert(letters).values([{**row, "failures": counts[one]} for one, row in newest.items()])
    fresh = statement.excluded
    kept = {"letter_id", "first_failed_at", "failures", "family"}
    later = {column.name: fresh[column.name] for column in letters.c if column.name not in kept}
    again = {**later, "failures": letters.c.failures + fresh.failures}
    await connection.execute(statement.on_conflict_do_update(index_elements=["letter_id"], set_=again))


async def _cases(connection: AsyncConnection, rows: list[dict[str, Any]], taken: Taken, now: datetime) -> None:
    groups = {f"g{row['fingerprint']}": row for row in rows}
    ids = [row["letter_id"] for row in rows]
    known = {one.case_id: one for one in await _rows(connection, [*ids, *groups])}
    fresh = [case_row(row, now) for row in rows if row["letter_id"] not in known]
    fresh += [case_row(row, now, group=group) for group, row in groups.items() if group not in known]
    if fresh:
        await connection.execute(insert(cases).values(fresh).on_conflict_do_nothing())
    taken.opened = [row["case_id"] for row in fresh]
    for row in rows:
        for case in filter(None, (known.get(row["letter_id"]), known.get(f"g{row['fingerprint']}"))):
            state = State(case.state)
            since = case.closed_at or (case.updated_at if state is State.REPLAYING else None)
            if since is not None and row["failed_at"] <= since:
                continue  # an older failure, read late
            change = Change.of(case, Move.FAIL, f"the letter came again: {row['detail'][:300]}")
            if (
                change is not None
                and change.to is not state
                and change.case_id not in {c.case_id for c in taken.changes}
            ):
                taken.changes.append(change)
    taken.changes += await _went_on(connection, [row for row in rows if row["letter_id"] not in known])


async def _went_on(connection: AsyncConnection, rows: list[dict[str, Any]]) -> list[Change]:
    """A replayed event that got through its stage and failed at a later one: the first letter's case is settled."""
    by_event = {row["event_id"]: row for row in rows}
    joined = cases.join(letters, letters.c.letter_id == cases.c.case_id)
    query = select(cases, letters.c.event_id).select_from(joined)
    replaying = query.where(cases.c.state == State.REPLAYING.value, letters.c.event_id.in_(list(by_event)))
    changes = []
    for case in (await connection.execute(replaying)).all():
        row = by_event[case.event_id]
        if row["letter_id"] != case.case_id:
            why = f"the event went on, and failed at {row['stage']}: letter {row['letter_id']}"
            changes.append(Change(case.case_id, case.group_id, State.REPLAYING, State.RESOLVED, why))
    return changes


async def _rows(connection: AsyncConnection, ids: Sequence[str]) -> Sequence[Any]:
    return (await connection.execute(select(cases).where(cases.c.case_id.in_(ids)).with_for_update())).all()


def case_row(letter: dict[str, Any], now: datetime, *, group: str = "") -> dict[str, Any]:
    """A new case: of a letter, or of its group."""
    entry = catalogue()[Reason(letter["reason"])]
    money = None if group else letter["money"]
    time = rush().time_for(entry.sla, money, letter["currency"] or "")
    row = {name: letter[name] for name in ("reason", "stage", "entity", "key", "account_id", "detail")}
    row |= {"case_id": group or letter["letter_id"], "kind": "group" if group else "letter"}
    row |= {"group_id": None if group else f"g{letter['fingerprint']}", "state": State.OPEN.value}
    row |= {"owner": entry.owner, "assignee": "", "money": money, "currency": letter["currency"]}
    row |= {"tags": [], "suggestions": [], "decision": None, "version": 1, "updated_at": now}
    row |= {"opened_at": letter["first_failed_at"], "due_at": letter["first_failed_at"] + time}
    return row | ({"key": "", "account_id": "", "currency": None} if group else {})
