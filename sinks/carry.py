"""One command, from the ledger to its effect. It ends in an `Applied` or a `Dropped`, or raises what stops the worker.

gate ─▶ find ─▶ write ─▶ read back ─▶ compare ─▶ ledger applied
  ▲                │ TargetError
  └─── judge ◀─────┘   retry: again from `find`; pause: at the gate; give up: a letter
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.reasons import Reason
from schemas.records import Command
from sinks.effects import disagreement
from sinks.errors import Ambiguous, Conflict, Refused, SinkError, TargetError
from sinks.fingerprint import fingerprint
from sinks.gate import Gate, Halted
from sinks.ledger import Entry, Ledger, Place, Told
from sinks.port import Converts, Found, Remembers, Sink, Written
from sinks.retry import GiveUp, Pause, Retry, RetryPolicy, blame, judge
from sinks.verify import differences
from streams.runtime.clock import Clock, system_clock
from streams.runtime.logs import get_logger

log = get_logger("mesh.sinks")


@dataclass(frozen=True, slots=True)
class Applied:
    """The ledger row is ended; its effect is to be told."""

    entry: Entry
    fields_compared: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """It is to become a letter, and then the ledger row is to be marked dead."""

    verdict: GiveUp
    attempts: int


@dataclass(frozen=True, slots=True)
class Patience:
    """`settle`: seconds for which a call without an answer may still be applied; it is looked up until then."""

    policy: RetryPolicy
    settle: float


class Carrier:
    """Carries commands to one sink."""

    def __init__(
        self,
        sink: Sink,
        ledger: Ledger,
        gate: Gate,
        patience: Patience,
        *,
        clock: Clock = system_clock,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._sink = sink
        self._ledger = ledger
        self._gate = gate
        self._patience = patience
        self._clock = clock
        self._dice = dice

    async def carry(self, command: Command, place: Place) -> Applied | Dropped:
        """Bring the effect about, however many attempts it takes. Raises Halted, WorkerStopped."""
        begun = await self._ledger.begin(command, fingerprint(command), place, self._clock())
        if isinstance(begun, Told):
            return Applied(begun.entry, 0)
        open_until = begun.called_since and begun.called_since + timedelta(seconds=self._patience.settle)
        attempt = 1
        while True:
            await self._gate.enter()
            try:
                written, ended = await self._attempt(command, place, open_until)
            except TargetError as error:
                if isinstance(error, Ambiguous):
                    open_until = self._clock() + timedelta(seconds=self._patience.settle)
                verdict = await self._judged(command, error, attempt)
                if isinstance(verdict, GiveUp):
                    return Dropped(verdict, attempt)
                attempt = 1 if isinstance(verdict, Pause) else attempt + 1
                if isinstance(verdict, Retry):
                    await self._gate.rest(verdict.after)
                await self._ledger.tried(command, attempt, place, self._clock())
                continue
            except BaseException:
                await asyncio.shield(self._gate.withdraw())
                raise
            await self._gate.succeeded()
            return Applied(ended, len(written.sent)) if isinstance(ended, Entry) else Dropped(ended, attempt)

    async def _attempt(
        self, command: Command, place: Place, open_until: datetime | None
    ) -> tuple[Written, Entry | GiveUp]:
        try:
            found = await self._look_up(command, open_until)
            await self._remember(command, found, place)
            written = await self._sink.write(command, found)
            wrong = differences(written.sent, await self._sink.read_back(command, written))
            converted = None
            if not wrong and isinstance(self._sink, Converts):
                converted = await self._sink.conversion(command, written)
        except (SinkError, Halted):
            raise
        except Exception as error:  # a case that the sink does not know; one record must not stop all the others
            log.exception("the sink broke on a command")
            detail = f"{self._sink.name} has no rule for this: {type(error).__name__}: {error}"
            raise Refused(Reason.UNCLASSIFIED, detail) from error
        if wrong:
            return written, disagreement(wrong)
        ids = (written.external_id, written.external_number)
        return written, await self._ledger.applied(command, *ids, place, self._clock(), converted)

    async def _remember(self, command: Command, found: Found | None, place: Place) -> None:
        """What is there before the write is kept, where it could be written back."""
        if found is not None and isinstance(self._sink, Remembers):
            image = self._sink.image(command, found)
            if image is not None:
                await self._ledger.keep(command, image, place, self._clock())

    async def _look_up(self, command: Command, open_until: datetime | None) -> Found | None:
        """The target's record. While an earlier call may still arrive there, absence is not believed."""
        pause = 1
        while True:
            found = await self._sink.find(command)
            left = (open_until - self._clock()).total_seconds() if open_until else 0.0
            if found is not None or left <= 0:
                return found
            await self._gate.rest(min(left, 0.1 * 2**pause))
            pause += 1

    async def _judged(self, command: Command, error: TargetError, attempt: int) -> Retry | GiveUp | Pause:
        """The consequence of an error, with the breaker told what it says about the target."""
        log.info("attempt failed", attempt=attempt, error=f"{type(error).__name__}: {error}")
        if isinstance(error, Refused | Conflict):
            await self._gate.succeeded()
        else:
            await self._gate.failed(str(error))
        verdict = judge(error, attempt, self._patience.policy, self._dice())
        if isinstance(verdict, Pause) and self._gate.open and await self._gate.answers():
            verdict = blame(error, attempt, self._patience.policy, self._dice())
        if isinstance(verdict, Pause):
            await self._gate.trip(verdict.why)
        return verdict
