"""The consumer's thread. Every call on the Consumer is made here and nowhere else.

confluent-kafka 2.16 lets no other thread in while `poll` or `consume` loops: a commit from the event loop would wait
for ever on an idle topic. So the others leave their wishes (`call`) and this thread grants them between two polls.

    ┌▶ wishes ─▶ tick (commit what is due) ─▶ hold back? ─▶ fetch ─▶ hand over to the event loop ─┐
    └─────────────────────────────────────────────────────────────────────────────────────────────┘
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

from streams.transport.errors import ConsumptionFailed, TransportError
from streams.transport.fetching import Fetcher
from streams.transport.lookahead import LookAhead
from streams.transport.options import EngineOptions
from streams.transport.partition import Partition
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
    def drop_backlog(self, partitions: Iterable[Partition]) -> None: ...
    async def let_go(self, partitions: list[Partition], timeout: float) -> None: ...
    def close(self, partitions: list[Partition]) -> None: ...
    def fail(self, reason: Exception) -> None: ...


class Discipline(Revocable, Protocol):
    """When offsets are committed: the difference between the two guarantees. All on the consumer's thread."""

    @property
    def fetch_size(self) -> int: ...

    def begin(self, thread: ConsumerThread) -> None: ...
    def hand_over(self, groups: dict[Partition, list[Message]]) -> None: ...
    def carried(self) -> list[Message]: ...
    def tick(self) -> None: ...
    def commit_now(self) -> bool: ...
    def end(self) -> None: ...


class ConsumerThread(threading.Thread):
    """Fetches, and lives through rebalances."""

    clock: Callable[[], float] = staticmethod(time.monotonic)  #: by which postponed records are due

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
        self._fetcher = Fetcher(consumer, self.partitions, options.linger)
        self._ahead = LookAhead(consumer, self.partitions, options.stall_timeout / 4 or 30.0)
        self.turned = time.monotonic()  #: when this thread last showed that it lives
        self.joined = False  #: the group has given us our place, be it an empty one

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
                self.turned = time.monotonic()
                self.grant()
                self._stopping.wait(0.02)
            self._discipline.end()
        except Exception as exc:
            self.fail(exc)
        finally:
            self._close()

    def _turn(self) -> None:
        self.turned = time.monotonic()
        self.grant()
        self._discipline.tick()
        self._ahead.look(self.turned)
        if not self.fetching:
            self._stopping.wait(0.005)
            return
        if self.valve.closed():
            return
        messages = self._discipline.carried() or self.fetch(self._discipline.fetch_size)
        if messages:
            self._discipline.hand_over(self._fetcher.group(messages))

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
        return self._fetcher.fetch(most, self.options.poll_timeout if timeout is None else timeout)

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
