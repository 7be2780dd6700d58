"""Closed cases and what they keep parked: a letter blocks its record until its case is closed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ops.cases.states import CLOSED
from ops.cases.tables import cases
from streams.letters.parking.store import end_blocks
from streams.letters.parking.tables import blocks

_CLOSED = [state.value for state in CLOSED]


async def unblock_closed(connection: AsyncConnection, now: datetime) -> int:
    """End the blocks of letters whose cases were closed since they blocked; how many.

    A case may be closed before its block is written, so this looks at all of them, and is done again by the clock.
    """
    mine = (cases.c.case_id == blocks.c.block_id) & cases.c.state.in_(_CLOSED)
    closed = select(cases.c.case_id).where(mine, cases.c.closed_at >= blocks.c.blocked_at).exists()
    return await end_blocks(connection, closed, "its case was closed", "meshline", now)


async def unblock_by_the_clock(database: AsyncEngine, now: datetime) -> int:
    """The same, in a transaction of its own."""
    async with database.begin() as connection:
        return await unblock_closed(connection, now)
