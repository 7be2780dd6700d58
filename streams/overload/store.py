"""The loads and the operations database. A switch counts from the next batch on, for all workers."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from streams.overload.state import Load, Thresholds, stepped
from streams.overload.tables import target_loads


async def overloaded_now(connection: AsyncConnection) -> frozenset[str]:
    """The targets that are overloaded, as this transaction sees them."""
    query = select(target_loads.c.target).where(target_loads.c.overloaded)
    return frozenset((await connection.execute(query)).scalars())


async def loads_now(connection: AsyncConnection) -> dict[str, Load]:
    """All that were looked at: target -> its load."""
    rows = (await connection.execute(select(target_loads).order_by(target_loads.c.target))).all()
    return {row.target: Load(row.overloaded, row.since, row.turning_since, row.waiting, row.looked_at) for row in rows}


async def keep_step(
    connection: AsyncConnection, target: str, waiting: int, limits: Thresholds, now: datetime
) -> tuple[Load, bool]:
    """One more look at a target, by whichever worker: its load, and whether this look switched it."""
    fresh = insert(target_loads).values(target=target, overloaded=False, waiting=waiting)
    await connection.execute(fresh.on_conflict_do_nothing())
    row = (
        await connection.execute(select(target_loads).where(target_loads.c.target == target).with_for_update())
    ).one()
    before = Load(row.overloaded, row.since, row.turning_since, row.waiting, row.looked_at)
    after = stepped(before, waiting, limits, now)
    await connection.execute(target_loads.update().where(target_loads.c.target == target).values(**asdict(after)))
    return after, after.overloaded != before.overloaded
