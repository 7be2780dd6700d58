"""How far the ERP has been read, in the operations database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from sinks.errors import LedgerUnavailable
from streams.runtime.tables import cursors


class Cursors:
    """One row per model. Raises LedgerUnavailable."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def position(self, model: str) -> int:
        """Microseconds since 1970 UTC; 0 where nothing was read yet."""
        query = select(cursors.c.position).where(cursors.c.name == _name(model))
        try:
            async with self._engine.connect() as connection:
                return int((await connection.execute(query)).scalar_one_or_none() or 0)
        except (SQLAlchemyError, OSError) as error:
            raise LedgerUnavailable(f"the operations database failed: {error}") from error

    async def move(self, model: str, position: int, now: datetime) -> None:
        values = {"position": position, "moved_at": now}
        statement = insert(cursors).values(name=_name(model), **values)
        moved = statement.on_conflict_do_update(index_elements=[cursors.c.name], set_=values)
        try:
            async with self._engine.begin() as connection:
                await connection.execute(moved)
        except (SQLAlchemyError, OSError) as error:
            raise LedgerUnavailable(f"the operations database failed: {error}") from error


def _name(model: str) -> str:
    return f"erp-source/tryton/{model}"
