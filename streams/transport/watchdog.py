"""The progress watchdog: a partition with lag for which nothing is committed for too long is reported, and is fatal.

A consumer can die quietly in many ways: a lock held by a library, an agent that waits for ever, a fetch that never
comes back, commits that are refused again and again. A restart cures most. So the watchdog has a thread of its own and
trusts neither the event loop nor the consumer's thread:

    each second   does the loop turn? does the consumer's thread turn? does every partition with lag move?
    a stall    ─▶ log and `on_stalled`  ─▶ the engine fails (the worker stops)  ─▶ not stopped in time: exit code 70
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from streams.transport.errors import Stalled
from streams.transport.types import TP, Progress

log = logging.getLogger("mesh.transport")

EXIT_CODE = 70  #: EX_SOFTWARE
SUSPENDED = 5.0  #: a gap between two looks above this: the whole process stood still, which is nobody's stall


@dataclass
class Watchdog:
    """Pure: `look` is told the time and what there is."""

    patience: float  #: seconds
    reader: Callable[[TP], str] | None = None  #: who reads a partition
    _since: dict[TP, tuple[int | None, float]] = field(default_factory=dict)

    def look(self, now: float, progress: Iterable[Progress]) -> Stalled | None:
        """The stalled partition that has waited longest, if any."""
        seen: dict[TP, tuple[int | None, float]] = {}
        worst: tuple[float, Progress] | None = None
        for p in progress:
            position, since = self._since.get(p.tp, (None, now))
            if p.tp not in self._since or position != p.committed or not _waits(p, now):
                since = now
            seen[p.tp] = (p.committed, since)
            if now - since >= self.patience and (worst is None or now - since > worst[0]):
                worst = (now - since, p)
        self._since = seen
        return self._stalled(*worst) if worst is not None else None

    def name(self, tp: TP) -> str:
        return self.reader(tp) if self.reader is not None else ""

    def _stalled(self, waited: float, p: Progress) -> Stalled:
        reader = self.name(p.tp)
        at = "the start of the group" if p.committed is None else f"offset {p.committed}"
        return Stalled(
            f"{p.tp}{f', read by {reader},' if reader else ''} has not moved from {at} for {waited:.0f} s with a lag "
            f"of {p.lag}: {p.unfinished} messages fetched, {p.outstanding} batches held by agents",
            p.tp,
            reader,
        )


def _waits(p: Progress, now: float) -> bool:
    """There is work, or a commit is due. A record that was postponed is no work until it is due."""
    rests = p.waiting is not None and p.waiting.rests(now) and not p.outstanding
    return bool((p.lag or p.unfinished) and not rests) or (p.watermark is not None and p.watermark != p.committed)


class Watched(Protocol):
    """What the guard asks of the engine, from its own thread."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...
    def progress(self) -> list[Progress]: ...
    def fail(self, reason: Exception) -> None: ...


class Turning(Protocol):
    """A thread that says when it last turned."""

    turned: float


class Guard(threading.Thread):
    """Looks, and acts. `stop` when the engine has stopped."""

    def __init__(
        self,
        engine: Watched,
        consumer: Turning,
        watchdog: Watchdog,
        grace: float,
        on_stalled: Callable[[Stalled], None] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        exit: Callable[[int], None] = os._exit,
    ) -> None:
        super().__init__(name="mesh-watchdog", daemon=True)
        self._engine = engine
        self._consumer = consumer
        self._watchdog = watchdog
        self._grace = grace
        self._on_stalled = on_stalled
        self._clock = clock
        self._exit = exit
        self._stopped = threading.Event()
        self._looked = self._beat = self._spared = clock()
        self.stalled: Stalled | None = None

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        while not self._stopped.wait(min(1.0, self._watchdog.patience / 4)):
            if self.look() is not None:
                return self._end()
        return None

    def loop_stands(self) -> float:
        """Seconds since the event loop last turned."""
        return max(0.0, self._clock() - self._beat - 1.0)

    def look(self) -> Stalled | None:
        """One look at everything; also asks the loop for its next beat."""
        now = self._clock()
        if now - self._looked > SUSPENDED:
            self._beat = self._spared = now
            self._watchdog = Watchdog(self._watchdog.patience, self._watchdog.reader)
        self._looked = now
        self._post(self._beats)
        patience = self._watchdog.patience
        stood = now - max(self._consumer.turned, self._spared)
        if now - self._beat >= patience:
            self.stalled = Stalled(f"the event loop has not turned for {now - self._beat:.0f} s{self._held()}")
        elif stood >= patience:
            self.stalled = Stalled(f"the consumer's thread has not turned for {stood:.0f} s")
        else:
            self.stalled = self._watchdog.look(now, self._engine.progress())
        return self.stalled

    def _beats(self) -> None:
        self._beat = self._clock()

    def _held(self) -> str:
        held = [p.tp for p in self._engine.progress() if p.outstanding]
        named = ", ".join(f"{tp} {self._watchdog.name(tp)}".rstrip() for tp in held)
        return f": batches are held of {named}" if named else ""

    def _post(self, function: Callable[..., None], *args: object) -> None:
        try:
            self._engine.loop.call_soon_threadsafe(function, *args)
        except RuntimeError:  # the loop is closed
            self._stopped.set()

    def _end(self) -> None:
        assert self.stalled is not None
        log.error("no progress: %s", self.stalled)
        if self._on_stalled is not None:
            try:
                self._on_stalled(self.stalled)
            except Exception:
                log.exception("on_stalled")
        self._post(self._engine.fail, self.stalled)
        if not self._stopped.wait(self._grace):
            log.critical("the worker could not stop within %g s after a stall; exit %d", self._grace, EXIT_CODE)
            self._exit(EXIT_CODE)
