"""The rate limit of one target: so many calls a second, none earlier. `Bucket` is pure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


class Bucket:
    """Lets `rate` calls a second pass, and `burst` of them at once after a silence."""

    def __init__(self, rate: float, burst: int) -> None:
        self._gap = 1 / rate
        self._slack = self._gap * max(0, burst - 1)
        self._next = float("-inf")  #: when the next call is due if calls come evenly

    def reserve(self, now: float) -> float:
        """Take the next place; seconds to wait for it."""
        due = max(self._next, now - self._slack)
        self._next = due + self._gap
        return max(0.0, due - now)


class Limiter:
    """Waits for the place that the bucket gives."""

    def __init__(self, rate: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._bucket = Bucket(rate, burst=max(1, int(rate / 10)))
        self._clock = clock

    async def __call__(self) -> None:
        wait = self._bucket.reserve(self._clock())
        if wait > 0:
            await asyncio.sleep(wait)
