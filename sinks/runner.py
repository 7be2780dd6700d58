"""The sink runner of one target: batches of commands in, effects and letters out.

    batch ─▶ decode ─▶ lane of the account ─▶ behind a letter? park : carry ─▶ emit effect or letter ─▶ complete(offset)

Records complete in any order; the transport commits the contiguous prefix, and only once what they emitted is in the
broker's log. An account's commands run one after another, so its customer is there before its order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from structlog.contextvars import bound_contextvars

from schemas.codec import Codec, ContractViolation, Undecodable
from schemas.headers import EVENT_ID, TRACEPARENT, Headers
from schemas.identity import origin_of
from schemas.partition import partition_for
from schemas.reasons import Reason
from schemas.records import Command
from schemas.topics import COMMAND, EFFECT
from sinks.carry import Applied, Carrier, Dropped
from sinks.effects import effect_of, letter_of, unreadable
from sinks.errors import Fenced
from sinks.fingerprint import body_of
from sinks.gate import Gate, Halted
from sinks.lanes import Lanes
from sinks.ledger import Ledger, Place
from sinks.parking import Parking, Step, Turn, plain
from sinks.port import Sink
from streams.letters.fuse import Failed, Fuse
from streams.letters.letter import Letter, Original
from streams.letters.parking.lot import Spot
from streams.runtime.clock import Clock, system_clock
from streams.runtime.logs import get_logger
from streams.runtime.metrics import DEAD_LETTERED, EFFECTS, END_TO_END_SECONDS, LETTER_RATIO, PARKING_PAUSED
from streams.runtime.schemas_awaited import await_schemas_beside

log = get_logger("mesh.sinks")
_REST_S = 5.0  #: until it is looked again whether there is room to park


class Batch(Protocol):
    """What the runner needs of `streams.transport.batch.Batch`."""

    @property
    def tp(self) -> tuple[str, int]: ...

    @property
    def partition(self) -> Any:
        """One object per assignment of the partition."""
        ...

    @property
    def open(self) -> bool:
        """False once the partition is no longer ours."""
        ...

    def __iter__(self) -> Iterator[Any]: ...

    def emit(
        self, topic: str, *, key: bytes | None, value: bytes | None, partition: int | None, headers: Headers
    ) -> None: ...

    async def flush(self) -> None: ...

    def complete(self, offset: int) -> None: ...


class Runner:
    """Carries the commands of one target's topic."""

    def __init__(  # noqa: PLR0913 - the parts that a runner stands on
        self,
        sink: Sink,
        ledger: Ledger,
        codec: Codec,
        gate: Gate,
        carrier: Carrier,
        *,
        width: int,
        on_failure: Callable[[BaseException], None],
        clock: Clock = system_clock,
        fuse: Fuse | None = None,
        parking: Parking | None = None,
    ) -> None:
        self.topic = COMMAND[sink.target].name
        self._effects = EFFECT[sink.target]
        self._sink = sink
        self._ledger = ledger
        self._codec = codec
        self._gate = gate
        self._carrier = carrier
        self._clock = clock
        self._fuse = fuse
        self._parking = parking
        self._on_failure = on_failure
        self._lanes = Lanes(width, self._failed)
        for reason in Reason:  # a counter that begins at its first letter has no increase to alert on
            DEAD_LETTERED.labels("sink", reason.value)
        self._places: dict[tuple[str, int], tuple[Any, Place]] = {}

    async def accept(self, batch: Batch) -> None:
        """Queue a batch's records. Batches of one partition must come in order. Raises LedgerUnavailable."""
        place = await self._place(batch)
        await await_schemas_beside(self._codec, [message.value() for message in batch], self._effects)
        for message in batch:
            self._queue(batch, message, place)

    async def stop(self) -> None:
        """Finish the commands whose calls are under way; what waits is left to be read again."""
        self._lanes.close()
        await self._gate.halt()
        await self._lanes.idle()

    # -- one record

    def _queue(self, batch: Batch, message: Any, place: Place) -> None:
        original = Original.of(message)
        offset = message.offset()
        try:
            command = self._codec.read(original.value, Command)
            body_of(command)
        except (Undecodable, ContractViolation, ValueError) as error:
            letter = unreadable(original, error, self._sink.name, self._clock())
            failed = Failed(letter.reason, original.origin, str(error))
            # No account is known: it overtakes nothing, as nothing can be done for it.
            self._lanes.submit(f"\0{place.slot}", lambda: self._lay_aside_unread(batch, offset, letter, failed))
            return
        self._lanes.submit(command.account_id, lambda: self._run(batch, offset, command, original, place))

    async def _run(self, batch: Batch, offset: int, command: Command, original: Original, place: Place) -> None:
        if not batch.open:
            return
        topic, partition = batch.tp
        facts = {"event_id": command.event_id, "key": command.key, "kind": command.kind}
        with bound_contextvars(topic=topic, partition=partition, offset=offset, **facts):
            try:
                turn = await self._turn(Spot(topic, partition, offset), command, original, place)
                if turn.step is Step.LEAVE:
                    batch.complete(offset)
                else:
                    await self._carry(batch, offset, command, plain(original), place)
                    await self._carried(turn, place)
                    batch.complete(offset)
            except Fenced:
                if batch.open:
                    raise
                # The partition was lost while the call was under way, and even came back: it is read again there.
                log.info("the partition went elsewhere during a call; the command is read again")

    async def _carry(self, batch: Batch, offset: int, command: Command, original: Original, place: Place) -> None:
        match await self._carrier.carry(command, place):
            case Applied() as applied:
                if self._fuse is not None:
                    self._fuse.seen(self._clock())
                self._tell(batch, command, applied)
            case Dropped(verdict, attempts):
                letter = letter_of(original, command, verdict, attempts, self._sink.name, self._clock())
                self._blow_if_many(Failed(letter.reason, original.origin, verdict.detail))
                await self._ledger.dead(command, attempts, place, self._clock())
                self._emit(batch, letter)
                if self._parking is not None:
                    await batch.flush()  # a record is blocked by a letter that is there, so that its case can end it
                    await self._parking.blocked(command, letter, place)
                self._count_letter(batch, offset, letter)

    async def _turn(self, spot: Spot, command: Command, original: Original, place: Place) -> Turn:
        """Whether the command is carried now. Where it must wait and there is no room its lane rests."""
        while self._parking is not None:
            turn = await self._parking.admit(command, original, spot, place)
            if turn.step is not Step.REST:
                return turn
            PARKING_PAUSED.labels(spot.topic, str(spot.partition)).inc()
            log.error("parking is full, the account's commands wait", why=turn.why)
            await self._gate.rest(_REST_S)
        return Turn(Step.CARRY)

    async def _carried(self, turn: Turn, place: Place) -> None:
        if self._parking is not None:
            await self._parking.carried(turn, place)

    def _tell(self, batch: Batch, command: Command, applied: Applied) -> None:
        effect = effect_of(command, applied.entry, applied.fields_compared)
        headers: list[tuple[str, bytes | None]] = [(EVENT_ID, command.event_id.encode())]
        if command.traceparent:
            headers.append((TRACEPARENT, command.traceparent.encode()))
        batch.emit(
            self._effects.name,
            key=command.key.encode(),
            value=self._codec.encode(self._effects, effect),
            partition=partition_for(command.account_id, self._effects.partitions),
            headers=headers,
        )
        EFFECTS.labels(self._sink.target, command.kind, effect.outcome).inc()
        if effect.outcome == "applied":
            took = (effect.applied_at - command.occurred_at).total_seconds()
            END_TO_END_SECONDS.labels(command.kind).observe(max(0.0, took))

    async def _lay_aside_unread(self, batch: Batch, offset: int, letter: Letter, failed: Failed) -> None:
        self._blow_if_many(failed)
        self._emit(batch, letter)
        self._count_letter(batch, offset, letter)
        batch.complete(offset)

    def _blow_if_many(self, failed: Failed) -> None:
        """Before anything is told or marked: what blows the fuse is done again after the repair."""
        if self._fuse is not None:
            now = self._clock()
            self._fuse.seen(now)
            self._fuse.letter(failed, now)
            LETTER_RATIO.labels("sink").set(self._fuse.ratio)

    def _emit(self, batch: Batch, letter: Letter) -> None:
        partition = batch.tp[1]
        batch.emit(letter.topic, key=letter.key, value=letter.value, partition=partition, headers=letter.headers)

    def _count_letter(self, batch: Batch, offset: int, letter: Letter) -> None:
        topic, partition = batch.tp
        reason = letter.reason.value
        DEAD_LETTERED.labels("sink", reason).inc()
        log.warning(
            "dead letter", letter_id=letter.letter_id, reason=reason, origin=origin_of(topic, partition, offset)
        )

    # -- around it

    async def _place(self, batch: Batch) -> Place:
        """The epoch of this assignment, taken with its first batch: whoever had the partition before is fenced."""
        tp = (batch.tp[0], batch.tp[1])
        assignment, place = self._places.get(tp, (None, None))
        if place is None or assignment is not batch.partition:
            slot = f"{tp[0]}/{tp[1]}"
            place = Place(slot, await self._ledger.take_epoch(slot))
            self._places[tp] = (batch.partition, place)
        return place

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, Halted | asyncio.CancelledError):
            self._on_failure(error)
