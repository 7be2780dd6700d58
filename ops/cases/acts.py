"""The verbs that decide. Each is one transaction: the case, its audit entry, and what is sent again for it.

On a group the same is done to each of its open letters' cases, with one entry that lists them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ops.access.people import Actor
from ops.audit.chain import Act
from ops.audit.store import append
from ops.cases import answers, asks
from ops.cases.changes import Change, close_groups, release_billing
from ops.cases.desk import Desk
from ops.cases.errors import BadAsk, NotNow
from ops.cases.finding import OPEN_STATES, one_case
from ops.cases.parking import unblock_closed
from ops.cases.states import CLOSED, Move, State, after
from ops.cases.tables import case_comments, cases, letters
from ops.replay.asks import EditLetter
from ops.replay.edits.levels import rules
from ops.replay.edits.store import newest_edits
from ops.replay.edits.verbs import edit
from ops.replay.jobs import weight_of
from ops.replay.second import Alone, why_second
from ops.replay.sending import on_its_way
from schemas.reasons import Reason, catalogue
from streams.letters.outbox import Outgoing
from streams.runtime.tables import replays

_STAGES = {"normalise", "decide", "sink"}


async def assign(desk: Desk, actor: Actor, ask: asks.Assign) -> answers.Done:
    """Give the case to a person."""
    return await _decide(desk, actor, ask, "case.assign", Move.ASSIGN, {"assignee": ask.assignee})


async def resolve(desk: Desk, actor: Actor, ask: asks.Resolve) -> answers.Done:
    """Record the decision, change what it says, and send the letter again; the read-back of the effect closes it."""
    await _as_edit(desk, actor, ask)
    values = {} if ask.decision is None else {"decision": ask.decision}
    return await _decide(desk, actor, ask, "case.resolve", Move.REPLAY if ask.replay else Move.RESOLVE, values)


async def discard(desk: Desk, actor: Actor, ask: asks.Decide) -> answers.Done:
    """Close the case without an effect."""
    return await _decide(desk, actor, ask, "case.discard", Move.DISCARD, {})


async def reopen(desk: Desk, actor: Actor, ask: asks.Decide) -> answers.Done:
    """Open a closed case again."""
    return await _decide(desk, actor, ask, "case.reopen", Move.REOPEN, {})


async def comment(desk: Desk, actor: Actor, ask: asks.Comment) -> answers.Done:
    """Say something about the case."""
    now = desk.clock()
    async with desk.database.begin() as connection:
        case = await one_case(connection, ask.case_id, lock=True)
        said = {"case_id": case.case_id, "who": actor.name, "at": now, "text": ask.text}
        await connection.execute(insert(case_comments).values(**said))
        act = desk.act(actor, "case.comment", case.case_id, after={"text": ask.text})
        await append(connection, act, now, desk.audit_key)
    return answers.Done(items=[answers.Item(case_id=case.case_id, done=True, state=case.state)])


async def tag(desk: Desk, actor: Actor, ask: asks.Retag) -> answers.Done:
    """Add and remove tags."""
    now = desk.clock()
    async with desk.database.begin() as connection:
        case = await one_case(connection, ask.case_id, lock=True)
        tags = sorted({*case.tags, *ask.add} - set(ask.remove))
        await connection.execute(update(cases).where(cases.c.case_id == case.case_id).values(tags=tags, updated_at=now))
        act = desk.act(actor, "case.tag", case.case_id, before={"tags": list(case.tags)}, after={"tags": tags})
        await append(connection, act, now, desk.audit_key)
    return answers.Done(items=[answers.Item(case_id=case.case_id, done=True, state=case.state)])


async def _decide(
    desk: Desk, actor: Actor, ask: asks.Decide, action: str, move: Move, values: dict[str, Any]
) -> answers.Done:
    now = desk.clock()
    async with desk.database.begin() as connection:
        case = await one_case(connection, ask.case_id, lock=True)
        if ask.version is not None and ask.version != case.version:
            raise NotNow(f"the case was changed meanwhile: it has version {case.version}, not {ask.version}")
        targets = [case] if case.kind == "letter" else [*await _letters_of(connection, case, move), case]
        changes, refused = _changes(targets, move, ask.why)
        await _alone(desk, connection, changes)
        if not changes:
            raise NotNow(f"a case that is {case.state} cannot be moved by {action}")
        outgoing = await _outgoing(connection, [one for one in changes if one.to is State.REPLAYING])
        await _write(connection, changes, values, now)
        act = desk.act(actor, action, case.case_id, ask.why, before=_before(case), after=_after(changes, values))
        await append(connection, _with_selection(act, case, changes), now, desk.audit_key)
        if outgoing:
            await _note_replays(connection, changes, actor, ask.why, now)
            # Confirmed by the broker before the case says so. A crash in between sends them once more: harmless.
            await desk.send(outgoing)
    done = [answers.Item(case_id=one.case_id, done=True, state=one.to.value) for one in changes]
    return answers.Done(items=done + refused, sent=len(outgoing))


async def _letters_of(connection: AsyncConnection, group: Any, move: Move) -> Sequence[Any]:
    """The cases that a group's move is about: the open ones, or to reopen those that were closed with it."""
    mine = cases.c.group_id == group.case_id
    wanted = cases.c.state.in_(OPEN_STATES) if move is not Move.REOPEN else cases.c.closed_at == group.closed_at
    query = select(cases).where(mine, wanted).order_by(cases.c.opened_at, cases.c.case_id).with_for_update()
    return (await connection.execute(query)).all()


