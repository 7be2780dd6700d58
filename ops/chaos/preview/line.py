"""Letters for real: the agents write what they write, commands go through the ledger to the target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import count
from typing import cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from ops.cases.reading import record_in
from ops.chaos.preview.mix import account, as_letter, partition_of
from ops.replay.order import Item
from ops.replay.preview.agents import Everything, Kept, Message
from ops.replay.preview.verdict import Says
from schemas import headers as names
from schemas.codec import Codec, ContractViolation, Undecodable
from schemas.headers import header_text
from schemas.identity import letter_id_for
from schemas.reasons import Reason
from schemas.records import Command
from schemas.topics import COMMAND_CRM, COMMAND_ERP, DEAD_LETTER, SKIPPED
from sinks.breaker import Breaker
from sinks.carry import Applied, Carrier, Patience
from sinks.gate import Gate
from sinks.ledger import Place
from sinks.parking import Step
from sinks.port import Sink
from sinks.postgres_ledger import PostgresLedger
from sinks.postgres_parking import PostgresParking
from sinks.retry import RetryPolicy
from streams.agents import DecideAgent, NormaliseAgent
from streams.agents.policy import policy_of
from streams.letters.letter import Original
from streams.letters.outbox import Outgoing
from streams.letters.parking.lot import Spot
from streams.letters.parking.occupancy import Brake
from streams.letters.parking.store import Raised, block_of, raise_blocks, spot_of
from streams.letters.parking.tables import parked
from streams.publish import Publisher
from streams.runtime.clock import Clock
from streams.runtime.settings import Settings
from streams.runtime.tables import holds
from streams.transport import Batch

_OUTCOMES = {"applied": Says.SUCCEED, "unchanged": Says.DUPLICATE, "stale": Says.STALE}
_LETTERS = frozenset(topic.name for topic in DEAD_LETTER.values())
End = tuple[Says, str]  #: what came of it, and the reason where it failed


class Line:
    """One record after another, each to its end."""

    def __init__(self, settings: Settings, engine: AsyncEngine, codec: Codec, sink: Sink, clock: Clock) -> None:
        self._engine, self._codec = engine, codec
        self._normalise = NormaliseAgent(codec, clock, Publisher(codec, "normalise"))
        self._decide = DecideAgent(
            codec, engine, policy_of(settings), clock, Publisher(codec, "decide"), committed=Everything
        )
        self._ledger = PostgresLedger(engine, "erp")
        self._parking = PostgresParking(engine, Brake(), clock)
        gate = Gate("erp", Breaker(5, 1.0), sink.ping)
        policy = RetryPolicy.of(2, timedelta(seconds=0.01), timedelta(seconds=0.1))
        self._carrier = Carrier(sink, self._ledger, gate, Patience(policy, 0.0), clock=clock)
        self._clock = clock
        self._offsets = count(1_000_000)  # what is sent again stands behind where it first was

    async def open(self) -> None:
        self._place = Place("trial/0", await self._ledger.take_epoch("trial/0"))

    async def play(self, stage: str, record: Outgoing) -> list[End]:
        """All that comes of a record."""
        if stage == "sink":
            return [await self._sunk(record)]
        if stage == "normalise":
            batch = Kept([Message(record, next(self._offsets))], 0)
            await self._normalise.run(cast(Batch, batch))
        else:
            batch = Kept([Message(record, next(self._offsets))], record.partition or 0)
            await self._decide.run(cast(Batch, batch))
        return await self._ends(header_text(record.headers, names.EVENT_ID), batch.out)

    async def _ends(self, event_id: str, out: Sequence[Outgoing]) -> list[End]:
        ends: list[End] = []
        for one in out:
            mine = header_text(one.headers, names.EVENT_ID) in ("", event_id)  # it may supersede another one
            if one.topic in _LETTERS:
                ends.append((Says.FAIL, header_text(one.headers, names.REASON)))
            elif one.topic == SKIPPED.name and mine:
                why = (record_in(one.value, self._codec) or {}).get("why")
                ends.append((Says.STALE if why in ("stale", "superseded") else Says.SKIP, ""))
            elif one.topic == COMMAND_ERP.name:
                ends.append(await self._sunk(one))
            assert one.topic != COMMAND_CRM.name
        async with self._engine.connect() as connection:
            query = select(holds.c.hold_id).where(holds.c.event_id == event_id, holds.c.state == "open")
            held = (await connection.execute(query)).first() is not None
            query = select(parked.c.event_id).where(parked.c.event_id == event_id, parked.c.state == "waiting")
            held = held or (await connection.execute(query)).first() is not None
        return [*ends, (Says.HOLD, "")] if held else ends

    async def block(self, items: Sequence[Item], records: Mapping[str, Outgoing]) -> int:
        """The first letter of each record of `mix.BLOCKED` blocks it, and an event of it is parked; how many records.

        Nobody closes a case in the trial: a preview says what would come of sending all of them now.
        """
        raised: dict[str, Raised] = {}
        for item in items:
            key = item.record.removeprefix("account/")
            if item.stage == "sink" and item.record.startswith("account/b") and key not in raised:
                original = Original.of(Message(records[item.letter_id], 0))
                letter_id, whose = letter_id_for(original.origin, "sink"), ("crm", "account", key)
                block = block_of(letter_id, item.event_id, whose, spot_of(original), "sink", Reason.ERP_REJECTED)
                assert block is not None
                raised[key] = Raised(block, key, "sink", Reason.ERP_REJECTED)
        async with self._engine.begin() as connection:
            await raise_blocks(connection, list(raised.values()), self._clock())
        for key in raised:
            event = as_letter(account(key, 120, f"parked-{key}"), f"parked-{key}", self._codec)
            headers = ((names.EVENT_ID, event.event_id.encode()),)
            record = Outgoing(event.topic, key.encode(), event.value, headers, partition_of(event))
            ends = await self.play("decide", record)
            assert ends == [(Says.HOLD, "")], ends
        return len(raised)

    async def _sunk(self, record: Outgoing) -> End:
        try:
            command = self._codec.read(record.value, Command)
        except Undecodable:
            return Says.FAIL, Reason.UNDECODABLE.value
        except ContractViolation:
            return Says.FAIL, Reason.CONTRACT_VIOLATION.value
        offset = next(self._offsets)
        spot = Spot(record.topic, record.partition or 0, offset)
        turn = await self._parking.admit(command, Original.of(Message(record, offset)), spot, self._place)
        if turn.step is not Step.CARRY:
            return Says.HOLD, ""
        done = await self._carrier.carry(command, self._place)
        await self._parking.carried(turn, self._place)
        if isinstance(done, Applied):
            return _OUTCOMES[done.entry.outcome or "applied"], ""
        await self._ledger.dead(command, done.attempts, self._place, self._clock())
        return Says.FAIL, done.verdict.reason.value
