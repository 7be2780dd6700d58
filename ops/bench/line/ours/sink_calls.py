"""W3 on MeshLine: the sink runner of the product, with a sink whose write takes 2.5 ms and a ledger in memory.

The peer keeps no ledger, so ours is in memory: what PostgreSQL adds is the database's time, not the line's.
"""

from __future__ import annotations

import asyncio
import signal
from types import TracebackType
from typing import Literal, Self

from ops.bench.line.peers.job import Job, job
from schemas.codec import Codec
from schemas.records import Command
from schemas.registry import MemoryRegistry
from schemas.released import newest_schema
from schemas.topics import COMMAND_ERP
from sinks.memory.ledger import MemoryLedger
from sinks.port import Fields, Found, Written
from sinks.worker import BATCH, BATCHES_AHEAD, build_runner, consume
from streams.runtime.settings import SinkSettings
from streams.transport import Engine, EngineOptions


class SlowSink:
    """Its write is one call of a fixed time; it holds nothing, so nothing is found, and what was sent is read back."""

    name = "slow"
    target: Literal["erp"] = "erp"

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Nothing is open."""

    async def ping(self) -> None:
        """It always answers."""

    async def find(self, command: Command) -> Found | None:
        return None

    async def write(self, command: Command, found: Found | None) -> Written:
        await asyncio.sleep(self._seconds)
        return Written(command.key, sent={"name": command.key})

    async def read_back(self, command: Command, written: Written) -> Fields:
        return written.sent


async def run(work: Job) -> None:
    codec = Codec(MemoryRegistry())
    codec.writer(COMMAND_ERP.subject, newest_schema(Command))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    failure: asyncio.Future[None] = loop.create_future()
    settings = SinkSettings(concurrency=work.options["at_once"])
    runner = build_runner(
        SlowSink(work.options["call_seconds"]), MemoryLedger(), codec, settings, failure.set_exception
    )
    engine = Engine(work.bootstrap, work.group, EngineOptions(batch_size=BATCH, max_outstanding=BATCHES_AHEAD))
    await consume(engine, {work.source: runner}, stop, failure)


if __name__ == "__main__":
    asyncio.run(run(job()))
