"""What the decide agent asks of parking, event by event; the lot decides, the store keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas import headers as names
from schemas.headers import header_text
from schemas.identity import letter_id_for
from schemas.outcome import DeadLetter, Outcome, SkipWhy
from schemas.records import Stamped
from schemas.topics import REDRIVE
from streams.letters.letter import Original
from streams.letters.parking.loading import load_lot
from streams.letters.parking.lot import Admission, Lot, Passage, Spot, scope_of
from streams.letters.parking.occupancy import Brake
from streams.letters.parking.store import Parking, Raised, block_of, save_lot, spot_of
from streams.runtime import metrics

_STAGE = "decide"
_INSTEAD = {"superseded": SkipWhy.SUPERSEDED, "skipped": SkipWhy.BY_HAND}


@dataclass(slots=True)
class Yard:
    """The lot of one batch of one partition."""

    topic: str = ""
    partition: int = 0
    lot: Lot = field(default_factory=Lot)
    parkings: dict[str, Parking] = field(default_factory=dict)  #: event id -> what brings it back
    raised: dict[str, Raised] = field(default_factory=dict)  #: block id -> the letter
    brake: Brake = field(default_factory=Brake)

    @classmethod
    async def open(
        cls, connection: AsyncConnection, events: Sequence[Stamped], place: tuple[str, int], brake: Brake
    ) -> Yard:
        """One query. The caller's transaction has the partition's turn."""
        return cls(*place, await load_lot(connection, [Passage.of(event) for event in events], _STAGE), brake=brake)

    async def close(self, connection: AsyncConnection, now: datetime) -> None:
        """Keep what the batch changed, in the same transaction."""
        await save_lot(connection, self.lot, self.parkings, self.raised, now)

    def full(self, event: Stamped, offset: int) -> str:
        """Why the event can neither be decided nor parked now; "" where it can.

        What comes back from the drainer, a hold or a replay is always let in: the way out must not be closed.
        """
        if not self._live or event.meta.event_id in self.lot.rows:
            return ""
        if not self.lot.parks(Passage.of(event), Spot(self.topic, self.partition, offset)):
            return ""
        record = scope_of(event)[0]
        return self.brake.full(record, len(self.lot.waiting.get(record, ())))

    def admit(self, event: Stamped, original: Original, offset: int) -> tuple[Admission, Original]:
        """What is to happen to the event, and its record without the drainer's mark."""
        drained = any(name == names.PARKED for name, _ in original.headers)
        plain = replace(original, headers=tuple(one for one in original.headers if one[0] != names.PARKED))
        spot = Spot(self.topic, self.partition, offset)
        found = self.lot.admit(Passage.of(event), spot, spot_of(plain), live=self._live, drained=drained)
        if found is Admission.PARK:
            self.parkings[event.meta.event_id] = Parking.of(event, plain)
            self.brake.parked(first=len(self.lot.waiting[scope_of(event)[0]]) == 1)
            metrics.PARKED.labels(event.meta.entity).inc()
        return found, plain

    def instead(self, event: Stamped) -> tuple[SkipWhy, str]:
        """Why an admitted event is skipped and not decided."""
        row = self.lot.instead(event.meta.event_id)
        return _INSTEAD[row.instead], row.instead_of

    def came_to(self, event: Stamped, original: Original, outcome: Outcome) -> None:
        """The event was decided: does its letter block, or block no more?"""
        record = scope_of(event)[0]
        letter_id = letter_id_for(original.origin, _STAGE)
        if isinstance(outcome, DeadLetter):
            block = block_of(letter_id, event.meta.event_id, record, spot_of(original), _STAGE, outcome.reason)
            if block is not None:
                self.raised[letter_id] = Raised(block, event.meta.account_id, _STAGE, outcome.reason)
                self.lot.block(block)
            else:
                self.lot.unblock(record, letter_id, "its letter has another reason now")
        elif not header_text(original.headers, names.REPLAYS):  # read again after a crash that undid the letter
            self.lot.unblock(record, letter_id, "the letter was undone with its transaction")

    @property
    def _live(self) -> bool:
        return self.topic != REDRIVE[_STAGE].name
