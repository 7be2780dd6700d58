"""The verbs: what is parked, stop blocking a record, skip one event. Each act is one transaction, with its audit."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy import select, true, update

from ops.access.people import Actor
from ops.audit.store import append
from ops.cases.answers import Answer
from ops.cases.asks import Ask, Limit, Why
from ops.cases.desk import Desk
from ops.cases.errors import NotFound, NotNow
from ops.parking.reads import UNDONE, covers, open_blocks, owner_of, parked_records, totals
from schemas.records import Entity
from streams.letters.parking.store import end_blocks
from streams.letters.parking.tables import blocks, parked

Key = Annotated[str, Field(min_length=1, max_length=128)]
EventId = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\w.:-]+$")]


class ListParked(Ask):
    """With `key` its single events are told, too."""

    key: Key | None = None
    limit: Limit = 50


class Unblock(Ask):
    entity: Entity
    key: Key
    why: Why


class SkipParked(Ask):
    event_id: EventId
    why: Why


class ParkedRecord(Answer):
    """`letters` are what it waits for; none: its events are on their way."""

    entity: str
    key: str
    account_id: str
    events: int
    since: datetime
    letters: list[str]
    reasons: list[str]
    owner: str


class ParkedEvent(Answer):
    """`instead`: why it will not be decided when its turn comes."""

    event_id: str
    entity: str
    key: str
    operation: str
    state: str
    instead: str
    parked_at: datetime


class ParkedPage(Answer):
    """All that wait, and the records that wait longest."""

    events: int
    records: int
    parked: list[ParkedRecord]
    single: tuple[ParkedEvent, ...] = ()


class Unblocked(Answer):
    """Letters that block no more; they stay open. `events`: how many of the record wait, and go on now."""

    letters: list[str]
    events: int


async def list_parked(desk: Desk, actor: Actor, ask: ListParked) -> ParkedPage:
    """Records whose events wait behind a letter, the longest waiting first."""
    mine = parked.c.key == ask.key if ask.key is not None else true()
    async with desk.database.connect() as connection:
        events, count = await totals(connection)
        rows = await parked_records(connection, mine, ask.limit)
        found = await open_blocks(connection, [row.key for row in rows], [row.account_id for row in rows])
        query = select(parked).where(UNDONE, mine).order_by(parked.c.place).limit(ask.limit)
        single = (await connection.execute(query)).all() if ask.key is not None else ()
    records = []
    for row in rows:
        behind = [block for block in found if covers(block, row)]
        records.append(
            ParkedRecord(
                entity=row.entity,
                key=row.key,
                account_id=row.account_id,
                events=row.events,
                since=row.since,
                letters=[block.block_id for block in behind],
                reasons=sorted({block.reason for block in behind}),
                owner=owner_of(behind[0]) if behind else "",
            )
        )
    told = [
        ParkedEvent(
            event_id=one.event_id,
            entity=one.entity,
            key=one.key,
            operation=one.operation,
            state=one.state,
            instead=one.instead or "",
            parked_at=one.parked_at,
        )
        for one in single
    ]
    return ParkedPage(events=events, records=count, parked=records, single=tuple(told))


async def unblock(desk: Desk, actor: Actor, ask: Unblock) -> Unblocked:
    """Stop blocking a record: what waits goes on now, and its letters stay open."""
    now = desk.clock()
    own = (blocks.c.side == "crm") & (blocks.c.entity == ask.entity) & (blocks.c.key == ask.key)
    async with desk.database.begin() as connection:
        open_ = select(blocks.c.block_id).where(own, blocks.c.state == "open").order_by(blocks.c.blocked_at)
        letters = list((await connection.execute(open_.with_for_update())).scalars())
        if not letters:
            raise NotFound(f"no open letter blocks {ask.entity} {ask.key}: meshline dlq parked --key {ask.key}")
        await end_blocks(connection, blocks.c.block_id.in_(letters), ask.why, actor.name, now)
        rows = await parked_records(connection, (parked.c.entity == ask.entity) & (parked.c.key == ask.key), 1)
        act = desk.act(
            actor,
            "parking.unblock",
            f"{ask.entity} {ask.key}",
            ask.why,
            before={"letters": letters},
            after={"letters": []},
        )
        await append(connection, act, now, desk.audit_key)
    return Unblocked(letters=letters, events=rows[0].events if rows else 0)


async def skip(desk: Desk, actor: Actor, ask: SkipParked) -> ParkedEvent:
    """Skip one parked event: when its turn comes it is recorded as skipped and not decided."""
    now = desk.clock()
    mine = parked.c.event_id == ask.event_id
    async with desk.database.begin() as connection:
        row = (await connection.execute(select(parked).where(mine).with_for_update())).one_or_none()
        if row is None:
            raise NotFound(f"event {ask.event_id} is not parked")
        if row.stage == "sink":
            known = f"the command {row.operation} of {row.entity} {row.key} was decided already and cannot be skipped"
            raise NotNow(f"{known}: meshline dlq unblock {row.entity} {row.key} --why ... lets it go on")
        if row.state != "waiting":
            raise NotNow("the event is on its way already" if row.state == "sent" else "the event was decided already")
        said = f"skipped by {actor.name}: {ask.why}"
        await connection.execute(update(parked).where(mine).values(instead="skipped", instead_of=said))
        act = desk.act(actor, "parking.skip", ask.event_id, ask.why, before={"instead": row.instead or ""})
        await append(connection, act, now, desk.audit_key)
    return ParkedEvent(
        event_id=row.event_id,
        entity=row.entity,
        key=row.key,
        operation=row.operation,
        state=row.state,
        instead="skipped",
        parked_at=row.parked_at,
    )
