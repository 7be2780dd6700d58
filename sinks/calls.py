"""One call to a target: paced, timed, counted."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sinks.errors import SinkError
from sinks.limits import Limiter
from streams.runtime.metrics import CALL_SECONDS, CALLS


class Calls:
    """`async with calls.one():` around each call. The result is labelled with the error's class."""

    def __init__(self, target: str, limiter: Limiter) -> None:
        self._target = target
        self._limiter = limiter

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        await self._limiter()
        started = time.perf_counter()
        result = "ok"
        try:
            yield
        except SinkError as error:
            result = type(error).__name__
            raise
        except BaseException:
            result = "broken"
            raise
        finally:
            CALL_SECONDS.labels(self._target).observe(time.perf_counter() - started)
            CALLS.labels(self._target, result).inc()
