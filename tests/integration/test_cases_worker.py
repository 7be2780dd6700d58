"""The cases worker on a real broker: stopped anywhere, it has each letter once; the audit has a copy on its topic."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from ops.audit.chain import check, compare
from ops.audit.store import read_all, read_head
from ops.audit.tell import read_copies
from ops.cases.worker import Indexer, catch_up, open_consumer, read_on
from schemas.records import BillingHold
from streams.letters.outbox import Outbox
from streams.runtime.reading import read_to_the_end
from streams.runtime.settings import Settings
from tests.integration.cases_rig import ADA, CODEC, KEY, T0, Scene, play

Names = tuple[str, str, str]


@pytest.fixture
def names(stack_settings: Settings) -> Iterator[Names]:
    mark = uuid4().hex[:8]
    names = (f"letters.{mark}", f"audit.{mark}", f"billing.{mark}")
    admin = AdminClient({"bootstrap.servers": stack_settings.bootstrap})
    for made in admin.create_topics([NewTopic(name, 4 if "billing" in name else 1, 1) for name in names]).values():
        made.result()
    yield names
    for gone in admin.delete_topics(list(names)).values():
        gone.result()


def fill(settings: Settings, topic: str, scene: Scene, keys: list[str]) -> None:
    producer = Producer({"bootstrap.servers": settings.bootstrap})
    for key in keys:
        made = scene.topics.letter(key)
        producer.produce(topic, key=made.key(), value=made.value(), headers=made.headers(), partition=0)
    assert producer.flush(20) == 0


async def until_indexed(scene: Scene, indexer: Indexer, bootstrap: str, count: int) -> None:
    """One life of a worker, ended as soon as so many letters are there."""
    stop = asyncio.Event()
    consumer = open_consumer(bootstrap, f"test.{uuid4().hex[:6]}")
    working = asyncio.create_task(read_on(indexer, consumer, stop))
    try:
        async with asyncio.timeout(60):
            while (await scene.ask("letter.list")).total < count:  # noqa: ASYNC110 - the worker is other code
                await asyncio.sleep(0.02)
    finally:
        stop.set()
        await working
        consumer.close()


def test_stopped_and_started_anywhere_it_has_each_letter_once(
    operations_url: str, stack_settings: Settings, names: Names
) -> None:
    async def scene(s: Scene) -> None:
        bootstrap = stack_settings.bootstrap
        outbox = Outbox(bootstrap)
        late = lambda: T0 + timedelta(days=2)  # noqa: E731
        indexer = Indexer(s.desk.database, CODEC, outbox, late, KEY, (names[0],), names[1], names[2])
        fill(stack_settings, names[0], s, [f"a{number}" for number in range(700)])
        await until_indexed(s, indexer, bootstrap, 1)
        fill(stack_settings, names[0], s, [f"b{number}" for number in range(50)])
        await asyncio.gather(*(until_indexed(s, indexer, bootstrap, 750) for _ in range(2)))  # two workers at once
        assert await catch_up(indexer, open_consumer(bootstrap, "test.none"), bootstrap) == 0
        page = await s.ask("letter.list", limit=1000)
        assert (page.total, {letter.failures for letter in page.letters}) == (750, {1})
        await s.ask("access.grant", ADA, person="bob", role="owner", why="he joined")
        for _ in range(10):
            await indexer.tick()
        async with s.desk.database.connect() as connection:
            entries, (head, told) = await read_all(connection), await read_head(connection)
        copies = await asyncio.to_thread(read_copies, bootstrap, CODEC, names[1])
        assert told == head.seq == len(entries) > 750  # every overdue case went to its backup
        assert check(entries, head, KEY) + compare(entries, copies, told) == []
        assert compare(entries[:-1], copies, told), "a tail that was cut off with its head is on the topic still"
        assert len(held(bootstrap, names[2])) == 750

    play(operations_url, scene)


def held(bootstrap: str, topic: str) -> set[str]:
    """The cases for which billing was told to wait."""
    records = [CODEC.read(message.value(), BillingHold) for message in read_to_the_end(bootstrap, "billing", [topic])]
    assert {record.state for record in records} == {"raised"}
    return {record.case_id for record in records}
