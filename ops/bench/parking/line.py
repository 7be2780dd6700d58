"""The decide agent and the drainer on a broker and a database of the bench's own, exactly once; the sink is played."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.codec import Codec
from schemas.partition import partition_for
from schemas.reasons import Reason
from schemas.records import Account, Command, Envelope
from schemas.topics import ACCOUNT_PARTITIONS, COMMAND_ERP, CRM_ACCOUNT, REDRIVE
from streams.agents import DecideAgent, ParkingDrainer
from streams.decide import Policy
from streams.letters.outbox import Outbox
from streams.letters.parking.lot import Spot
from streams.letters.parking.occupancy import Brake
from streams.letters.parking.store import Raised, block_of, end_blocks, raise_blocks
from streams.letters.parking.tables import blocks, parked
from streams.publish import Publisher
from streams.runtime.clock import system_clock
from streams.runtime.tables import mappings
from streams.transport import Engine, EngineOptions


def account(key: str, number: int) -> Account:
    """The nth change of an account, made now: its version is the time in microseconds."""
    now = time.time_ns() // 1000
    moment = datetime.fromtimestamp(now / 1e6, UTC)
    meta = Envelope(
        event_id=f"{key}-{number}",
        source="cdc:crm",
        side="crm",
        entity="account",
        key=key,
        account_id=key,
        operation="update",
        version=now,
        occurred_at=moment,
        received_at=moment,
        origin=f"bench/0/{number}",
    )
    return Account(meta=meta, id=key, name=f"{key} at {number}")


class Source:
    """Writes events to the clean topic."""

    def __init__(self, bootstrap: str, codec: Codec) -> None:
        self._producer = Producer(
            {"bootstrap.servers": bootstrap, "linger.ms": 2, "enable.idempotence": True, "log_level": 0}
        )
        self._codec = codec
        self.sent: dict[str, list[str]] = {}  #: record -> its events in the order of the source
        self._number = 0

    def send(self, key: str) -> str:
        """One more change of a record; its event id."""
        self._number += 1
        event = account(key, self._number)
        self.sent.setdefault(key, []).append(event.meta.event_id)
        self._producer.produce(
            CRM_ACCOUNT.name,
            key=key.encode(),
            value=self._codec.encode(CRM_ACCOUNT, event),
            partition=partition_for(key, ACCOUNT_PARTITIONS),
        )
        self._producer.poll(0)
        return event.meta.event_id

    def flush(self) -> None:
        self._producer.flush(30)


class Commands(threading.Thread):
    """Reads the commands as a sink does, and notes when each was there. `seen`: event id -> (record, ms)."""

    def __init__(self, bootstrap: str, codec: Codec) -> None:
        super().__init__(name="bench-commands", daemon=True)
        self._codec = codec
        self._consumer = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": "bench-commands", "isolation.level": "read_committed"}
            | {"fetch.wait.max.ms": 10, "enable.auto.commit": False, "log_level": 0}
        )
        self._consumer.assign([TopicPartition(COMMAND_ERP.name, n, 0) for n in range(COMMAND_ERP.partitions)])
        self.seen: dict[str, tuple[str, float]] = {}
        self.order: dict[str, list[str]] = {}
        self._ending = threading.Event()

    def run(self) -> None:
        while not self._ending.is_set():
            for message in self._consumer.consume(500, 0.02):
                if message.error() is not None:
                    continue
                now = time.time_ns() // 1000
                command: Any = self._codec.read(message.value(), Command)
                if command.event_id not in self.seen:
                    self.seen[command.event_id] = (command.key, (now - command.version) / 1000)
                    self.order.setdefault(command.key, []).append(command.event_id)
        self._consumer.close()

    def stop(self) -> None:
        self._ending.set()
        self.join(10)


class Ended(Exception):
    """The line was ended before its time."""


@dataclass
class Line:
    """The worker: an engine with the agent, and the drainer beside it."""

    bootstrap: str
    database: AsyncEngine
    codec: Codec
    brake: Brake = field(default_factory=Brake)

    async def __aenter__(self) -> Line:
        options = EngineOptions(
            delivery="exactly-once", transactional_id="bench-parking", batch_size=1000, poll_timeout=0.02
        )
        self._engine = Engine(self.bootstrap, "bench-parking", options)
        await self._engine.start()
        self._engine.subscribe([CRM_ACCOUNT.name, REDRIVE["decide"].name])
        publisher = Publisher(self.codec, "decide")
        self._agent = DecideAgent(
            self.codec, self.database, Policy(), system_clock, publisher, self._committed, brake=self.brake
        )
        self._drainer = ParkingDrainer(
            self.database, Outbox(self.bootstrap, {"log_level": 0}), system_clock, self.brake
        )
        self._stopping = asyncio.Event()
        self.tasks = [asyncio.create_task(self._decide()), asyncio.create_task(self._drainer.run(self._stopping, 1.0))]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        self._stopping.set()
        if kind is not None:  # nobody wants what is under way
            self._engine.fail(error if isinstance(error, Exception) else Ended())
        with suppress(Exception) if kind is not None else nullcontext():
            await self._engine.stop()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def _committed(self) -> dict[tuple[str, int], int]:
        progress = self._engine.progress()
        return {(p.tp.topic, p.tp.partition): p.committed for p in progress if p.committed is not None}

    async def _decide(self) -> None:
        async for batch in self._engine:
            await self._agent.run(batch)
            batch.done()

    async def reserve(self, keys: Sequence[str]) -> None:
        """All records are customers of the ERP already: no phase pays for codes, or for a look at duplicates."""
        now = system_clock()
        rows = [
            {"target": "erp", "entity": "customer", "crm_id": key, "code": f"B{key}", "state": "applied"}
            | {"reserved_at": now, "applied_at": now, "external_id": key}
            for key in keys
        ]
        async with self.database.begin() as connection:
            await connection.execute(insert(mappings), rows)

    async def block(self, keys: Sequence[str]) -> None:
        """The ERP refuses these records: each has an open letter from now on."""
        raised = []
        for key in keys:
            source = Spot(COMMAND_ERP.name, 0, 0)
            block = block_of(f"letter-{key}", "", ("crm", "account", key), source, "sink", Reason.ERP_REJECTED)
            assert block is not None
            raised.append(Raised(block, key, "sink", Reason.ERP_REJECTED))
        async with self.database.begin() as connection:
            await raise_blocks(connection, raised, system_clock())

    async def unblock(self) -> None:
        """All letters are solved."""
        async with self.database.begin() as connection:
            await end_blocks(connection, blocks.c.state == "open", "solved", "bench", system_clock())

    async def parked(self) -> int:
        """Events that wait now."""
        query = select(func.count()).select_from(parked).where(parked.c.state != "done")
        async with self.database.connect() as connection:
            return int((await connection.execute(query)).scalar_one())
