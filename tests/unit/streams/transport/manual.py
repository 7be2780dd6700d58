"""Doubles whose every step the test takes by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from streams.transport import TP


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the other side is a thread
            await asyncio.sleep(0.002)


class Record:
    """A message that was fetched."""

    def __init__(self, tp: TP, offset: int, value: bytes = b"v", key: bytes = b"k") -> None:
        self._tp, self._offset, self._value, self._key = tp, offset, value, key

    def topic(self) -> str:
        return self._tp.topic

    def partition(self) -> int:
        return self._tp.partition

    def offset(self) -> int:
        return self._offset

    def key(self) -> bytes:
        return self._key

    def value(self) -> bytes:
        return self._value

    def error(self) -> None:
        return None

    def __len__(self) -> int:
        return len(self._value)


class Refusal:
    """An error of the broker."""

    def str(self) -> str:
        return "message timed out"


class ManualLoop:
    """Timers end when the test says so."""

    def __init__(self) -> None:
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, seconds: float, function: Callable[[], None]) -> None:
        self.timers.append((seconds, function))

    def ring(self) -> None:
        timers, self.timers = self.timers, []
        for _, function in timers:
            function()


class ManualOutlet:
    """Keeps what was produced until the test acknowledges it."""

    def __init__(self, *, transactional: bool = False) -> None:
        self.transactional = transactional
        self.loop = ManualLoop()
        self.sent: list[tuple[str, bytes | None]] = []
        self.unacknowledged: list[tuple[str, Any]] = []

    def produce(self, topic: str, key: Any, value: Any, partition: Any, headers: Any, ts: Any, report: Any) -> None:
        self.sent.append((topic, value))
        if report is not None:
            self.unacknowledged.append((topic, report))

    def acknowledge(self, i: int = 0, *, error: Refusal | None = None) -> None:
        topic, report = self.unacknowledged.pop(i)
        report(error, Record(TP(topic, 0), 0))

    def acknowledge_all(self) -> None:
        while self.unacknowledged:
            self.acknowledge()

    def kick(self) -> None:
        """Reports come when the test says so."""
