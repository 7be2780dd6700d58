"""A whole engine without threads: the consumer's turns, the loop's callbacks and the agents' moves come one at a time.

Everything is the real thing but the log, the loop and the clock. Where the consumer's thread would wait for the agents,
the agents move instead, so every interleaving that two threads can make at those points is one sequence of moves here.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Callable
from random import Random
from typing import Any

from streams.transport import TP, Batch, BatchClosed, EngineOptions, Hooks
from streams.transport.at_least_once import AtLeastOnce
from streams.transport.consuming import ConsumerThread
from streams.transport.dispatch import Dispatcher
from streams.transport.exactly_once import ExactlyOnce
from streams.transport.memory import MemoryConsumer, MemoryLog
from streams.transport.producing import Outlet

PLACES = [TP("in", 0), TP("in", 1)]
OPTIONS: dict[str, Any] = {
    "batch_size": 3,
    "cycle_size": 7,
    "max_outstanding": 1,
    "buffer_messages": 16,
    "poll_timeout": 0.0,
    "commit_interval": 0.0,
    "pause_after": -1.0,
    "transaction_timeout": 4.0,
    "transaction_attempts": 4,
}
#: moves counted, over all simulations of the process
MOVES: Counter[str] = Counter()


class Loop:
    """Callbacks wait until somebody runs them."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[Any, ...]] = deque()

    def call_soon_threadsafe(self, function: Any, *args: Any) -> None:
        self.waiting.append((function, *args))

    def call_later(self, _delay: float, function: Any) -> None:
        self.waiting.append((function,))

    def is_closed(self) -> bool:
        return False

    def run(self) -> None:
        for _ in range(len(self.waiting)):
            function, *args = self.waiting.popleft()
            function(*args)


class Stepped(ConsumerThread):
    """Never started: the simulation takes its turns."""

    play: Callable[[], None]
    simulated: Loop

    def ask(self, coroutine: Any, timeout: float) -> Any:
        self.play()
        while self.simulated.waiting:  # what was posted before comes before
            self.simulated.run()

        async def now() -> Any:
            return await coroutine

        return asyncio.run(now())


class Turnstile(threading.Event):
    """Waiting is time that passes, in which others move."""

    def __init__(self, play: Callable[[], None]) -> None:
        super().__init__()
        self._play = play

    def wait(self, timeout: float | None = None) -> bool:
        if not self.is_set():
            self._play()
        return self.is_set()


class Worker:
    """One engine and its agents. `dead`: killed, or ended by a failure."""

    def __init__(self, log: MemoryLog, delivery: Any, rng: Random, name: str, *, any_order: bool) -> None:
        self.rng, self.any_order = rng, any_order
        self.now = 0.0
        self.dead = False
        self.diligent = False  #: agents finish what they have, and nothing more goes wrong
        self.held: list[tuple[Batch, list[Any]]] = []
        self.loop: Any = Loop()
        exactly = delivery == "exactly-once"
        options = EngineOptions(delivery=delivery, transactional_id=name, drain_timeout=0.3, **OPTIONS)
        made = {"group.id": "group"} | ({"transactional.id": name} if exactly else {})
        outlet = Outlet(
            lambda: log.producer(made),
            self.loop,
            transactional=exactly,
            patience=1.0,
            largest=options.max_message_bytes,
        )
        self.outlet = outlet
        hooks = Hooks(on_batch=lambda batch: self.held.append((batch, list(batch))))
        self.dispatcher = Dispatcher(
            outlet,
            hooks,
            batch_size=options.batch_size,
            max_outstanding=options.max_outstanding,
            clock=self.clock,
        )
        discipline: Any = AtLeastOnce(options)
        if exactly:
            event = lambda: Turnstile(self.play)  # noqa: E731
            discipline = ExactlyOnce(options, outlet, clock=self.clock, event=event)
        else:
            made["on_commit"] = discipline.on_commit
        self.consumer: MemoryConsumer = log.consumer(made)
        impatient = EngineOptions(delivery=delivery, transactional_id=name, drain_timeout=0.0, **OPTIONS)
        self.thread = Stepped(self.consumer, discipline, self.dispatcher, self.loop, impatient)
        self.thread.play, self.thread.simulated, self.thread.clock = self.play, self.loop, self.clock
        self.discipline = discipline
        self._guarded(lambda: discipline.begin(self.thread))
        self.thread.subscribe(["in"])

    def clock(self) -> float:
        self.now += self.rng.choice((0.0, 0.0, 0.001, 0.3) if not self.diligent else (0.001,))
        return self.now

    # -- moves

    def turn(self) -> None:
        """One turn of the consumer's thread; after a failure, its end."""
        MOVES["turn"] += 1
        if self.dead:
            return
        if self.dispatcher.failure is not None:
            return self.end()
        self._guarded(self.thread._turn)
        return None

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as exc:
            self.thread.fail(exc)
            self.end()

    def end(self) -> None:
        """As the thread ends: the last commit, then leave the group."""
        if not self.dead:
            try:
                self.discipline.end()
            finally:
                self.thread._close()
                self.loop.run()
                self.dead = True

    def kill(self) -> None:
        self.dead = True

    def play(self) -> None:
        """A few moves of loop and agents."""
        for _ in range(self.rng.randint(1, 4)):
            self.rng.choice((self.loop.run, self.agent, self.agent, self.acknowledge))()

    def acknowledge(self) -> None:
        MOVES["acknowledge"] += 1
        self.outlet.producer.poll(0)

    def agent(self) -> None:
        """One agent emits, completes, finishes, postpones what it has left, or fails."""
        if not self.held:
            return
        i = self.rng.randrange(len(self.held))
        batch, left = self.held[i]
        if self.rng.random() < 0.004 and not self.diligent:
            MOVES["body raised"] += 1
            self.held.pop(i)
            return batch.abandon(ValueError("boom"))
        if left and not self.any_order and not self.diligent and self.rng.random() < 0.3:
            MOVES["postpone"] += 1
            batch.postpone(left[0].offset(), "not yet", self.rng.choice((0.0, 0.2, 1.0)))
            left.clear()
        if left:
            MOVES["emit"] += 1
            message = left.pop(self.rng.randrange(len(left)) if self.any_order else 0)
            value = b"%d:%d" % (message.partition(), message.offset())
            batch.emit("out", key=b"%d" % message.partition(), value=value)
            if self.any_order:
                batch.complete(message.offset())
        if not left:
            MOVES["done"] += 1
            self.held.pop(i)
            if not self.any_order:
                batch.done()
            if not batch.open and self.rng.random() < 0.2:  # an agent that does not know when to stop
                try:
                    batch.emit("out", key=None, value=b"late")
                except BatchClosed:
                    MOVES["late emit refused"] += 1
        return None
