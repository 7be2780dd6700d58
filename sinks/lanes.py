"""Key-ordered concurrency: jobs of one lane run one after another, in the order they came; lanes run side by side."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

Job = Callable[[], Awaitable[None]]


class Lanes:
    """At most `width` lanes run at once, the longest waiting first. A job that raises fails them all (`failure`)."""

    def __init__(self, width: int, on_failure: Callable[[BaseException], None]) -> None:
        self._width = width
        self._on_failure = on_failure
        self._jobs: dict[str, deque[Job]] = {}
        self._waiting: deque[str] = deque()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._closed = False

    def submit(self, lane: str, job: Job) -> None:
        """Queue a job. After `close` it is dropped: its record is not complete, and is read again."""
        if self._closed:
            return
        queue = self._jobs.get(lane)
        if queue is not None:
            queue.append(job)
            return
        self._jobs[lane] = deque([job])
        self._waiting.append(lane)
        self._start()

    def close(self) -> None:
        """Start no further job."""
        self._closed = True
        self._waiting.clear()

    async def idle(self) -> None:
        """Wait until no job runs."""
        while self._running:
            await asyncio.wait(self._running.values())

    def _start(self) -> None:
        while self._waiting and len(self._running) < self._width and not self._closed:
            lane = self._waiting.popleft()
            self._running[lane] = asyncio.get_running_loop().create_task(self._run(lane))

    async def _run(self, lane: str) -> None:
        job = self._jobs[lane].popleft()
        try:
            if not self._closed:
                await job()
        except BaseException as error:
            self.close()
            self._on_failure(error)
            if not isinstance(error, Exception):
                raise
        finally:
            del self._running[lane]
            # One job, then the lane goes to the end of the row: a busy account does not hold up the others.
            if self._jobs[lane]:
                self._waiting.append(lane)
            else:
                del self._jobs[lane]
            self._start()
