"""What is parked at the sink, as a preview reads it: nothing is entered."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from ops.replay.preview.agents import BEHIND_ALL, Message, behind
from schemas.records import Command
from sinks.effects import STAGE
from sinks.parking import ask, passage_of
from streams.letters.letter import Original
from streams.letters.outbox import Outgoing
from streams.letters.parking.loading import load_lot
from streams.letters.parking.lot import Admission, Spot


class ReadOnlyParking:
    """Asks the lot as the ERP's sink does."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def keeps(self, command: Command, record: Outgoing) -> str:
        """What the command would wait for at its sink; "" where it would be carried."""
        original = Original.of(Message(record, BEHIND_ALL))
        passage = passage_of(command, original)
        async with self._engine.connect() as connection:
            lot = await load_lot(connection, [passage], STAGE)
        spot = Spot(record.topic, record.partition or 0, BEHIND_ALL)
        if ask(lot, command, original, spot) not in (Admission.PARK, Admission.WAIT):
            return ""
        block = lot.parked.get(passage.row_id)
        return behind(block.block_id if block is not None else "")
