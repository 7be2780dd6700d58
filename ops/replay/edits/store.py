"""Versions of letters in the operations database. Rows are only ever added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ops.replay.edits.change import Edited
from ops.replay.edits.levels import Level
from ops.replay.tables import letter_edits, replay_items, replay_jobs

_BEGUN = ("running", "paused", "stopped")


async def newest_edits(connection: AsyncConnection, letter_ids: Sequence[str], job_id: str = "") -> dict[str, Any]:
    """The newest version of each letter that has one: the letter's own, or a patch's of one job."""
    mine = letter_edits.c.letter_id.in_(letter_ids) & (letter_edits.c.job_id == job_id)
    rows = (await connection.execute(select(letter_edits).where(mine).order_by(letter_edits.c.number))).all()
    return {row.letter_id: row for row in rows}


async def edits_by_id(connection: AsyncConnection, edit_ids: Sequence[str]) -> dict[str, Any]:
    """Versions by their ids."""
    if not edit_ids:
        return {}
    rows = (await connection.execute(select(letter_edits).where(letter_edits.c.edit_id.in_(edit_ids)))).all()
    return {row.edit_id: row for row in rows}


async def versions_of(connection: AsyncConnection, letter_id: str) -> Sequence[Any]:
    """All versions of a letter, the first one first."""
    mine = select(letter_edits).where(letter_edits.c.letter_id == letter_id)
    return (await connection.execute(mine.order_by(letter_edits.c.number))).all()


async def put_edits(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep versions; see `edit_row`."""
    for start in range(0, len(rows), 500):
        await connection.execute(insert(letter_edits), [dict(row) for row in rows[start : start + 500]])


async def numbers_of(connection: AsyncConnection, letter_ids: Sequence[str]) -> dict[str, int]:
    """How many versions each letter has."""
    query = select(letter_edits.c.letter_id, func.max(letter_edits.c.number))
    mine = query.where(letter_edits.c.letter_id.in_(letter_ids)).group_by(letter_edits.c.letter_id)
    return {letter_id: number for letter_id, number in (await connection.execute(mine)).all()}


async def under_way(connection: AsyncConnection, letter_id: str) -> str:
    """The job that sends this letter now, "" where none does. One that has not begun may still get a new version."""
    claimed = (replay_items.c.letter_id == letter_id) & replay_items.c.state.in_(("waiting", "sent"))
    joined = replay_items.join(replay_jobs, replay_jobs.c.job_id == replay_items.c.job_id)
    query = select(replay_jobs.c.job_id).select_from(joined).where(claimed, replay_jobs.c.state.in_(_BEGUN))
    return (await connection.execute(query)).scalar_one_or_none() or ""


def edit_row(  # noqa: PLR0913 - the columns of one row
    letter: Any,
    last: Any,
    made: Edited,
    levels: Mapping[str, Level],
    level: Level,
    *,
    edit_id: str,
    number: int,
    job_id: str,
    why: str,
    by: str,
    at: datetime,
) -> dict[str, Any]:
    """A new version of a letter's row. `last` is the version before it, None for the first."""
    changes = [
        {"field": path, "level": levels[path].value, "before": made.before[path], "after": made.after[path]}
        for path in made.after
    ]
    row = {"edit_id": edit_id, "letter_id": letter.letter_id, "number": number, "job_id": job_id}
    original = last.original_value if last is not None else letter.message_value
    row |= {"original_value": original, "value": made.value, "account_id": made.account_id, "changes": changes}
    return row | {"level": level.value, "why": why, "edited_by": by, "edited_at": at}
