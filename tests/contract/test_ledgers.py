"""The ledger in memory and the one in the operations database keep the same promises."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import delete, select

from sinks.errors import LedgerUnavailable
from sinks.ledger import Ledger
from sinks.memory.ledger import MemoryLedger
from sinks.postgres_ledger import PostgresLedger
from streams.runtime.database import migrate, operations_engine
from streams.runtime.settings import Settings
from streams.runtime.tables import effects, epochs, mappings
from tests.contract.ledger_promises import LedgerPromises, Opened, Record


class TestMemoryLedger(LedgerPromises):
    @pytest.fixture
    def opened(self) -> Opened:
        @asynccontextmanager
        async def opened() -> AsyncIterator[Ledger]:
            yield MemoryLedger()

        return opened


class TestPostgresLedger(LedgerPromises):
    @pytest.fixture
    def opened(self, stack_settings: Settings) -> Opened:
        @asynccontextmanager
        async def opened() -> AsyncIterator[Ledger]:
            await asyncio.to_thread(migrate, stack_settings.operations_url)
            engine = operations_engine(stack_settings.operations_url, pool_size=2)
            yield PostgresLedger(engine, "erp")
            async with engine.begin() as connection:
                await connection.execute(delete(effects).where(effects.c.key.like("t-%")))
                await connection.execute(delete(mappings).where(mappings.c.crm_id.like("t-%")))
                await connection.execute(delete(epochs).where(epochs.c.slot.like("test/%")))
            await engine.dispose()

        return opened

    def test_an_applied_customer_has_its_mapping(self, opened: Opened, stack_settings: Settings) -> None:
        async def check(record: Record) -> None:
            await record.apply(1, "A")
            engine = operations_engine(stack_settings.operations_url, pool_size=1)
            async with engine.connect() as connection:
                row = (await connection.execute(select(mappings).where(mappings.c.crm_id == record.key))).one()
            await engine.dispose()
            assert (row.state, row.external_id, row.code) == ("applied", "17", f"C-{record.key}")

        self.run(opened, check)


def test_a_database_that_does_not_answer_is_named() -> None:
    async def check() -> None:
        engine = operations_engine("postgresql://nobody:x@127.0.0.1:1/none", pool_size=1)
        with pytest.raises(LedgerUnavailable, match="operations database failed"):
            await PostgresLedger(engine, "erp").take_epoch("test/none")
        await engine.dispose()

    asyncio.run(check())
