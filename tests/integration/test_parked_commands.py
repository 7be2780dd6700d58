"""Commands that are on their way when an earlier one of their record is refused: the sink parks them, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas import headers as names
from schemas.reasons import Reason
from schemas.records import Command
from sinks.errors import Refused
from sinks.memory.sink import MemorySink, MemoryTarget
from sinks.postgres_ledger import PostgresLedger
from sinks.postgres_parking import PostgresParking
from streams.agents import ParkingDrainer
from streams.letters.outbox import Outbox, Outgoing
from streams.letters.parking.occupancy import Brake, Caps
from streams.letters.parking.store import end_blocks
from streams.letters.parking.tables import blocks, parked
from streams.runtime.clock import system_clock
from streams.runtime.database import operations_engine
from tests.contract.sink_examples import customer as a_customer
from tests.contract.sink_examples import order
from tests.contract.sink_worker import Bench


def customer(key: str, version: int) -> Command:
    """Each version says something new."""
    return a_customer(key, version, name=f"{key} at {version}")


@dataclass
class Line:
    """A worker over an ERP in memory, with the real ledger, the real parking and the real drainer."""

    engine: AsyncEngine
    caps: Caps = field(default_factory=Caps)

    def __post_init__(self) -> None:
        self.target = MemoryTarget()
        ledger, parking = PostgresLedger(self.engine, "erp"), PostgresParking(self.engine, Brake(self.caps))
        self.bench = Bench(MemorySink("erp", self.target), ledger, parking=parking, width=1)
        self.drainer = ParkingDrainer(self.engine, cast("Outbox", self), system_clock, Brake())

    async def send_all(self, records: Sequence[Outgoing]) -> None:
        """Stands where the outbox stands: the records are on the command topic again."""
        for record in records:
            self.bench.log.append(record.key, record.value, record.headers)

    def refuse(self, times: int = 1) -> None:
        self.target.faults.fail("write", lambda: Refused(Reason.ERP_REJECTED, "the period is closed"), times)

    async def work(self, *commands: Command) -> None:
        self.bench.send(commands)
        await self.bench.work()

    async def drain(self) -> int:
        sent = await self.drainer.step()
        await self.bench.work()
        return sent

    async def close_letters(self) -> None:
        async with self.engine.begin() as connection:
            await end_blocks(connection, blocks.c.state == "open", "its case was closed", "ada", system_clock())

    async def replay(self, offset: int = 0) -> None:
        """The letter of the command at an offset is sent again, as a replay sends it."""
        first = self.bench.log.messages[offset]
        place = zip((names.SOURCE_TOPIC, names.SOURCE_PARTITION, names.SOURCE_OFFSET), first.place, strict=True)
        marks = [(name, str(value).encode()) for name, value in place]
        headers = [*marks, (names.SOURCE_TIMESTAMP, b"1"), (names.REPLAYS, b"1")]
        self.bench.log.append(first.key(), first.value(), headers)
        await self.bench.work()

    async def waiting(self) -> list[tuple[str, int]]:
        query = select(parked.c.key, parked.c.version).where(parked.c.state != "done").order_by(parked.c.place)
        async with self.engine.connect() as connection:
            return [(row.key, row.version) for row in await connection.execute(query)]


def play(url: str, scene: Callable[[Line], Awaitable[None]], caps: Caps | None = None) -> None:
    async def run() -> None:
        engine = operations_engine(url)
        try:
            await scene(Line(engine, caps or Caps()))
        finally:
            await engine.dispose()

    asyncio.run(run())


def test_what_comes_behind_a_letter_waits_and_goes_on_in_order(operations_url: str) -> None:
    async def scene(line: Line) -> None:
        line.refuse()
        first, second, third = (customer("a1", version) for version in (1, 2, 3))
        sold, other = order("o1", "a1", 9), customer("a2", 1)
        await line.work(first, second, sold, other)
        assert line.target.writes == [other.command_id], "the order needs the customer: it waits, too"
        assert await line.waiting() == [("a1", 2), ("o1", 9)]
        assert await line.drain() == 0, "the letter is open"
        repair = customer("a1", 1).model_copy(update={"command_id": "r1", "repair": "a drift"})
        await line.work(repair)
        assert line.target.writes.pop() == "r1", "what a person asks for now does not wait"
        await line.replay()
        assert line.target.writes == [other.command_id, first.command_id]
        await line.close_letters()
        line.bench.send([third])  # it comes before the tail is back, and joins it
        assert await line.drain() == 2
        assert await line.drain() == 1
        ours = [one for one in line.target.writes if one != other.command_id]
        assert ours == [first.command_id, second.command_id, sold.command_id, third.command_id]
        assert await line.waiting() == []
        assert {effect.outcome for effect in line.bench.effects()} == {"applied"}, "nothing came too late"

    play(operations_url, scene)


def test_one_of_the_tail_is_refused_and_the_rest_waits_for_it(operations_url: str) -> None:
    async def scene(line: Line) -> None:
        line.refuse()
        commands = [customer("a1", version) for version in (1, 2, 3)]
        await line.work(*commands)
        await line.close_letters()  # it was discarded
        line.refuse()
        assert await line.drain() == 2
        assert line.target.writes == []
        assert await line.waiting() == [("a1", 3)]
        again = [header for _, header in line.bench.letters()]
        assert [one[names.SOURCE_OFFSET] for one in again] == ["0", "1"]
        assert all(names.PARKED not in one for one in again), "a replay of it is no drained command"
        await line.close_letters()
        await line.drain()
        assert line.target.writes == [commands[2].command_id]

    play(operations_url, scene)


def test_a_command_that_is_read_again_after_a_crash_is_parked_once(operations_url: str) -> None:
    async def scene(line: Line) -> None:
        line.refuse()
        await line.work(customer("a1", 1), customer("a1", 2))
        line.bench.log.completed.clear()  # nothing was committed: the next worker reads both again
        line.refuse()
        await line.bench.work()
        assert await line.waiting() == [("a1", 2)]
        await line.close_letters()
        await line.drainer.step()
        async with line.engine.begin() as connection:  # the drainer died before it could mark what it had sent
            await connection.execute(parked.update().values(state="waiting"))
        await line.drain()
        assert len(line.target.writes) == 1
        assert await line.waiting() == []

    play(operations_url, scene)


def test_where_parking_is_full_the_accounts_commands_rest_and_others_go_on(operations_url: str) -> None:
    async def scene(line: Line) -> None:
        line.refuse()
        other = customer("a2", 1)
        line.bench.width = 2
        line.bench.send([customer("a1", 1), customer("a1", 2), customer("a1", 3), other])
        working = asyncio.create_task(line.bench.work())
        async with asyncio.timeout(10):
            while line.target.writes != [other.command_id] or await line.waiting() != [("a1", 2)]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert line.bench.log.committed == 2, "the third finds no room, and is not passed by"
        assert not working.done()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

    play(operations_url, scene, Caps(events_per_key=1))
