"""Parked commands in the operations database. Each method is one transaction, fenced like the ledger's."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.records import Command
from sinks.effects import STAGE
from sinks.fenced import fenced
from sinks.ledger import Place
from sinks.parking import Step, Turn, about, ask, blocking, is_live, passage_of, plain
from streams.letters.letter import Letter, Original
from streams.letters.parking.loading import load_lot
from streams.letters.parking.lot import Admission, Spot
from streams.letters.parking.occupancy import Brake, occupancy
from streams.letters.parking.store import Parking, Raised, raise_blocks, save_lot
from streams.runtime import metrics
from streams.runtime.clock import Clock, system_clock

_SEEN_S = 1.0  #: for so long what all records have parked is taken as counted


class PostgresParking:
    """A command that waits for nothing costs one query."""

    def __init__(
        self,
        engine: AsyncEngine,
        brake: Brake,
        clock: Clock = system_clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._brake = brake
        self._clock = clock
        self._monotonic = monotonic
        self._seen = float("-inf")

    async def admit(self, command: Command, original: Original, spot: Spot, place: Place) -> Turn:
        record = passage_of(command, original).record
        async with fenced(self._engine, place) as connection:
            lot = await load_lot(connection, [passage_of(command, original)], STAGE)
            waiting = len(lot.waiting.get(record, ()))
            match ask(lot, command, original, spot):
                case Admission.PARK:
                    await self._count(connection)
                    why = self._brake.full(record, waiting) if is_live(original) else ""
                    if why:
                        return Turn(Step.REST, why=why)
                    self._brake.parked(first=not waiting)
                    parkings = {command.command_id: Parking(about(command, original), plain(original))}
                    await save_lot(connection, lot, parkings, {}, self._clock())
                    metrics.PARKED.labels(record[1]).inc()
                case Admission.WAIT:
                    await save_lot(connection, lot, {}, {}, self._clock())
                case _:
                    return Turn(Step.CARRY, lot)
        return Turn(Step.LEAVE)

    async def blocked(self, command: Command, letter: Letter, place: Place) -> None:
        block = blocking(command, letter)
        if block is not None:
            raised = Raised(block, command.account_id, STAGE, letter.reason)
            async with fenced(self._engine, place) as connection:
                await raise_blocks(connection, [raised], self._clock())

    async def carried(self, turn: Turn, place: Place) -> None:
        if turn.lot.moved:
            async with fenced(self._engine, place) as connection:
                await save_lot(connection, turn.lot, {}, {}, self._clock())

    async def _count(self, connection: AsyncConnection) -> None:
        """What all records have parked, as of a moment ago."""
        now = self._monotonic()
        if now - self._seen > _SEEN_S:
            self._brake.see(await occupancy(connection, self._brake.caps))
            self._seen = now
