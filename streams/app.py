"""The streams worker: two agents on one Faust app, and the clock behind holds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from faust.types import StreamT
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.codec import Codec
from schemas.registry import Registry
from schemas.topics import BILLING_HOLD, CDC, CLEAN, EFFECT_ERP, ERP_CHANGES, REDRIVE, WEBHOOK
from streams.agents import DecideAgent, HoldReleaser, NormaliseAgent, OverloadWatch, ParkingDrainer
from streams.agents.policy import policy_of
from streams.letters.fuse import fuse_for
from streams.letters.outbox import Outbox
from streams.letters.parking.occupancy import Brake, Caps
from streams.overload.backlog import Backlog
from streams.overload.limits import thresholds_of
from streams.publish import Publisher
from streams.runtime.clock import Clock, system_clock
from streams.runtime.database import operations_engine
from streams.runtime.lag import count_stall, keep_showing
from streams.runtime.registry import worker_registry
from streams.runtime.settings import Settings
from streams.transport import Batch, EngineOptions, MeshApp

RAW_TOPICS = (*CDC.values(), *WEBHOOK.values(), *ERP_CHANGES.values(), REDRIVE["normalise"])
DECIDED_TOPICS = (*CLEAN, EFFECT_ERP, BILLING_HOLD, REDRIVE["decide"])


@dataclass(frozen=True, slots=True)
class Parts:
    """What the agents stand on."""

    codec: Codec
    database: AsyncEngine
    outbox: Outbox
    clock: Clock


def build_parts(settings: Settings, registry: Registry | None = None) -> Parts:
    """Connect to the registry and the operations database. Raises MissingSetting."""
    settings.need("bootstrap", "registry_url", "operations_url")
    return Parts(
        codec=Codec(registry or worker_registry(settings)),
        database=operations_engine(settings.operations_url),
        outbox=Outbox(settings.bootstrap),
        clock=system_clock,
    )


def _committed(app: MeshApp) -> dict[tuple[str, int], int]:
    return {(p.tp.topic, p.tp.partition): p.committed for p in app.engine.progress() if p.committed is not None}


def build_app(settings: Settings, parts: Parts) -> MeshApp:
    """The Faust app with its agents. They are the same under either delivery guarantee."""
    worker = settings.worker
    app = MeshApp(
        f"{worker.group}.streams",
        broker=f"mesh://{settings.bootstrap}",
        engine=EngineOptions(
            delivery=worker.delivery,
            batch_size=worker.batch_size,
            transactional_id=f"{worker.group}.streams.{worker.slot}" if worker.delivery == "exactly-once" else None,
            # A worker that is started again takes its partitions back at once, without a rebalance.
            group_instance_id=f"{worker.group}.streams-{worker.slot}",
            consumer={"session.timeout.ms": 15_000},
            linger=worker.linger.total_seconds(),
            stall_timeout=worker.stall_after.total_seconds(),
        ),
        on_stalled=lambda stalled: count_stall(f"{worker.group}.streams", stalled),
    )
    normalise_fuse, decide_fuse = fuse_for("normalise", settings.fuse), fuse_for("decide", settings.fuse)
    normalising = NormaliseAgent(parts.codec, parts.clock, Publisher(parts.codec, "normalise", normalise_fuse))
    parking = settings.parking
    brake = Brake(Caps(parking.events_per_key, parking.keys, parking.events))
    deciding = DecideAgent(
        parts.codec,
        parts.database,
        policy_of(settings),
        parts.clock,
        Publisher(parts.codec, "decide", decide_fuse),
        (lambda: _committed(app)) if worker.delivery == "exactly-once" else None,
        brake=brake,
    )
    releaser = HoldReleaser(parts.database, parts.outbox, parts.clock)
    drainer = ParkingDrainer(parts.database, Outbox(settings.bootstrap), parts.clock, brake)

    @app.agent(app.topic(*(topic.name for topic in RAW_TOPICS), value_serializer="raw"), name="normalise")
    async def normalise(stream: StreamT[Batch]) -> None:
        async for batch in stream:
            await normalising.run(batch)

    @app.agent(app.topic(*(topic.name for topic in DECIDED_TOPICS), value_serializer="raw"), name="decide")
    async def decide(stream: StreamT[Batch]) -> None:
        async for batch in stream:
            await deciding.run(batch)

    stopping = asyncio.Event()

    @app.task
    async def release_holds(_: Any = None) -> None:
        await releaser.run(stopping, worker.hold_poll.total_seconds())

    @app.task
    async def drain_parking(_: Any = None) -> None:
        await drainer.run(stopping, parking.poll.total_seconds())

    @app.task
    async def watch_overload(_: Any = None) -> None:
        backlog = Backlog(settings.bootstrap, f"{worker.group}.sinks")
        limits = thresholds_of(settings.overload)
        watch = OverloadWatch(parts.database, backlog.waiting, limits, parts.clock)
        await watch.run(stopping, settings.overload.poll.total_seconds())

    @app.task
    async def show_lag(_: Any = None) -> None:
        await keep_showing(str(app.conf.id), app.engine.progress, stopping)

    return app
