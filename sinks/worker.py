"""The sink worker: one consumer for all targets, one runner per target."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from schemas.codec import Codec
from sinks.breaker import Breaker
from sinks.carry import Carrier, Patience
from sinks.gate import Gate
from sinks.ledger import Ledger
from sinks.parking import Parking
from sinks.port import Sink
from sinks.postgres_crm.sink import PostgresCrmSink
from sinks.postgres_ledger import PostgresLedger
from sinks.postgres_parking import PostgresParking
from sinks.retry import RetryPolicy
from sinks.runner import Runner
from sinks.tryton.sink import TrytonSink
from streams.letters.fuse import Fuse, fuse_for
from streams.letters.parking.occupancy import Brake, Caps
from streams.runtime.database import operations_engine
from streams.runtime.health import PROBES
from streams.runtime.logs import get_logger
from streams.runtime.registry import worker_registry
from streams.runtime.settings import Settings, SinkSettings
from streams.transport.engine import Engine
from streams.transport.errors import DeliveryFailed
from streams.transport.options import EngineOptions

log = get_logger("mesh.sinks")

#: Records of one partition that are read ahead: BATCHES_AHEAD batches of BATCH records.
BATCH = 32
BATCHES_AHEAD = 8

OnFailure = Callable[[BaseException], None]


class Stopped(Exception):
    """The worker was told to stop; what waits is read again."""


def build_sinks(settings: Settings) -> list[Sink]:
    """The sinks of this deployment: one per target. Raises MissingSetting."""
    return [TrytonSink.of(settings), PostgresCrmSink.of(settings)]


async def run_sinks(settings: Settings, sinks: Sequence[Sink], stop: asyncio.Event) -> None:
    """Carry commands to their targets until `stop` is set; then finish what is under way, commit, and return.

    Raises WorkerStopped, TransportError or RegistryUnavailable for what is ours: nothing unfinished is committed.
    """
    settings.need("bootstrap", "registry_url", "operations_url")
    codec = Codec(worker_registry(settings))
    database = operations_engine(settings.operations_url, pool_size=8)
    engine = Engine(settings.bootstrap, f"{settings.worker.group}.sinks", options_of(settings))
    PROBES.add("engine", engine.health)
    failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def fail(error: BaseException) -> None:
        if not failure.done():
            failure.set_exception(error)

    caps = Caps(settings.parking.events_per_key, settings.parking.keys, settings.parking.events)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.dispose)
        runners: dict[str, Runner] = {}
        for sink in sinks:
            await stack.enter_async_context(sink)
            ledger = PostgresLedger(database, sink.target)
            fuse = fuse_for(f"sink {sink.target}", settings.fuse)
            parking = PostgresParking(database, Brake(caps)) if sink.target == "erp" else None
            runner = build_runner(sink, ledger, codec, settings.sink, fail, fuse, parking)
            runners[runner.topic] = runner
        await consume(engine, runners, stop, failure)


def build_runner(
    sink: Sink,
    ledger: Ledger,
    codec: Codec,
    settings: SinkSettings,
    fail: OnFailure,
    fuse: Fuse | None = None,
    parking: Parking | None = None,
) -> Runner:
    """A runner with its gate and carrier, as the settings say. `parking` keeps what comes behind its letters."""
    breaker = Breaker(settings.breaker_failures, settings.breaker_pause.total_seconds())
    gate = Gate(sink.target, breaker, sink.ping)
    policy = RetryPolicy.of(settings.attempts, settings.first_backoff, settings.max_backoff)
    carrier = Carrier(sink, ledger, gate, Patience(policy, settings.timeout.total_seconds()))
    return Runner(
        sink, ledger, codec, gate, carrier, width=settings.concurrency, on_failure=fail, fuse=fuse, parking=parking
    )


def options_of(settings: Settings) -> EngineOptions:
    # At least once: an effect is in the ledger before it is told, and telling it twice has one effect id.
    return EngineOptions(
        batch_size=BATCH,
        max_outstanding=BATCHES_AHEAD,
        group_instance_id=f"{settings.worker.group}.sinks-{settings.worker.slot}",
        consumer={"session.timeout.ms": 15_000},
    )


async def consume(
    engine: Engine, runners: Mapping[str, Runner], stop: asyncio.Event, failure: asyncio.Future[None]
) -> None:
    """Hand each topic's batches to its runner until `stop` is set or `failure` has an exception, which is raised."""
    await engine.start()
    engine.subscribe(runners)
    reading = asyncio.create_task(_read(engine, runners))
    stopping = asyncio.create_task(stop.wait())
    try:
        ends: set[asyncio.Future[Any]] = {reading, stopping, failure}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        for runner in runners.values():
            await runner.stop()
        await _end(engine, reading, failure)


async def _read(engine: Engine, runners: Mapping[str, Runner]) -> None:
    async for batch in engine:
        await runners[batch.tp.topic].accept(batch)


async def _end(engine: Engine, reading: asyncio.Task[None], failure: asyncio.Future[None]) -> None:
    """Commit what is finished, leave the group, and raise what went wrong first."""
    reason: BaseException = Stopped()
    if failure.done():
        reason = failure.exception() or reason
    elif reading.done() and not reading.cancelled():
        reason = reading.exception() or reason
    if engine.failure is None:
        try:
            await engine.outlet.drain()  # the last effects and letters; then the watermark covers their records
        except DeliveryFailed as error:
            reason = error
        # Batches that are begun and not finished would be waited for: this engine is to end without them.
        engine.fail(reason if isinstance(reason, Exception) else Stopped(repr(reason)))
    try:
        await engine.stop()
    except Stopped:
        log.info("sinks stopped")
    finally:
        await asyncio.wait({reading})
        if not reading.cancelled():
            reading.exception()  # the same as the engine's
