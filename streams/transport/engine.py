"""The engine: librdkafka in batches under an asyncio loop, with a contiguous watermark. It knows nothing of Faust.

consumer thread                                event loop
───────────────                                ──────────
poll, consume ──── messages by partition ────▶ backlog ─▶ Batch ─▶ agent, or `async for batch in engine`
commit  ◀───────── watermark ───────────────── finished prefix ◀── done() and every output acknowledged
rebalance ◀─────── settled ─────────────────── outstanding batches

async with Engine("localhost:9092", "group") as engine:
    engine.subscribe(["orders"])
    async for batch in engine:
        for message in batch:
            batch.emit("out", key=message.key(), value=message.value())
        batch.done()                    # or batch.complete(offset) per record, in any order
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Self, TypeVar, cast

import confluent_kafka

from streams.transport.at_least_once import AtLeastOnce
from streams.transport.batch import Batch
from streams.transport.consuming import ConsumerThread
from streams.transport.dispatch import Dispatcher, Hooks
from streams.transport.errors import Stalled, TransportError
from streams.transport.exactly_once import ExactlyOnce
from streams.transport.health import health_of
from streams.transport.options import EngineOptions
from streams.transport.producing import Outlet
from streams.transport.types import TP, Health, Progress
from streams.transport.watchdog import Guard, Watchdog

log = logging.getLogger("mesh.transport")
T = TypeVar("T")
Factory = Callable[[dict[str, Any]], Any]


class Engine:
    """One member of a consumer group, and one producer.

    Without `hooks` the engine is an async iterator of batches, which ends when the engine stops and raises when it
    failed.
    """

    def __init__(
        self,
        bootstrap: str,
        group: str,
        options: EngineOptions | None = None,
        *,
        hooks: Hooks | None = None,
        consumer_factory: Factory = confluent_kafka.Consumer,
        producer_factory: Factory = confluent_kafka.Producer,
        on_stalled: Callable[[Stalled], None] | None = None,
    ) -> None:
        self.bootstrap = bootstrap
        self.group = group
        self.options = options or EngineOptions()
        self.hooks = hooks
        self._consumer_factory = consumer_factory
        self._producer_factory = producer_factory
        self._queue: asyncio.Queue[Batch | None] = asyncio.Queue()
        self._outlet: Outlet | None = None
        self._aside: Outlet | None = None
        self._dispatcher: Dispatcher | None = None
        self._thread: ConsumerThread | None = None
        self._discipline: AtLeastOnce | ExactlyOnce | None = None
        self._on_stalled = on_stalled
        self._guard: Guard | None = None
        self._early: Exception | None = None  #: a failure before the consumer was started

    # -- life

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Open the producer, then the consumer. Raises KafkaException on a configuration that librdkafka refuses."""
        self.start_producer()
        self.start_consumer()

    def start_producer(self) -> None:
        if self._outlet is None:
            options = self.options
            make = options.transactional_producer_config if options.exactly_once else options.plain_producer_config
            self._outlet = self._new_outlet(make(self.bootstrap), transactional=options.exactly_once)

    def start_consumer(self) -> None:
        options, outlet, loop = self.options, self.outlet, asyncio.get_running_loop()
        self._dispatcher = Dispatcher(
            outlet,
            self.hooks or Hooks(on_batch=self._queue.put_nowait, on_failed=lambda _: self._queue.put_nowait(None)),
            batch_size=options.batch_size,
            max_outstanding=options.max_outstanding,
        )
        config = options.consumer_config(self.bootstrap, self.group)
        if options.exactly_once:
            self._discipline = ExactlyOnce(options, outlet)
        else:
            self._discipline = AtLeastOnce(options)
            config["on_commit"] = self._discipline.on_commit
        consumer = self._consumer_factory(config)
        self._thread = ConsumerThread(consumer, self._discipline, self._dispatcher, loop, options)
        self._thread.start()
        if options.stall_timeout:
            watchdog = Watchdog(options.stall_timeout, self.hooks.reader if self.hooks else None)
            self._guard = Guard(self, self._thread, watchdog, options.drain_timeout + 10, self._on_stalled)
            self._guard.start()

    def _new_outlet(self, config: dict[str, Any], *, transactional: bool) -> Outlet:
        patience = config["delivery.timeout.ms"] / 1000
        loop = asyncio.get_running_loop()
        return Outlet(
            lambda: self._producer_factory(config),
            loop,
            transactional=transactional,
            patience=patience,
            largest=config["message.max.bytes"],
        )

    def subscribe(self, topics: Iterable[str]) -> None:
        """Join the group for these topics; a second call replaces the first."""
        self.thread.subscribe(sorted(topics))

    async def drain(self) -> bool:
        """Fetch no more, let agents finish what they hold, commit. False: some did not finish in time, or failed."""
        if self._thread is None or self._dispatcher is None or self._thread.stopping:
            return True
        self._thread.fetching = False
        if not self.options.exactly_once:  # a transaction covers its whole cycle, backlog included
            self._dispatcher.cut_off(list(self._dispatcher.partitions.values()))
        settled = await self._dispatcher.settle(list(self._dispatcher.partitions.values()), self.options.drain_timeout)
        if settled:
            await self.commit()
        return settled

    async def stop(self) -> None:
        """Drain, commit, leave the group, and deliver what is still on its way. Raises what the engine failed of.

        A second call does nothing more.
        """
        await self.stop_consumer()
        await self.stop_producer()
        if self.failure is not None:
            raise self.failure

    async def stop_consumer(self) -> None:
        if self._thread is None or self._thread.stopping:
            return
        if self.failure is None:
            await self.drain()
        self._thread.stop()
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)
        if self._guard is not None:
            self._guard.stop()
        self._queue.put_nowait(None)

    async def stop_producer(self) -> None:
        """Raises DeliveryFailed when messages are left after the delivery timeout."""
        for outlet in (self._outlet, self._aside):
            if outlet is not None and self.failure is None:
                await outlet.drain()

    # -- batches

    def __aiter__(self) -> AsyncIterator[Batch]:
        return self

    async def __anext__(self) -> Batch:
        batch = await self._queue.get()
        if batch is None:
            self._queue.put_nowait(None)
            if self.failure is not None:
                raise self.failure
            raise StopAsyncIteration
        return batch

    def fail(self, reason: Exception) -> None:
        """Stop working, commit nothing unfinished: see `failure`."""
        if self._dispatcher is not None:
            self._dispatcher.fail(reason)
        else:
            self._early = self._early or reason

    @property
    def failure(self) -> Exception | None:
        return self._early if self._dispatcher is None else self._early or self._dispatcher.failure

    # -- beside batches

    @property
    def outlet(self) -> Outlet:
        """The producer under the batches."""
        if self._outlet is None:
            raise TransportError("the engine's producer has not been started")
        return self._outlet

    @property
    def aside(self) -> Outlet:
        """A producer for outputs that belong to no batch: never part of a transaction."""
        if not self.options.exactly_once:
            return self.outlet
        if self._aside is None:
            self._aside = self._new_outlet(self.options.plain_producer_config(self.bootstrap), transactional=False)
        return self._aside

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self.outlet.loop

    @property
    def thread(self) -> ConsumerThread:
        if self._thread is None:
            raise TransportError("the engine's consumer has not been started")
        return self._thread

    @property
    def assignment(self) -> frozenset[TP]:
        return frozenset(self._dispatcher.partitions) if self._dispatcher is not None else frozenset()

    def progress(self) -> list[Progress]:
        """Where each assigned partition stands."""
        return [p.progress() for p in list(self._dispatcher.partitions.values())] if self._dispatcher else []

    def health(self) -> Health:
        """What to tell a supervisor. From any thread."""
        return health_of(self.failure, self._thread, self._guard)

    async def call(self, wish: Callable[[Any], T]) -> T:
        """Run `wish(consumer)` on the consumer's thread, between two polls."""
        return cast(T, await asyncio.wrap_future(self.thread.call(wish)))

    async def commit(self) -> bool:
        """Commit the watermarks now; False when there is nothing new. Exactly-once: each transaction commits its own.

        Raises KafkaException when the group refuses (a rebalance is going on); the next commit repeats it.
        """
        discipline = self._discipline
        return discipline is not None and await self.call(lambda _: discipline.commit_now())