def _changes(targets: Sequence[Any], move: Move, why: str) -> tuple[list[Change], list[answers.Item]]:
    changes, refused = [], []
    for case in targets:
        step = move
        if move is Move.REPLAY and (not catalogue()[Reason(case.reason)].retryable or case.stage not in _STAGES):
            step = Move.RESOLVE  # sending it again cannot help: what was decided closes it
        to = after(State(case.state), step, assigned=bool(case.assignee))
        if to is None:
            note = f"it is {case.state}"
            refused.append(answers.Item(case_id=case.case_id, done=False, state=case.state, note=note))
        else:
            changes.append(Change(case.case_id, case.group_id, State(case.state), to, why))
    return changes, refused


async def _outgoing(connection: AsyncConnection, changes: Sequence[Change]) -> list[Outgoing]:
    ids = [one.case_id for one in changes]
    query = select(letters).where(letters.c.letter_id.in_(ids))
    rows = (await connection.execute(query.order_by(letters.c.failed_at, letters.c.partition, letters.c.offset))).all()
    edits = await newest_edits(connection, ids)
    return [on_its_way(row, edits.get(row.letter_id)) for row in rows if row.family == "mesh"]


async def _as_edit(desk: Desk, actor: Actor, ask: asks.Resolve) -> None:
    """A decision that names a field, or what stands for one, is a new version of the letter. Raises BadAsk."""
    decided = {rules().decisions.get(name, name): value for name, value in (ask.decision or {}).items()}
    fields = {name: str(value) for name, value in decided.items() if "." in name}
    if not ask.replay or not fields:
        return
    async with desk.database.connect() as connection:
        case = await one_case(connection, ask.case_id)
    if case.kind != "letter":
        raise BadAsk("a decision that changes records is made case by case, or with `meshline dlq patch`")
    await edit(desk, actor, EditLetter(letter_id=case.case_id, fields=fields, why=ask.why))


async def _alone(desk: Desk, connection: AsyncConnection, changes: Sequence[Change]) -> None:
    """Raises NotNow where one person may not send all of this: a job can be approved, a case cannot."""
    ids = [one.case_id for one in changes if one.to is State.REPLAYING]
    if not ids:
        return
    edits = await newest_edits(connection, ids)
    rows = (await connection.execute(select(letters).where(letters.c.letter_id.in_(ids)))).all()
    why = why_second([weight_of(row, edits.get(row.letter_id)) for row in rows], Alone.of(desk.settings.replay))
    if why:
        raise NotNow(f"a second person must agree: {why}. Make it a job: meshline dlq replay --id {ids[0][:12]} ...")


async def _write(connection: AsyncConnection, changes: Sequence[Change], values: dict[str, Any], now: Any) -> None:
    for state in {change.to for change in changes}:
        ids = [change.case_id for change in changes if change.to is state]
        closed = now if state in CLOSED else None
        moved = {"state": state.value, "updated_at": now, "closed_at": closed, "version": cases.c.version + 1, **values}
        await connection.execute(update(cases).where(cases.c.case_id.in_(ids)).values(**moved))
        if closed is not None:
            await release_billing(connection, ids, now)
            await unblock_closed(connection, now)
    await close_groups(connection, [one.group_id for one in changes if one.group_id and one.to in CLOSED], now)


async def _note_replays(
    connection: AsyncConnection, changes: Sequence[Change], actor: Actor, why: str, now: Any
) -> None:
    ids = [change.case_id for change in changes if change.to is State.REPLAYING]
    found = select(letters.c.letter_id, letters.c.event_id).where(letters.c.letter_id.in_(ids))
    for letter_id, event_id in (await connection.execute(found)).all():
        row = {"letter_id": letter_id, "event_id": event_id, "replayed_by": actor.name, "why": why, "replayed_at": now}
        await connection.execute(insert(replays).values(**row))


def _before(case: Any) -> dict[str, Any]:
    return {"state": case.state, "assignee": case.assignee}


def _after(changes: Sequence[Change], values: dict[str, Any]) -> dict[str, Any]:
    return {"state": changes[-1].to.value, **values}


def _with_selection(act: Act, case: Any, changes: Sequence[Change]) -> Act:
    if case.kind == "letter":
        return act
    ids = [change.case_id for change in changes if change.case_id != case.case_id]
    return Act(
        **{name: getattr(act, name) for name in Act.__slots__} | {"selection": {"group": case.case_id, "cases": ids}}
    )
