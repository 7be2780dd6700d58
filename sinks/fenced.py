"""A transaction of a sink worker in the operations database: it is refused once a newer worker has the partition."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from sinks.errors import Fenced, LedgerUnavailable
from sinks.ledger import Place
from streams.runtime.tables import epochs


@asynccontextmanager
async def fenced(engine: AsyncEngine, place: Place | None = None) -> AsyncIterator[AsyncConnection]:
    """Begun with the epoch's row held against a newer worker, where a place is given.

    Raises Fenced, LedgerUnavailable.
    """
    try:
        async with engine.begin() as connection:
            if place is not None:
                await _check(connection, place)
            yield connection
    except (SQLAlchemyError, OSError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise LedgerUnavailable(f"the operations database failed: {str(cause).splitlines()[0]}") from error


async def _check(connection: AsyncConnection, place: Place) -> None:
    query = select(epochs.c.epoch).where(epochs.c.slot == place.slot).with_for_update(read=True)
    newest = (await connection.execute(query)).scalar_one_or_none()
    if newest != place.epoch:
        raise Fenced(f"{place.slot} has epoch {newest} now, this worker holds {place.epoch}")
