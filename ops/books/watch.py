"""`worker books`: counts the books again and again, and shows them as metrics.

    open at (now - window) ─▶ read on ─▶ count ─▶ metrics ─▶ wait ─▶ read on ─▶ ...    after another window: open anew

What it costs: the topics are read once, some 25 µs a record, and each count goes through the window's events, some
20 µs each; it waits nine times as long as a count took, so it keeps at most a tenth of one core busy. It holds some
3 kB for each event since it was opened, which is at most two windows ago. Nothing is committed or written.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

from ops.books.balance import Books
from ops.books.errors import BooksUnreadable
from ops.books.gauges import show
from ops.books.reader import BooksReader, offsets_at
from streams.runtime.clock import Clock, system_clock
from streams.runtime.logs import get_logger
from streams.runtime.settings import Settings

log = get_logger("mesh.books")
_SHARE = 9  # the wait after a count, in counts
_TOLD = 5  # examples in one line of the log


class Reads(Protocol):
    """Books that can be read on; entered before."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    def read(self) -> Books: ...


Open = Callable[[datetime], Reads]


class Watch:
    """One count per call of `count`. `open_at` opens the books from a moment on."""

    def __init__(self, open_at: Open, window: timedelta, *, clock: Clock = system_clock) -> None:
        self._open_at = open_at
        self._window = window
        self._clock = clock
        self._books: Reads | None = None
        self._since: datetime | None = None
        self._was_balanced = True

    def count(self) -> float:
        """Read on, count, show; how many seconds it took. Raises BooksUnreadable."""
        started = time.perf_counter()
        now = self._clock()
        if self._since is None or now - self._since > 2 * self._window:
            self.close()
            self._books = self._open_at(now - self._window).__enter__()
            self._since = now - self._window
        assert self._books is not None
        found = self._books.read()
        took = time.perf_counter() - started
        show(found, now, took)
        self._tell(found)
        return took

    def close(self) -> None:
        books, self._books, self._since = self._books, None, None
        if books is not None:
            books.__exit__(None, None, None)

    def _tell(self, found: Books) -> None:
        """In the log when it changes: the metrics say how many, this says which."""
        if not found.balanced and self._was_balanced:
            doubts = found.contradictions[:_TOLD]
            log.error("the books do not balance", lost=found.lost[:_TOLD], contradictions=doubts)
        elif found.balanced and not self._was_balanced:
            log.info("the books balance again")
        self._was_balanced = found.balanced


async def run_books(settings: Settings, stop: asyncio.Event) -> None:
    """Count until `stop` is set. Books that cannot be read are asked again; until then the metrics tell their age."""
    settings.need("bootstrap", "registry_url", "operations_url")
    watch = Watch(lambda since: BooksReader(settings, offsets_at(settings, since)), settings.books.window)
    every = settings.books.every.total_seconds()
    try:
        while not stop.is_set():
            took = 0.0
            try:
                took = await asyncio.to_thread(watch.count)
            except BooksUnreadable as error:
                log.warning("the books cannot be read, they are asked again", error=str(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), max(every, _SHARE * took))
    finally:
        watch.close()
