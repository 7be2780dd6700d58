"""The way to a target: closed while its breaker is open. Calls wait here, and nothing is lost; the lag grows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from sinks.breaker import Breaker, State
from sinks.errors import TargetError
from streams.runtime.logs import get_logger
from streams.runtime.metrics import BREAKER_OPEN

log = get_logger("mesh.sinks")


class Halted(Exception):
    """The worker is stopping: what waits is left for the next one."""


class Gate:
    """Admits commands to one target. `halt` ends every wait with `Halted`."""

    def __init__(
        self,
        target: str,
        breaker: Breaker,
        ping: Callable[[], Awaitable[None]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._target = target
        self._breaker = breaker
        self._ping = ping
        self._clock = clock
        self._halted = asyncio.Event()
        self._turn = asyncio.Condition()
        BREAKER_OPEN.labels(target).set(0)

    @property
    def open(self) -> bool:
        """Whether commands pass."""
        return self._breaker.state(self._clock()) is State.CLOSED

    async def halt(self) -> None:
        self._halted.set()
        async with self._turn:
            self._turn.notify_all()

    async def rest(self, seconds: float) -> None:
        """Sleep. Raises Halted when the worker stops meanwhile."""
        try:
            await asyncio.wait_for(self._halted.wait(), seconds)
        except TimeoutError:
            return
        raise Halted

    async def enter(self) -> None:
        """Return when the target may be called. While it is paused one caller at a time asks it with a ping."""
        while True:
            if self._halted.is_set():
                raise Halted
            if self._breaker.state(self._clock()) is State.CLOSED:
                return
            if not self._breaker.admits(self._clock()):
                await self._wait_a_turn()
            elif await self.answers():
                return  # the trial: its command says whether writes work, too
            else:
                await self._changed(self._breaker.trip, self._clock())

    async def _wait_a_turn(self) -> None:
        pause = self._breaker.wait(self._clock())
        if pause > 0:
            return await self.rest(pause)
        async with self._turn:
            if self._halted.is_set():
                raise Halted
            if not self._breaker.trial:
                return None
            await self._turn.wait()
        return None

    async def answers(self) -> bool:
        """Whether the target answers a small question."""
        try:
            await self._ping()
        except TargetError as error:
            log.info("the target does not answer", target=self._target, error=str(error))
            return False
        except BaseException:
            await self._changed(self._breaker.withdraw)
            raise
        return True

    async def succeeded(self) -> None:
        """A command had its effect, or the target gave a reason against the command: the target works."""
        if not self.open:
            log.info("the target works again, writes go on", target=self._target)
            BREAKER_OPEN.labels(self._target).set(0)
            await self._changed(self._breaker.succeeded)
        else:
            self._breaker.succeeded()

    async def failed(self, why: str) -> None:
        """An error that speaks against the target."""
        await self._changed(self._breaker.failed, self._clock())
        self._tell(why)

    async def trip(self, why: str) -> None:
        """The target is away: pause now."""
        await self._changed(self._breaker.trip, self._clock())
        self._tell(why)

    async def withdraw(self) -> None:
        """Whoever was admitted asked nothing after all."""
        await self._changed(self._breaker.withdraw)

    def _tell(self, why: str) -> None:
        if not self.open:
            BREAKER_OPEN.labels(self._target).set(1)
            log.warning("writes to the target are paused, nothing is lost", target=self._target, why=why)

    async def _changed(self, change: Callable[..., None], *args: float) -> None:
        async with self._turn:
            change(*args)
            self._turn.notify_all()
