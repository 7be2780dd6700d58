"""The accepted delivery ids in the operations database (table `deliveries`)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from streams.intake.door.errors import Unavailable
from streams.runtime.tables import deliveries

_SEEN = select(deliveries.c.accepted_at).where(
    deliveries.c.source == bindparam("source"),
    deliveries.c.delivery_id == bindparam("delivery_id"),
    deliveries.c.accepted_at >= bindparam("since"),
)
_INSERT = insert(deliveries)
_RECORD = _INSERT.on_conflict_do_update(
    index_elements=[deliveries.c.source, deliveries.c.delivery_id],
    set_={"accepted_at": func.greatest(deliveries.c.accepted_at, _INSERT.excluded.accepted_at)},
)
_PRUNE = delete(deliveries).where(deliveries.c.accepted_at < bindparam("before"))


class DatabaseDeliveries:
    """Each call is one statement of its own. Raises Unavailable after `timeout_s` at most."""

    def __init__(self, engine: AsyncEngine, timeout_s: float = 10.0) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._timeout_s = timeout_s

    async def seen(self, source: str, delivery_id: str, since: datetime) -> bool:
        async with self._connection() as connection:
            found = await connection.execute(_SEEN, {"source": source, "delivery_id": delivery_id, "since": since})
            return found.first() is not None

    async def record(self, source: str, delivery_id: str, at: datetime) -> None:
        async with self._connection() as connection:
            await connection.execute(_RECORD, {"source": source, "delivery_id": delivery_id, "accepted_at": at})

    async def prune(self, before: datetime) -> int:
        """Forget what was accepted earlier; how many."""
        async with self._connection() as connection:
            return (await connection.execute(_PRUNE, {"before": before})).rowcount

    async def check(self) -> None:
        """Return when the database answers."""
        async with self._connection() as connection:
            await connection.execute(text("SELECT 1"))

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with asyncio.timeout(self._timeout_s), self._engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise Unavailable(f"the operations database does not answer ({type(error).__name__})") from error
