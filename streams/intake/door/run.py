"""Run the door: listen, serve until told to stop, let what is in flight end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from schemas.codec import Codec
from streams.intake.door.acceptance import Acceptance
from streams.intake.door.app import make_app
from streams.intake.door.deliveries import DatabaseDeliveries
from streams.intake.door.endpoint import WebhookEndpoint
from streams.intake.door.errors import DoorFailed, DoorMisconfigured, Unavailable
from streams.intake.door.publisher import KafkaPublisher
from streams.intake.door.sources import make_sources
from streams.runtime.clock import Clock, system_clock
from streams.runtime.database import operations_engine
from streams.runtime.logs import get_logger
from streams.runtime.registry import worker_registry
from streams.runtime.settings import DoorSettings, Settings

log = get_logger(__name__)
_PRUNE_EVERY_S = 3600.0
_POOL = 10


class _Server(uvicorn.Server):
    """Signals are the caller's: it sets `stop`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run_door(
    settings: Settings,
    stop: asyncio.Event,
    clock: Clock = system_clock,
    on_listening: Callable[[str], None] | None = None,
) -> None:
    """Serve until `stop` is set, then finish what is in flight. Port 0 takes a free one.

    `on_listening` gets the door's own URL. Raises MissingSetting, DoorMisconfigured before anything is served,
    and DoorFailed when the producer is beyond repair.
    """
    settings.need("bootstrap", "registry_url", "operations_url")
    sources = make_sources(settings.door.secrets)
    listener = _listen(settings.door)
    host, port = listener.getsockname()[:2]
    door = settings.door.model_copy(update={"host": host, "port": port})
    async with _stores(settings, clock) as (publisher, deliveries):
        acceptance = Acceptance(
            publisher, deliveries, door.dedupe_window, door.answer_within, max_in_flight=door.max_in_flight
        )
        endpoint = WebhookEndpoint(door, sources, acceptance, clock)
        app = make_app(endpoint, {"broker": publisher.check, "database": deliveries.check})
        server = _Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                proxy_headers=False,  # who called, and how, is never taken from a header
                timeout_graceful_shutdown=15,
            )
        )
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        url = f"http://{host}:{port}"
        configured = [name for name, source in sources.items() if source.keys]
        log.info("door listens", url=url, sources=configured)
        if on_listening is not None:
            on_listening(url)
        await _until(stop, publisher, serving)
        server.should_exit = True
        await serving
        await acceptance.drain()
    log.info("door closed", url=url)
    if publisher.failed.done():
        raise DoorFailed(f"the Kafka producer cannot go on: {publisher.failed.result()}")


def _listen(door: DoorSettings) -> socket.socket:
    """A listening socket. Raises DoorMisconfigured where the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in door.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((door.host, door.port))
    except OSError as error:
        listener.close()
        raise DoorMisconfigured(f"door.host, door.port: cannot listen on {door.host}:{door.port}: {error}") from None
    return listener


@asynccontextmanager
async def _stores(settings: Settings, clock: Clock) -> AsyncIterator[tuple[KafkaPublisher, DatabaseDeliveries]]:
    engine = operations_engine(settings.operations_url, _POOL)
    deliveries = DatabaseDeliveries(engine)
    publisher = KafkaPublisher(settings.bootstrap, Codec(worker_registry(settings)))
    pruning = asyncio.create_task(_prune(deliveries, settings.door, clock))
    try:
        yield publisher, deliveries
    finally:
        pruning.cancel()
        await asyncio.gather(pruning, return_exceptions=True)
        await publisher.close()
        await engine.dispose()


async def _prune(deliveries: DatabaseDeliveries, door: DoorSettings, clock: Clock) -> None:
    """Forget old ids once an hour; a database that is away is asked again the next time."""
    while True:
        with contextlib.suppress(Unavailable):
            await deliveries.prune(clock() - door.dedupe_window)
        await asyncio.sleep(_PRUNE_EVERY_S)


async def _until(stop: asyncio.Event, publisher: KafkaPublisher, serving: asyncio.Task[None]) -> None:
    stopping = asyncio.create_task(stop.wait())
    endings: list[asyncio.Future[Any]] = [stopping, publisher.failed, serving]
    await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
