"""The run: clean and poisoned phases in turns, each followed by a rest in which tails drain.

Events come at a steady rate, of records drawn evenly from all. In a poisoned phase some of the records have an open
letter; what is measured is the others.
"""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from ops.bench.line.bench import machine
from ops.bench.line.broker import BenchKafka
from ops.bench.parking.figures import Phase, result_of
from ops.bench.parking.line import Commands, Line, Source
from ops.local import environment
from ops.local.postgres import PostgreSQL
from ops.local.stack import Stack
from schemas.codec import Codec
from schemas.registry import MemoryRegistry
from schemas.topics import COMMAND_ERP, CRM_ACCOUNT, REDRIVE, SKIPPED, STATE_CRM
from streams.runtime.clock import system_clock
from streams.runtime.database import migrate, operations_engine

_PATIENCE_S = 300.0
_TOPICS = (CRM_ACCOUNT, COMMAND_ERP, REDRIVE["decide"], SKIPPED, *STATE_CRM.values())


class BenchStuck(Exception):
    """What was sent did not come out in time: see the log of the bench's parts."""


class Stopped(Exception):
    """Somebody ended the bench; there is no result."""


class _Broker(BenchKafka):
    """Its data are thrown away: it need not hand anything over at its end."""

    stop_signal = signal.SIGKILL


@dataclass(frozen=True, slots=True)
class Request:
    """`rate`: events per second, of all records together; `seconds`: of one phase; `turns`: phases of each kind."""

    keys: int = 10_000
    poison: float = 0.05
    rate: int = 200
    seconds: float = 15.0
    turns: int = 3
    seed: int = 1


def run(request: Request, folder: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    """Measure, on a broker and a database that are removed afterwards. Raises LocalPartsError, BenchStuck, Stopped."""
    stack = Stack(folder, {}, lambda place: [_Broker(place), PostgreSQL(place)])
    try:
        stack.up(lambda report: tell(f"{report.title}, pid {report.pid}, in a folder of its own"))
        known = environment.read(folder / "env")
        bootstrap, url = known["MESHLINE_BOOTSTRAP"], known["MESHLINE_OPERATIONS_URL"]
        _make_topics(bootstrap)
        migrate(url)
        return asyncio.run(_until_told(_measure(request, bootstrap, url, tell)))
    finally:
        stack.down(lambda _: None, wipe=True)


async def _until_told(measuring: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """The result. SIGTERM and SIGINT end the measuring wherever it is. Raises Stopped."""
    task, loop = asyncio.create_task(measuring), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        raise Stopped from None


def _make_topics(bootstrap: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    for future in admin.create_topics([NewTopic(one.name, one.partitions, 1) for one in _TOPICS]).values():
        future.result(30)


async def _measure(request: Request, bootstrap: str, url: str, tell: Callable[[str], None]) -> dict[str, Any]:
    codec, database = Codec(MemoryRegistry()), operations_engine(url)
    source, commands = Source(bootstrap, codec), Commands(bootstrap, codec)
    commands.start()
    try:
        async with Line(bootstrap, database, codec) as line:
            turns = _Turns(request, source, commands, line, tell)
            return await turns.all()
    finally:
        commands.stop()
        await database.dispose()


class _Turns:
    def __init__(
        self, request: Request, source: Source, commands: Commands, line: Line, tell: Callable[[str], None]
    ) -> None:
        self._request, self._source, self._commands, self._line, self._tell = request, source, commands, line, tell
        self._dice = random.Random(request.seed)
        self._keys = [f"A{number}" for number in range(request.keys)]
        self._skipped = 0

    async def all(self) -> dict[str, Any]:
        await self._line.reserve(self._keys)
        phases = []
        await self._phase(poisoned=False)  # to warm up
        for _ in range(self._request.turns):
            phases += [await self._phase(poisoned=False), await self._phase(poisoned=True)]
        with suppress(BenchStuck):  # what is missing is counted
            await self._until(lambda: not self._missing(), "the newest event of each record")
        return self._result(phases)

    async def _phase(self, *, poisoned: bool) -> Phase:
        request = self._request
        poison = set(self._dice.sample(self._keys, round(request.keys * request.poison))) if poisoned else set[str]()
        await self._line.block(sorted(poison))
        sent = await self._load()
        others = [event_id for key, event_id in sent if key not in poison]
        await self._until(lambda: all(one in self._commands.seen for one in others), "the events of a phase")
        waiting = await self._line.parked()
        await self._line.unblock()
        await self._drained()
        latencies = [self._commands.seen[event_id][1] for event_id in others]
        phase = Phase(poisoned, latencies, waiting)
        self._tell(f"{'poisoned' if poisoned else 'clean':8} {len(latencies):,} events measured, {waiting} were parked")
        return phase

    async def _load(self) -> list[tuple[str, str]]:
        """Events at the rate, for the phase's time: (record, event id)."""
        sent, began = [], time.monotonic()
        count = int(self._request.rate * self._request.seconds)
        for number in range(count):
            key = self._dice.choice(self._keys)
            sent.append((key, self._source.send(key)))
            ahead = began + number / self._request.rate - time.monotonic()
            if ahead > 0:
                await asyncio.sleep(ahead)
        self._source.flush()
        return sent

    async def _drained(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while await self._line.parked():
            if time.monotonic() > deadline:
                raise BenchStuck(f"{await self._line.parked()} events are still parked")
            await asyncio.sleep(0.1)

    async def _until(self, done: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not done():
            broken = [task for task in self._line.tasks if task.done()]
            if broken:
                await broken[0]
            if time.monotonic() > deadline:
                raise BenchStuck(f"{what} did not come out in {_PATIENCE_S:.0f} s")
            await asyncio.sleep(0.05)

    def _result(self, phases: list[Phase]) -> dict[str, Any]:
        """What came out is compared with what went in: order per record, and the newest of each is there."""
        order = self._commands.order
        place = {event: at for events in self._source.sent.values() for at, event in enumerate(events)}
        misordered = sum([place[e] for e in events] != sorted(place[e] for e in events) for events in order.values())
        when = system_clock().replace(microsecond=0).isoformat()
        about = {"measured_at": when, "machine": machine(), "request": asdict(self._request)}
        return result_of(phases, about, self._missing(), misordered)

    def _missing(self) -> int:
        """Records whose newest event has no command."""
        return sum(events[-1] not in self._commands.seen for events in self._source.sent.values())
