"""A sink worker without Kafka: a runner over a command log, started and killed at will."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from schemas.codec import Codec
from schemas.records import Command, Effect
from schemas.registry import MemoryRegistry
from schemas.topics import COMMAND, EFFECT
from sinks.breaker import Breaker
from sinks.carry import Carrier, Patience
from sinks.gate import Gate
from sinks.ledger import Ledger
from sinks.parking import Parking
from sinks.port import Sink
from sinks.retry import RetryPolicy
from sinks.runner import Runner
from streams.letters.fuse import Fuse
from tests.contract.command_log import Batch, CommandLog

CODEC = Codec(MemoryRegistry())


def ticking() -> Callable[[], datetime]:
    """A clock that moves a millisecond with every look at it."""
    steps = count()
    return lambda: datetime(2026, 3, 2, tzinfo=UTC) + timedelta(milliseconds=next(steps))


@dataclass
class Bench:
    """What survives a worker: the log, the ledger, the sink's target. `settle` as in `Patience`, in seconds."""

    sink: Sink
    ledger: Ledger
    attempts: int = 3
    failures: int = 5
    pause: float = 0.0
    settle: float = 0.0
    first: float = 0.0
    width: int = 4
    fuse: Fuse | None = None
    parking: Parking | None = None
    clock: Callable[[], datetime] = field(default_factory=ticking)
    log: CommandLog = field(init=False)
    gate: Gate = field(init=False)

    def __post_init__(self) -> None:
        self.log = CommandLog(COMMAND[self.sink.target].name)

    def send(self, commands: Iterable[Command]) -> None:
        topic = COMMAND[self.sink.target]
        for command in commands:
            self.log.append(command.key.encode(), CODEC.encode(topic, command))

    def runner(self, on_failure: Callable[[BaseException], None]) -> Runner:
        self.gate = Gate(self.sink.target, Breaker(self.failures, self.pause), self.sink.ping)
        patience = Patience(RetryPolicy(self.attempts, self.first), self.settle)
        carrier = Carrier(self.sink, self.ledger, self.gate, patience, clock=self.clock, dice=lambda: 0.5)
        return Runner(
            self.sink,
            self.ledger,
            CODEC,
            self.gate,
            carrier,
            width=self.width,
            on_failure=on_failure,
            clock=self.clock,
            fuse=self.fuse,
            parking=self.parking,
        )

    async def work(self, *, batch: Batch | None = None, seconds: float = 20.0) -> None:
        """One life of a worker: until everything is complete, or until it fails; then it is killed, and raises."""
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        before = asyncio.all_tasks()

        def on_failure(error: BaseException) -> None:
            if not failed.done():
                failed.set_exception(error)

        runner = self.runner(on_failure)
        batch = batch or self.log.assign()
        try:
            await runner.accept(batch)
            async with asyncio.timeout(seconds):
                while self.log.committed < len(self.log.messages) and not failed.done():  # noqa: ASYNC110
                    await asyncio.sleep(0)
            if failed.done():
                failed.result()
            await runner.stop()
        except BaseException:
            batch.open = False
            lives = asyncio.all_tasks() - before
            for task in lives:
                task.cancel()
            await asyncio.gather(*lives, return_exceptions=True)
            raise

    def effects(self) -> list[Effect]:
        """Every effect that was told, in order."""
        topic = EFFECT[self.sink.target].name
        return [CODEC.read(value, Effect) for name, _, _, value, _ in self.log.out if name == topic]

    def letters(self) -> list[tuple[str, dict[str, str]]]:
        """Every letter: its reason, and its headers as text."""
        return [
            (name.rpartition(".")[2], {key: (text or b"").decode("utf-8", "backslashreplace") for key, text in headers})
            for name, _, _, _, headers in self.log.out
            if name.startswith("mesh.dlq.")
        ]
