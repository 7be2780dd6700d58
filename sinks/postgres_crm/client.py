"""Transactions on the CRM's database. The driver's errors are translated here and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from sinks.calls import Calls
from sinks.errors import Ambiguous, Failing, Unreachable
from sinks.postgres_crm.response import translate
from sinks.postgres_crm.settings import PostgresCrmSettings
from sinks.postgres_crm.statement import Statement

Connection = psycopg.AsyncConnection[DictRow]


class PostgresCrmClient:
    """Keeps idle connections. A connection that had an error is not used again."""

    def __init__(self, settings: PostgresCrmSettings, calls: Calls) -> None:
        self._settings = settings
        self._calls = calls
        self._idle: list[Connection] = []
        self._free = asyncio.Semaphore(settings.connections)

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().close()

    async def rows(self, statement: Statement) -> list[dict[str, Any]]:
        """Raises TargetError, AccessDenied."""
        async with self._connection(writes=False) as connection:
            cursor = await connection.execute(statement.sql, statement.parameters)
            return await cursor.fetchall()

    async def write(self, statements: Sequence[Statement]) -> int:
        """All or none of them; how many rows the first one changed. Raises TargetError, AccessDenied."""
        async with self._connection(writes=True) as connection, connection.transaction():
            changed = [(await connection.execute(s.sql, s.parameters)).rowcount for s in statements]
            return changed[0] if changed else 0

    @asynccontextmanager
    async def _connection(self, *, writes: bool) -> AsyncIterator[Connection]:
        async with self._free, self._calls.one():
            connection = await self._connect()
            try:
                async with asyncio.timeout(self._settings.timeout):
                    yield connection
            except TimeoutError as error:
                await connection.close()
                text = f"the CRM's database did not answer within {self._settings.timeout:g} s"
                raise (Ambiguous(text) if writes else Failing(text)) from error
            except psycopg.Error as error:
                await connection.close()
                raise translate(error, sent=writes) from error
            except BaseException:
                await connection.close()
                raise
            self._idle.append(connection)

    async def _connect(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed and await _alive(connection):
                return connection
        try:
            async with asyncio.timeout(self._settings.timeout):
                return await psycopg.AsyncConnection.connect(self._settings.url, autocommit=True, row_factory=dict_row)
        except TimeoutError as error:
            raise Unreachable("the CRM's database does not take a connection") from error
        except psycopg.Error as error:
            raise translate(error, sent=False) from error


async def _alive(connection: Connection) -> bool:
    """Whether the server is still there, so that a write does not start on a dead connection and look ambiguous."""
    try:
        async with asyncio.timeout(1):
            await connection.execute("")
    except (psycopg.Error, TimeoutError):
        await connection.close()
        return False
    return True
