"""The consumer's thread. Every call on the Consumer is made here and nowhere else.

confluent-kafka 2.16 lets no other thread in while `poll` or `consume` loops: a commit from the event loop would wait
for ever on an idle topic. So the others leave their wishes (`call`) and this thread grants them between two polls.

    ┌▶ wishes ─▶ tick (commit what is due) ─▶ hold back? ─▶ poll, consume ─▶ hand over to the event loop ─┐
    └──────────────────────────────────────────────────────────────────────────────────────────────────────┘

`poll` waits for the first message and returns with it at once; `consume(n, 0)` then takes what else is there. So an
idle line delivers a message the moment it comes, and a busy one delivers large batches.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import Future
from typing import Any, Protocol

from confluent_kafka import KafkaError, TopicPartition

from streams.transport.errors import ConsumptionFailed, TransportError
from streams.transport.options import EngineOptions
from streams.transport.partition import Partition, size_of
from streams.transport.pressure import Valve
from streams.transport.rebalance import Rebalance, Revocable
from streams.transport.types import TP, Message

log = logging.getLogger("mesh.transport")


class Loopside(Protocol):
    """What the thread needs of the engine on the event loop."""

    released: threading.Event

    failure: Exception | None

    def on_assigned(self, partitions: Iterable[Partition]) -> None: ...
    def on_messages(self, groups: Mapping[Partition, list[Message]], over: threading.Event | None = None) -> None: ...
    async def let_go(self, partitions: list[Partition], timeout: float) -> None: ...
    def close(self, partitions: list[Partition]) -> None: ...
    def fail(self, reason: Exception) -> None: ...


class Discipline(Revocable, Protocol):
    """When offsets are committed: the difference between the two guarantees. All on the consumer's thread."""

    fetch_size: int

    def begin(self, thread: ConsumerThread) -> None: ...
    def hand_over(self, groups: dict[Partition, list[Message]]) -> None: ...
    def carried(self) -> list[Message]: ...
    def tick(self) -> None: ...
    def commit_now(self) -> bool: ...
    def end(self) -> None: ...


