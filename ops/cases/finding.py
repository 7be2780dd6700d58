"""Reading letters and cases: lists, filters, groups, one by its first characters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import ColumnElement, Select, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ops.cases.asks import ListCases, ListGroups, ListLetters
from ops.cases.errors import BadAsk, NotFound
from ops.cases.states import OPEN
from ops.cases.tables import cases, letters
from schemas.records import Entity
from streams.runtime.tables import replays

OPEN_STATES = [state.value for state in OPEN]
#: Every kind of record, so that the index by (entity, key) serves a key alone; "" where it was not known.
_ENTITIES = ("", *get_args(Entity))
_WHOLE = 32  # characters of an id; a group's has one more
_SHOWN = [column for column in letters.c if not column.name.startswith("message_")]


async def page_of_letters(connection: AsyncConnection, asked: ListLetters) -> tuple[int, Sequence[Any]]:
    """(how many match, the newest of them)."""
    where: list[ColumnElement[bool]] = []
    if asked.key is not None:
        where += [letters.c.entity.in_(_ENTITIES), letters.c.key == asked.key]
    if asked.account_id is not None:  # cases are indexed by account, and a letter's case has its id
        mine = select(cases.c.case_id).where(cases.c.account_id == asked.account_id, cases.c.kind == "letter")
        where.append(letters.c.letter_id.in_(mine))
    if asked.reason:
        where.append(letters.c.reason == asked.reason.value)
    if asked.group:
        where.append(letters.c.fingerprint == asked.group.removeprefix("g"))
    if asked.since:
        where.append(letters.c.failed_at >= asked.since)
    if asked.until:
        where.append(letters.c.failed_at < asked.until)
    query = select(*_SHOWN).where(*where).order_by(letters.c.failed_at.desc(), letters.c.letter_id)
    return await _page(connection, query, select(func.count()).select_from(letters).where(*where), asked)


async def page_of_cases(connection: AsyncConnection, asked: ListCases, now: datetime) -> tuple[int, Sequence[Any]]:
    """(how many match, the newest of them)."""
    where: list[ColumnElement[bool]] = [cases.c.kind == asked.kind]
    where += [
        cases.c[name] == getattr(asked, name)
        for name in ("owner", "assignee", "key", "account_id")
        if getattr(asked, name) is not None
    ]
    if asked.key is not None:
        where.append(cases.c.entity.in_(_ENTITIES))
    if asked.state:
        where.append(cases.c.state == asked.state.value)
    if asked.any_open or asked.overdue:
        where.append(cases.c.state.in_(OPEN_STATES))
    if asked.reason:
        where.append(cases.c.reason == asked.reason.value)
    if asked.tag:
        where.append(cases.c.tags.contains([asked.tag]))
    if asked.group:
        where.append(cases.c.group_id == asked.group)
    if asked.overdue:
        where.append(cases.c.due_at <= now)
    query = select(cases).where(*where).order_by(cases.c.opened_at.desc(), cases.c.case_id)
    return await _page(connection, query, select(func.count()).select_from(cases).where(*where), asked)


async def groups(connection: AsyncConnection, asked: ListGroups) -> Sequence[Any]:
    """Groups with the counts of their letters' cases, the largest first."""
    open_ = func.count().filter(cases.c.state.in_(OPEN_STATES))
    count = (
        select(
            cases.c.group_id,
            func.count().label("letters"),
            open_.label("open"),
            func.max(cases.c.opened_at).label("newest"),
            func.max(cases.c.case_id).label("example"),
        )
        .where(cases.c.kind == "letter", *([cases.c.reason == asked.reason.value] if asked.reason else []))
        .group_by(cases.c.group_id)
        .having(*([open_ > 0] if asked.any_open else []))
        .order_by(open_.desc(), func.max(cases.c.opened_at).desc())
        .limit(asked.limit)
        .subquery()
    )
    query = select(cases, count.c.letters, count.c.open, count.c.newest, count.c.example)
    joined = query.join(count, count.c.group_id == cases.c.case_id).order_by(count.c.open.desc(), count.c.newest.desc())
    return (await connection.execute(joined)).all()


async def one_letter(connection: AsyncConnection, prefix: str) -> Any:
    """Raises NotFound, BadAsk."""
    return await _one(connection, letters, "letter_id", prefix, lock=False)


async def one_case(connection: AsyncConnection, prefix: str, *, lock: bool = False) -> Any:
    """Raises NotFound, BadAsk."""
    return await _one(connection, cases, "case_id", prefix, lock=lock)


async def replay_counts(connection: AsyncConnection, letter_ids: Sequence[str]) -> dict[str, int]:
    """How often each letter was sent through its stage again."""
    mine = replays.c.letter_id.in_(letter_ids)
    rows = await connection.execute(select(replays.c.letter_id, func.count()).where(mine).group_by(replays.c.letter_id))
    return {letter_id: count for letter_id, count in rows}


async def _one(connection: AsyncConnection, table: Table, name: str, prefix: str, *, lock: bool) -> Any:
    column = table.c[name]
    exact = len(prefix) >= _WHOLE
    query = select(table).where(column == prefix if exact else column.startswith(prefix, autoescape=True)).limit(2)
    rows = (await connection.execute(query.with_for_update() if lock else query)).all()
    what = name.removesuffix("_id")
    if not rows:
        raise NotFound(f"there is no {what} whose id begins with {prefix!r}")
    if len(rows) > 1:
        raise BadAsk(f"more than one {what} has an id that begins with {prefix!r}: give more characters")
    return rows[0]


async def _page(
    connection: AsyncConnection, query: Select[Any], count: Select[Any], asked: ListLetters | ListCases
) -> tuple[int, Sequence[Any]]:
    total = int((await connection.execute(count)).scalar_one())
    rows = (await connection.execute(query.limit(asked.limit).offset(asked.offset))).all()
    return total, rows
