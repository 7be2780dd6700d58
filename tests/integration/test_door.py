"""The door on a real broker, registry and operations database, over real HTTP."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from pydantic import SecretStr
from sqlalchemy import delete, select

from schemas.codec import Codec
from schemas.headers import TRACEPARENT, header_text
from schemas.records import WebhookReceived
from schemas.registry import ConfluentRegistry
from schemas.topics import WEBHOOK
from streams.intake.door import run_door
from streams.intake.door.errors import DoorMisconfigured
from streams.intake.door.signing import sign_stripe
from streams.runtime.database import migrate, operations_engine
from streams.runtime.settings import Settings
from streams.runtime.tables import deliveries

SECRET = "whsec_of_the_door_test"
TOPIC = WEBHOOK["stripe"]  # no flow takes a paid invoice, so no worker on the same parts does anything with them
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
Scene = Callable[[httpx.AsyncClient], Awaitable[None]]

# The registry's client keeps its connection for the life of a process, and a door's process has one of them.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(autouse=True)
def _collect() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture
def settings(stack_settings: Settings) -> Settings:
    migrate(stack_settings.operations_url)
    admin = AdminClient({"bootstrap.servers": stack_settings.bootstrap})
    made = admin.create_topics([NewTopic(TOPIC.name, TOPIC.partitions, config=TOPIC.config())])
    if (error := made[TOPIC.name].exception()) is not None:
        assert error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS
    door = stack_settings.door.model_copy(update={"port": 0, "secrets": {"stripe": [SecretStr(SECRET)]}})
    return stack_settings.model_copy(update={"door": door})


@asynccontextmanager
async def open_door(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    stop, url = asyncio.Event(), asyncio.get_running_loop().create_future()
    running = asyncio.create_task(run_door(settings, stop, on_listening=url.set_result))
    await asyncio.wait([running, url], return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        await running
    try:
        async with httpx.AsyncClient(base_url=await url, timeout=20) as client:
            yield client
    finally:
        stop.set()
        await running


def play(settings: Settings, scene: Scene) -> None:
    async def run() -> None:
        async with open_door(settings) as client:
            await scene(client)

    asyncio.run(run())


async def post(client: httpx.AsyncClient, delivery_id: str, secret: str = SECRET) -> httpx.Response:
    body = json.dumps({"id": delivery_id, "type": "invoice.paid", "note": "Čapek  "}).encode()
    headers = {"content-type": "application/json", "traceparent": TRACE, **sign_stripe(secret, body, datetime.now(UTC))}
    return await client.post("/webhooks/stripe", content=body, headers=headers)


def consumer(settings: Settings) -> Consumer:
    return Consumer({"bootstrap.servers": settings.bootstrap, "group.id": f"door-test-{uuid4()}"})


def ends(settings: Settings) -> list[TopicPartition]:
    """Where the topic ends now, per partition."""
    reader = consumer(settings)
    parts = [TopicPartition(TOPIC.name, number) for number in range(TOPIC.partitions)]
    try:
        return [TopicPartition(p.topic, p.partition, reader.get_watermark_offsets(p, timeout=10)[1]) for p in parts]
    finally:
        reader.close()


def between(settings: Settings, start: list[TopicPartition], end: list[TopicPartition]) -> list[Message]:
    """The records from one state of the topic to a later one."""
    missing = sum(last.offset - first.offset for first, last in zip(start, end, strict=True))
    reader = consumer(settings)
    reader.assign(start)
    found: list[Message] = []
    deadline = time.monotonic() + 20
    try:
        while len(found) < missing and time.monotonic() < deadline:
            found += [message for message in reader.consume(missing, timeout=1) if message.error() is None]
    finally:
        reader.close()
    return found


def keys(messages: list[Message]) -> list[str]:
    return [(message.key() or b"").decode() for message in messages]


def forget(settings: Settings, *delivery_ids: str) -> set[str]:
    """Which of the ids the database has; they are removed."""

    async def run() -> set[str]:
        engine = operations_engine(settings.operations_url)
        ours = deliveries.c.delivery_id.in_(delivery_ids)
        async with engine.begin() as connection:
            found = {row[0] for row in await connection.execute(select(deliveries.c.delivery_id).where(ours))}
            await connection.execute(delete(deliveries).where(ours))
        await engine.dispose()
        return found

    return asyncio.run(run())


def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def test_yes_means_that_the_topic_has_it_once_and_it_can_be_read(settings: Settings) -> None:
    delivery_id = f"evt_{uuid4().hex}"
    start = ends(settings)
    after_first: list[TopicPartition] = []

    async def scene(client: httpx.AsyncClient) -> None:
        first = await post(client, delivery_id)
        after_first.extend(await asyncio.to_thread(ends, settings))
        assert (first.status_code, first.json()["status"]) == (202, "accepted")
        assert (await client.get("/readyz")).status_code == 200
        for _ in range(3):
            again = await post(client, delivery_id)
            assert (again.status_code, again.json()["status"]) == (200, "duplicate")
        assert (await post(client, f"{delivery_id}x", "whsec_of_a_stranger")).status_code == 401

    play(settings, scene)
    (message,) = [m for m in between(settings, start, after_first) if keys([m]) == [delivery_id]]
    received = Codec(ConfluentRegistry(settings.registry_url)).read(message.value(), WebhookReceived)
    assert (received.source, received.delivery_id, received.traceparent) == ("stripe", delivery_id, TRACE)
    assert json.loads(received.body)["note"] == "Čapek  "
    assert header_text(message.headers(), TRACEPARENT) == TRACE
    assert keys(between(settings, after_first, ends(settings))).count(delivery_id) == 0
    assert forget(settings, delivery_id, f"{delivery_id}x") == {delivery_id}


def test_the_same_delivery_at_once_is_on_the_topic_once_and_a_new_door_still_knows_it(settings: Settings) -> None:
    delivery_id = f"evt_{uuid4().hex}"
    start = ends(settings)

    async def many(client: httpx.AsyncClient) -> None:
        codes = [answer.status_code for answer in await asyncio.gather(*[post(client, delivery_id) for _ in range(12)])]
        assert sorted(codes) == [200] * 11 + [202]

    async def after_a_restart(client: httpx.AsyncClient) -> None:
        assert (await post(client, delivery_id)).status_code == 200

    play(settings, many)
    play(settings, after_a_restart)
    assert keys(between(settings, start, ends(settings))).count(delivery_id) == 1
    assert forget(settings, delivery_id) == {delivery_id}


def test_a_door_that_is_told_to_stop_ends_what_it_began(settings: Settings) -> None:
    ids = [f"evt_{uuid4().hex}" for _ in range(30)]
    start = ends(settings)
    accepted: list[str] = []

    async def one(client: httpx.AsyncClient, delivery_id: str) -> None:
        try:
            answer = await post(client, delivery_id)
        except httpx.TransportError:
            return
        if answer.status_code == 202:
            accepted.append(delivery_id)

    async def run() -> None:
        posts = []
        async with open_door(settings) as client:
            assert (await post(client, ids[0])).status_code == 202
            posts = [asyncio.create_task(one(client, delivery_id)) for delivery_id in ids[1:]]
            async with asyncio.timeout(10):
                while not accepted:  # noqa: ASYNC110 - the first answer, of any of them
                    await asyncio.sleep(0)
        await asyncio.gather(*posts)

    asyncio.run(run())
    published = keys(between(settings, start, ends(settings)))
    assert set(accepted) <= set(published)
    assert {one_id: published.count(one_id) for one_id in accepted} == dict.fromkeys(accepted, 1)
    assert set(accepted) <= forget(settings, *ids)


@pytest.mark.parametrize("away", ["broker", "database"])
def test_while_a_store_is_away_nothing_is_said_to_be_accepted(settings: Settings, away: str) -> None:
    port = closed_port()
    nowhere = (
        {"bootstrap": f"127.0.0.1:{port}"}
        if away == "broker"
        else {"operations_url": f"postgresql://nobody:nothing@127.0.0.1:{port}/none"}
    )
    delivery_id = f"evt_{uuid4().hex}"
    start = ends(settings)

    async def scene(client: httpx.AsyncClient) -> None:
        answer = await post(client, delivery_id)
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["retry-after"]) > 0
        ready = await client.get("/readyz")
        assert ready.status_code == 503
        assert away in ready.json()["detail"]
        assert (await client.get("/healthz")).status_code == 200

    play(settings.model_copy(update=nowhere), scene)
    assert delivery_id not in keys(between(settings, start, ends(settings)))
    assert forget(settings, delivery_id) == set()


def test_a_taken_port_is_named(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        door = settings.door.model_copy(update={"port": taken.getsockname()[1]})
        with pytest.raises(DoorMisconfigured, match=r"door\.port"):
            asyncio.run(run_door(settings.model_copy(update={"door": door}), asyncio.Event()))