class ConsumerThread(threading.Thread):
    """Fetches, and lives through rebalances."""

    def __init__(
        self,
        consumer: Any,
        discipline: Discipline,
        loopside: Loopside,
        loop: asyncio.AbstractEventLoop,
        options: EngineOptions,
    ) -> None:
        super().__init__(name="mesh-consumer", daemon=True)
        self.consumer = consumer
        self.loopside = loopside
        self.options = options
        self.partitions: dict[TP, Partition] = {}
        self.fetching = True
        self._discipline = discipline
        self.valve = Valve(self)
        self._rebalance = Rebalance(self, discipline)
        self._loop = loop
        self._calls: deque[tuple[Callable[[Any], Any], Future[Any]]] = deque()
        self._calls_lock = threading.Lock()
        self._closed = False
        self._stopping = threading.Event()
        self._looked_ahead = 0.0

    # -- from any thread

    def call(self, wish: Callable[[Any], Any]) -> Future[Any]:
        """Run `wish(consumer)` on the consumer's thread."""
        future: Future[Any] = Future()
        with self._calls_lock:
            if not self._closed:
                self._calls.append((wish, future))
                return future
        future.set_exception(ConsumptionFailed("the consumer has stopped"))
        return future

    def stop(self) -> None:
        """End after the current turn; `join` waits for it."""
        self._stopping.set()

    def subscribe(self, topics: list[str]) -> None:
        self.call(lambda consumer: self._rebalance.subscribe(consumer, topics))

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    # -- the thread

    def run(self) -> None:
        try:
            self._discipline.begin(self)
            while not self._stopping.is_set() and self.loopside.failure is None:
                self._turn()
            while not self._stopping.is_set():  # failed: stay in reach until the engine stops us
                self.grant()
                self._stopping.wait(0.02)
            self._discipline.end()
        except Exception as exc:
            self.fail(exc)
        finally:
            self._close()

    def _turn(self) -> None:
        self.grant()
        self._discipline.tick()
        self._look_ahead()
        if not self.fetching:
            self._stopping.wait(0.005)
            return
        if self.valve.closed():
            return
        messages = self._discipline.carried() or self.fetch(self._discipline.fetch_size)
        if messages:
            self._discipline.hand_over(self.group(messages))

    @property
    def wanted(self) -> bool:
        """Somebody waits for this thread."""
        return bool(self._calls) or self._stopping.is_set() or self.loopside.failure is not None

    def grant(self) -> None:
        """Do what other threads asked for."""
        while self._calls:
            wish, future = self._calls.popleft()
            try:
                future.set_result(wish(self.consumer))
            except Exception as exc:
                future.set_exception(exc)

    def fetch(self, most: int, timeout: float | None = None) -> list[Message]:
        """Messages that are there, or the next one to come; [] after the timeout."""
        first = self.consumer.poll(self.options.poll_timeout if timeout is None else timeout)
        if first is None:
            return []
        if most == 1:
            return [] if self._is_error(first) else [first]
        place: Any = (first.topic(), first.partition())
        owner = self.partitions.get(place)
        messages = self.consumer.consume(most - 1, 0)
        if self.partitions.get(place) is owner:  # else a rebalance came between the two, and it is read again
            messages.insert(0, first)
        if any(m.error() is not None for m in messages):
            return [m for m in messages if not self._is_error(m)]
        return messages  # type: ignore[no-any-return]

    def _is_error(self, message: Any) -> bool:
        error = message.error()
        if error is None:
            return False
        if error.fatal():
            raise ConsumptionFailed(f"fatal consumer error: {error.str()}")
        if error.code() != KafkaError._PARTITION_EOF:
            log.warning("consumer: %s", error.str())
        return True

    def _look_ahead(self) -> None:
        """Note the ends of the partitions once a second, from what librdkafka knows: no request is made."""
        now = time.monotonic()
        if now - self._looked_ahead >= 1:
            self._looked_ahead = now
            for partition in self.partitions.values():
                _, high = self.consumer.get_watermark_offsets(TopicPartition(*partition.tp), cached=True)
                partition.highwater = high if high >= 0 else None

    def group(self, messages: list[Message]) -> dict[Partition, list[Message]]:
        """Messages by partition, in order; those of partitions that we no longer own are left out."""
        by_place: dict[Any, list[Message]] = {}
        for message in messages:
            place = (message.topic(), message.partition())
            group = by_place.get(place)
            if group is None:
                by_place[place] = [message]
            else:
                group.append(message)
        groups = {}
        for place, group in by_place.items():
            partition = self.partitions.get(place)
            if partition is not None:
                self._check_order(partition, group)
                partition.fetched += len(group)
                partition.fetched_bytes += size_of(group)
                groups[partition] = group
        return groups

    @staticmethod
    def _check_order(partition: Partition, group: list[Message]) -> None:
        """Offsets that go back (a topic made anew, an unclean election) would carry the watermark back or past work."""
        first = group[0].offset() or 0
        if first < partition.fetched_to:
            raise ConsumptionFailed(f"offsets of {partition.tp} went back from {partition.fetched_to} to {first}")
        partition.fetched_to = (group[-1].offset() or 0) + 1

    def post(self, function: Callable[..., Any], *args: Any) -> None:
        """Call on the event loop, in the order of the posts."""
        self._loop.call_soon_threadsafe(function, *args)

    def ask(self, coroutine: Coroutine[Any, Any, Any], timeout: float) -> Any:
        """Run on the event loop and wait for the answer."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout)

    def fail(self, exc: Exception) -> None:
        """Stop the engine; from this thread."""
        failure = exc if isinstance(exc, TransportError) else ConsumptionFailed(f"{type(exc).__name__}: {exc}")
        failure.__cause__ = exc if failure is not exc else exc.__cause__
        self.post(self.loopside.fail, failure)

    def _close(self) -> None:
        """Leave the group (this revokes what is left), then turn down who still waits."""
        self._stopping.set()
        try:
            self.consumer.close()
        except Exception as exc:
            log.warning("the consumer did not close cleanly: %s", exc)
        with self._calls_lock:
            self._closed = True
        while self._calls:
            self._calls.popleft()[1].set_exception(ConsumptionFailed("the consumer has stopped"))
