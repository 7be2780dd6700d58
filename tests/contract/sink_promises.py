"""What every sink promises. A module inherits `SinkPromises` and gives the fixtures `case` and `key`."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from schemas.records import Command
from sinks.errors import Ambiguous
from sinks.memory.ledger import MemoryLedger
from sinks.port import Fields, Found, Sink, Written
from sinks.verify import differences
from tests.contract.sink_examples import billed, credit, customer, order, refund, schedule
from tests.contract.sink_worker import Bench

Make = Callable[[str, int, str], Command]


@dataclass
class Case:
    """A sink, and a command of some record: (key, version, a text in it) -> command. `first` must come before."""

    open: Callable[[], Sink]
    make: Make
    first: Callable[[str], Command] | None = None


def new_key() -> str:
    return f"t-{uuid.uuid4().hex[:12]}"


def order_of(key: str, version: int, text: str) -> Command:
    made = order(key, f"a-{key}", version, currency="EUR")
    assert made.order is not None
    return made.model_copy(update={"order": made.order.model_copy(update={"contract_reference": text})})


def credit_of(key: str, version: int, text: str) -> Command:
    made = credit(key, f"a-{key}", version)
    assert made.credit is not None
    return made.model_copy(update={"credit": made.credit.model_copy(update={"reason": text})})


def schedule_of(key: str, version: int, text: str) -> Command:
    return schedule(key, f"a-{key}", version, quantity=str(len(text)))


def draft_of(key: str, version: int, text: str, erp_id: str = "1") -> Command:
    return billed("invoice.draft", key, f"a-{key}", version, reference=text, erp_id=erp_id)


def post_of(key: str, version: int, text: str, erp_id: str = "1") -> Command:
    return billed("invoice.post", key, f"a-{key}", version, reference=text, erp_id=erp_id)


def refund_of(key: str, version: int, text: str) -> Command:
    return refund(key, f"a-{key}", version, charge=text)


def customer_of(key: str, version: int, text: str) -> Command:
    return customer(key, version, city=text)


@asynccontextmanager
async def opened(case: Case, key: str) -> AsyncIterator[Sink]:
    async with case.open() as sink:
        if case.first is not None:
            await write(sink, case.first(key))
        yield sink


async def write(sink: Sink, command: Command) -> Written:
    return await sink.write(command, await sink.find(command))


def run(case: Case, key: str, check: Callable[[Sink], Awaitable[None]]) -> None:
    async def life() -> None:
        async with opened(case, key) as sink:
            await check(sink)

    asyncio.run(life())


class SinkPromises:
    def test_what_is_written_reads_back(self, case: Case, key: str) -> None:
        async def check(sink: Sink) -> None:
            command = case.make(key, 1, "Ünïcode 東京")
            written = await write(sink, command)
            assert written.sent
            assert differences(written.sent, await sink.read_back(command, written)) == []

        run(case, key, check)

    def test_what_was_written_is_found_under_the_same_id(self, case: Case, key: str) -> None:
        async def check(sink: Sink) -> None:
            command = case.make(key, 1, "A")
            written = await write(sink, command)
            found = await sink.find(command)
            assert found is not None
            assert found.external_id == written.external_id

        run(case, key, check)

    def test_a_repeat_changes_nothing(self, case: Case, key: str) -> None:
        async def check(sink: Sink) -> None:
            command = case.make(key, 1, "A")
            first = await write(sink, command)
            before = await sink.read_back(command, first)
            again = await write(sink, command)
            assert (again.external_id, again.external_number) == (first.external_id, first.external_number)
            assert await sink.read_back(command, again) == before

        run(case, key, check)

    def test_a_lost_answer_gives_one_record(self, case: Case, key: str) -> None:
        """The target applies the write, nobody hears of it, and the runner looks it up."""

        async def check(sink: Sink) -> None:
            bench = Bench(Deaf(sink), MemoryLedger(), settle=1.0)
            bench.send([case.make(key, 1, "A")])
            await bench.work()
            (effect,) = bench.effects()
            assert effect.outcome == "applied"
            assert effect.attempts == 2
            found = await sink.find(case.make(key, 1, "A"))
            assert found is not None
            assert found.external_id == effect.external_id

        run(case, key, check)

    def test_an_older_command_is_stale_and_not_written(self, case: Case, key: str) -> None:
        async def check(sink: Sink) -> None:
            bench = Bench(sink, MemoryLedger())
            newer = case.make(key, 5, "new")
            bench.send([newer, case.make(key, 4, "old"), case.make(key, 6, "new")])
            await bench.work()
            assert [effect.outcome for effect in bench.effects()] == ["applied", "stale", "unchanged"]
            written = await write(sink, newer)
            assert differences(written.sent, await sink.read_back(newer, written)) == []

        run(case, key, check)

    def test_ping_answers(self, case: Case, key: str) -> None:
        async def check(sink: Sink) -> None:
            await sink.ping()

        run(case, key, check)


class Deaf:
    """A sink whose first write is applied and not answered."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._deaf = True
        self.name, self.target = sink.name, sink.target

    async def __aenter__(self) -> Deaf:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def ping(self) -> None:
        await self._sink.ping()

    async def find(self, command: Command) -> Found | None:
        return await self._sink.find(command)

    async def write(self, command: Command, found: Found | None) -> Written:
        written = await self._sink.write(command, found)
        if self._deaf:
            self._deaf = False
            raise Ambiguous("no answer within the time")
        return written

    async def read_back(self, command: Command, written: Written) -> Fields:
        return await self._sink.read_back(command, written)
