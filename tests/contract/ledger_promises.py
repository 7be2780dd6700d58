"""What every ledger promises. A module inherits `LedgerPromises` and gives the fixture `opened`."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.records import Command, Conversion
from sinks.errors import Fenced
from sinks.fingerprint import fingerprint
from sinks.ledger import Ledger, Place, Proceed, Told
from tests.contract.sink_examples import START, customer

Opened = Callable[[], AbstractAsyncContextManager[Ledger]]


class Record:
    """One record's commands, in one slot of a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.key = f"t-{uuid.uuid4().hex[:12]}"
        self.slot = f"test/{self.key}"
        self.place = Place(self.slot, 0)

    def command(self, version: int, body: str) -> Command:
        return customer(self.key, version, city=body)

    async def begin(self, version: int, body: str) -> Proceed | Told:
        command = self.command(version, body)
        return await self.ledger.begin(command, fingerprint(command), self.place, START + timedelta(seconds=version))

    async def apply(self, version: int, body: str) -> None:
        await self.begin(version, body)
        await self.ledger.applied(self.command(version, body), "17", "C17", self.place, START)


class LedgerPromises:
    def run(self, opened: Opened, check: Callable[[Record], Awaitable[None]]) -> None:
        async def life() -> None:
            async with opened() as ledger:
                record = Record(ledger)
                record.place = Place(record.slot, await ledger.take_epoch(record.slot))
                await check(record)

        asyncio.run(life())

    def test_what_is_applied_is_told_with_its_ids(self, opened: Opened) -> None:
        async def check(record: Record) -> None:
            assert await record.begin(1, "A") == Proceed()
            await record.ledger.tried(record.command(1, "A"), 2, record.place, START)
            entry = await record.ledger.applied(record.command(1, "A"), "17", "C17", record.place, START)
            assert await record.begin(1, "A") == Told(entry)
            assert (entry.outcome, entry.external_id, entry.external_number, entry.attempts) == (
                "applied",
                "17",
                "C17",
                2,
            )

        self.run(opened, check)

    def test_what_was_converted_is_told_with_it(self, opened: Opened) -> None:
        async def check(record: Record) -> None:
            rate = {"rate": Decimal("1.086956521739130435"), "rate_date": START.date(), "source": "tryton rate 7"}
            amounts = {"amount": Decimal("960.00"), "currency": "EUR", "converted": Decimal("1043.48"), "into": "USD"}
            conversion = Conversion(**amounts, **rate)
            await record.begin(1, "A")
            await record.ledger.applied(record.command(1, "A"), "17", "C17", record.place, START, conversion)
            again = await record.begin(1, "A")
            assert isinstance(again, Told)
            assert again.entry.conversion == conversion
            unchanged = await record.begin(2, "A")
            assert isinstance(unchanged, Told)
            assert unchanged.entry.conversion is None

        self.run(opened, check)

    def test_what_is_pending_says_since_when(self, opened: Opened) -> None:
        async def check(record: Record) -> None:
            await record.begin(1, "A")
            assert await record.begin(1, "A") == Proceed(START + timedelta(seconds=1))

        self.run(opened, check)

    def test_unchanged_and_stale_are_ended_with_the_ids_of_the_last(self, opened: Opened) -> None:
        async def check(record: Record) -> None:
            await record.apply(5, "A")
            for version, body, outcome in ((6, "A", "unchanged"), (4, "B", "stale")):
                verdict = await record.begin(version, body)
                assert isinstance(verdict, Told)
                assert (verdict.entry.outcome, verdict.entry.external_id) == (outcome, "17")
                assert await record.begin(version, body) == verdict  # and stays so

        self.run(opened, check)

    def test_what_is_dead_is_tried_again(self, opened: Opened) -> None:
        async def check(record: Record) -> None:
            await record.begin(1, "A")
            await record.ledger.dead(record.command(1, "A"), 3, record.place, START)
            assert await record.begin(1, "A") == Proceed()

        self.run(opened, check)

    def test_a_later_command_after_a_dead_one_is_not_taken_for_unchanged(self, opened: Opened) -> None:
        async def check(record: Record) -> None:
            await record.apply(1, "A")
            await record.begin(2, "B")
            await record.ledger.dead(record.command(2, "B"), 3, record.place, START)
            assert await record.begin(3, "A") == Proceed()

        self.run(opened, check)

    def test_an_older_epoch_is_refused_everywhere(self, opened: Opened) -> None:
        async def check(record: Record) -> None:
            await record.begin(1, "A")
            command, old = record.command(1, "A"), record.place
            new = Place(record.slot, await record.ledger.take_epoch(record.slot))
            assert new.epoch > old.epoch
            writes = (
                record.begin(1, "A"),
                record.ledger.tried(command, 2, old, START),
                record.ledger.applied(command, "1", "1", old, START),
                record.ledger.dead(command, 1, old, START),
            )
            for write in writes:
                with pytest.raises(Fenced, match="has epoch"):
                    await write
            record.place = new
            assert isinstance(await record.begin(1, "A"), Proceed)

        self.run(opened, check)
