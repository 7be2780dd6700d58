"""Reading the letters that a selection means, from their index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ops.cases.errors import BadAsk, NotFound
from ops.cases.finding import OPEN_STATES, replay_counts
from ops.cases.reading import record_in, view_from_row
from ops.cases.states import State
from ops.cases.tables import cases, letters
from ops.replay.asks import Selection
from ops.replay.order import Chosen, schema_id_of
from ops.replay.states import CLAIMED
from ops.replay.tables import replay_items
from schemas.codec import Codec
from schemas.reasons import Reason

MOST = 20_000  #: letters of one job
_SENDABLE = [state for state in OPEN_STATES if state != State.REPLAYING.value]


async def choose(connection: AsyncConnection, asked: Selection, codec: Codec) -> list[Chosen]:
    """The letters as they are now. Raises NotFound, BadAsk for an id that names none or several."""
    rows = await _rows(connection, asked)
    if asked.schema_id is not None:
        rows = [row for row in rows if schema_id_of(row.message_value) == asked.schema_id]
    if len(rows) > MOST:
        raise BadAsk(f"{len(rows)} letters match: a job takes {MOST} at most, choose by time or group")
    counts = await replay_counts(connection, [row.letter_id for row in rows])
    return [chosen_from(row, counts.get(row.letter_id, 0), codec, named=bool(asked.ids)) for row in rows]


async def claimed(connection: AsyncConnection, letter_ids: Sequence[str]) -> set[str]:
    """Those of the letters that an open job holds."""
    mine = replay_items.c.letter_id.in_(letter_ids) & replay_items.c.state.in_([state.value for state in CLAIMED])
    return set((await connection.execute(select(replay_items.c.letter_id).where(mine))).scalars())


async def letters_of(connection: AsyncConnection, letter_ids: Sequence[str]) -> Sequence[Any]:
    """The letters' rows as they are now, in no order."""
    return (await connection.execute(select(letters).where(letters.c.letter_id.in_(letter_ids)))).all()


def chosen_from(row: Any, replays: int, codec: Codec, *, named: bool) -> Chosen:
    """A row of the index as the frozen selection needs it. Raises RegistryUnavailable."""
    names = ("letter_id", "event_id", "family", "stage", "entity", "key", "account_id", "first_failed_at")
    money = {"money": row.money, "currency": row.currency}
    return Chosen(
        **{name: getattr(row, name) for name in names},
        **money,
        reason=Reason(row.reason),
        original=view_from_row(row).original,
        replays=replays,
        named=named,
        command=record_in(row.message_value, codec) if row.stage == "sink" else None,
    )


async def _rows(connection: AsyncConnection, asked: Selection) -> Sequence[Any]:
    where: list[ColumnElement[bool]] = [
        letters.c[name] == getattr(asked, name) for name in ("key", "entity", "account_id") if getattr(asked, name)
    ]
    if asked.reason:
        where.append(letters.c.reason == asked.reason.value)
    if asked.group:
        where.append(letters.c.fingerprint.startswith(asked.group.removeprefix("g"), autoescape=True))
    if asked.since:
        where.append(letters.c.failed_at >= asked.since)
    if asked.until:
        where.append(letters.c.failed_at < asked.until)
    if asked.ids:
        where.append(or_(*(letters.c.letter_id.startswith(one, autoescape=True) for one in asked.ids)))
    else:
        where.append(letters.c.letter_id.in_(select(cases.c.case_id).where(cases.c.state.in_(_SENDABLE))))
    rows = (await connection.execute(select(letters).where(*where))).all()
    for prefix in asked.ids:
        found = sum(1 for row in rows if row.letter_id.startswith(prefix))
        if not found:
            raise NotFound(f"no letter that matches has an id that begins with {prefix!r}")
        if found > 1:
            raise BadAsk(f"{found} letters have an id that begins with {prefix!r}: give more characters")
    return rows
