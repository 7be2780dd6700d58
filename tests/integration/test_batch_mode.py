"""Batch mode on the real database and broker: overload switches flows over and back, and nothing is lost in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import cast

import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.outcome import WaitKind
from schemas.topics import CRM_ACCOUNT, CRM_OPPORTUNITY, Topic
from streams.agents import HoldReleaser, OverloadWatch
from streams.letters import waiting
from streams.letters.outbox import Outbox
from streams.overload import Thresholds
from streams.overload.backlog import Backlog
from streams.runtime.settings import Settings
from tests.integration.operations import hold_of, play, put, rows
from tests.integration.parking_rig import BACK, Rig, account, deal
from tests.integration.transport_rig import Rig as BrokerRig
from tests.integration.transport_rig import rig as broker_rig
from tests.unit.streams.agents.crm_days import T0

ACCOUNTS, DEALS = CRM_ACCOUNT.name, CRM_OPPORTUNITY.name
LIMITS = Thresholds(100, 10, timedelta(seconds=60), timedelta(seconds=120))


class Office:
    """A line, the clock behind its holds, and what waits for the ERP."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.line = Rig(engine)
        self.waiting: int | None = 0
        self.watch = OverloadWatch(engine, self._waiting, LIMITS, lambda: self.line.now)
        self.holds = HoldReleaser(engine, cast("Outbox", self.line), lambda: self.line.now)

    def _waiting(self) -> dict[str, int]:
        if self.waiting is None:
            raise KafkaException("the broker is away")
        return {"erp": self.waiting}

    async def look(self, waiting: int | None, seconds: int) -> None:
        """So much waits for so long; looked at every ten seconds."""
        self.waiting = waiting
        for _ in range(0, seconds + 1, 10):
            self.line.now += timedelta(seconds=10)
            await self.watch.step()

    async def pass_time(self, minutes: float) -> tuple[int, int]:
        self.line.now += timedelta(minutes=minutes)
        return await self.holds.step()


def test_a_flow_goes_to_batch_mode_under_load_and_back_and_leaves_the_same(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        office = Office(engine)
        line = office.line
        line.arrive(account("a1", 1), account("a2", 1))
        await line.batch(ACCOUNTS)
        await office.look(101, 50)
        line.arrive(account("a1", 2))
        await line.batch(ACCOUNTS)
        assert len(line.commands()) == 3, "a moment of load switches nothing"
        await office.look(101, 60)
        line.arrive(account("a1", 3), account("a2", 3), account("a3", 3))
        await line.batch(ACCOUNTS, committed=False)  # held, and the transaction is undone
        await line.batch(ACCOUNTS)
        line.arrive(account("a1", 4), deal("o1", "a3", 5))
        await line.batch(ACCOUNTS)
        await line.batch(DEALS)
        assert line.commands()[3:] == ["account-a3-3-0", "opportunity-o1-5-0"], "a new customer and a won deal go on"
        waits = {row.event_id: row.expires_at for row in await rows(engine) if row.state == "open"}
        assert waits.keys() == {"account-a1-4-0", "account-a2-3-0"}
        assert await office.pass_time(0) == (0, 0)
        assert await office.pass_time(5) == (2, 0)
        await line.batch(BACK, committed=False)  # decided, and the transaction is undone
        await line.batch(BACK)
        assert sorted(line.commands()[5:]) == ["account-a1-4-0", "account-a2-3-0"]
        assert ("skip", "account-a1-3-0 superseded") in line.told
        await office.look(None, 200)
        await office.look(9, 120)
        line.arrive(account("a1", 6))
        await line.batch(ACCOUNTS)
        assert line.commands()[7:] == ["account-a1-6-0"], "back in event mode"
        assert [row.state for row in await rows(engine) if row.state == "open"] == []

    play(operations_url, scene)


def test_a_state_that_is_old_when_it_comes_back_leaves_the_window_to_the_one_that_took_its_place(
    operations_url: str,
) -> None:
    async def scene(engine: AsyncEngine) -> None:
        office = Office(engine)
        line = office.line
        line.arrive(account("a1", 1))
        await line.batch(ACCOUNTS)
        await office.look(101, 60)
        line.arrive(account("a1", 2))
        await line.batch(ACCOUNTS)
        assert await office.pass_time(5) == (1, 0)
        line.arrive(account("a1", 3))
        await line.batch(ACCOUNTS)  # before the released one is read
        await line.batch(BACK)
        assert line.commands() == ["account-a1-1-0", "account-a1-3-0"]
        assert ("skip", "account-a1-2-0 stale") in line.told

    play(operations_url, scene)


def test_a_window_that_is_over_never_expires_however_many_wait_before_it(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await put(engine, T0, hold_of(account("a1", 2), T0, WaitKind.WINDOW, "a1"))
        (row,) = await rows(engine)
        async with engine.connect() as connection:
            for now, over in ((row.expires_at - timedelta(seconds=1), 0), (row.expires_at, 1)):
                assert len(await waiting.satisfied(connection, now)) == over
                assert await waiting.expired(connection, now + timedelta(days=9)) == []

    play(operations_url, scene)


@pytest.fixture
def broker(stack_settings: Settings) -> Iterator[BrokerRig]:
    with broker_rig(stack_settings.bootstrap) as made:
        yield made


def test_what_waits_is_counted_between_what_the_sinks_committed_and_the_end(
    broker: BrokerRig, stack_settings: Settings
) -> None:
    name = broker.topic("commands", 2)
    broker.fill(name, [b"%d" % number for number in range(20)])
    group = f"{name}.sinks"
    commands = Topic(name, "streams", ("sinks",), "", partitions=2)
    backlog = Backlog(stack_settings.bootstrap, group, {"erp": commands})
    assert backlog.waiting() == {"erp": 0}, "nobody has read it yet"
    consumer = Consumer({"bootstrap.servers": stack_settings.bootstrap, "group.id": group})
    ends = [consumer.get_watermark_offsets(TopicPartition(name, number))[1] for number in (0, 1)]
    done = [TopicPartition(name, number, end - wanted) for number, end, wanted in ((0, ends[0], 3), (1, ends[1], 0))]
    consumer.commit(offsets=done, asynchronous=False)
    consumer.close()
    assert backlog.waiting() == {"erp": 3}
