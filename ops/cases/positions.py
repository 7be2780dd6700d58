"""How far the index has read, kept in the operations database beside what was read: exactly once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from streams.runtime.tables import cursors

Place = tuple[str, int]
INDEX, IMPORT = "cases", "import"


def _name(place: Place, reader: str) -> str:
    return f"{reader}/{place[0]}/{place[1]}"


async def read_positions(
    connection: AsyncConnection, places: Sequence[Place], *, lock: bool = False, reader: str = INDEX
) -> dict[Place, int]:
    """The next offset of each place; 0 where nothing was read. `lock` holds other workers off until the end."""
    names = {_name(place, reader): place for place in places}
    query = select(cursors).where(cursors.c.name.in_(list(names))).order_by(cursors.c.name)
    rows = (await connection.execute(query.with_for_update() if lock else query)).all()
    return {place: 0 for place in places} | {names[row.name]: row.position for row in rows}


async def make_positions(
    connection: AsyncConnection, places: Sequence[Place], now: datetime, reader: str = INDEX
) -> None:
    """A row for each place, so that there is one to lock."""
    rows = [{"name": _name(place, reader), "position": 0, "moved_at": now} for place in places]
    if rows:
        await connection.execute(insert(cursors).values(rows).on_conflict_do_nothing())


async def move_positions(
    connection: AsyncConnection, ends: Mapping[Place, int], now: datetime, reader: str = INDEX
) -> None:
    """The next offsets."""
    rows = [{"name": _name(place, reader), "position": end, "moved_at": now} for place, end in sorted(ends.items())]
    statement = insert(cursors).values(rows)
    values = {"position": statement.excluded.position, "moved_at": now}
    await connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
