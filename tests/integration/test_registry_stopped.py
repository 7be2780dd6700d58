"""Records on a real broker while the real registry cannot be reached, over a restart of the worker, until it is back.

known ids      flow all the time, also in a worker that started while the registry was away
an unknown id  its partition waits at that record; what is before it is committed, other partitions go on
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from confluent_kafka import Producer
from transport_rig import Rig, rig

from schemas.codec import Codec
from schemas.records import Account
from schemas.registry import ConfluentRegistry
from schemas.remembered import RememberingRegistry
from schemas.topics import CRM_ACCOUNT
from streams.agents.schemas_told import SchemasTold
from streams.runtime import metrics
from streams.runtime.lag import show
from streams.runtime.settings import Settings
from streams.transport import TP, Engine, EngineOptions
from tests.integration.tcp_gate import TcpGate, gate_before
from tests.unit.schemas.examples import example

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def parts(stack_settings: Settings) -> Iterator[Rig]:
    with rig(stack_settings.bootstrap) as made:
        yield made


@pytest.fixture
def gate(stack_settings: Settings) -> Iterator[TcpGate]:
    address = urlsplit(stack_settings.registry_url)
    with gate_before(str(address.hostname), int(address.port or 80)) as found:
        yield found


@pytest.fixture
def ids(stack_settings: Settings) -> Iterator[list[int]]:
    """Two schemas of somebody else, that the registry has."""
    subjects = [f"tests.stopped.{uuid.uuid4().hex[:8]}" for _ in range(2)]
    direct = ConfluentRegistry(stack_settings.registry_url)
    fields = [{"name": "number", "type": "long"}]
    yield [direct.register(s, {"type": "record", "name": s.replace(".", "_"), "fields": fields}) for s in subjects]
    direct.close()
    for subject in subjects:
        for query in ("", "?permanent=true"):
            httpx.delete(f"{stack_settings.registry_url}/subjects/{subject}{query}")


class Line:
    """A topic of two partitions, and workers that decode it."""

    def __init__(self, parts: Rig, settings: Settings, gate: TcpGate, folder: Path, delivery: Any) -> None:
        self.parts, self.folder, self.delivery = parts, folder, delivery
        self.url = f"http://127.0.0.1:{gate.port}{urlsplit(settings.registry_url).path}"
        self.source, self.out = parts.topic("in", 2), parts.topic("out")
        self._producer = Producer({"bootstrap.servers": parts.bootstrap})

    def write(self, partition: int, schema_id: int, *numbers: int) -> None:
        for number in numbers:
            value = b"\x00" + schema_id.to_bytes(4, "big") + bytes([2 * number])
            self._producer.produce(self.source, value, partition=partition)
        assert self._producer.flush(30) == 0

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[Engine]:
        """A process of its own would know no more: its codec and its registry are new, only the folder is old."""
        registry = RememberingRegistry(ConfluentRegistry(self.url, timeout_s=2.0), self.url, self.folder)
        options = EngineOptions(
            delivery=self.delivery,
            transactional_id=self.parts.tag,
            stall_timeout=3.0,
            consumer={"session.timeout.ms": 6000},
        )
        async with Engine(self.parts.bootstrap, self.parts.tag, options) as engine:
            working = asyncio.create_task(self._work(engine, Codec(registry)))
            engine.subscribe([self.source])
            yield engine
        await working
        registry.close()

    async def _work(self, engine: Engine, codec: Codec) -> None:
        told = SchemasTold([CRM_ACCOUNT], again_s=0.5)
        async for batch in engine:
            await told.before(codec, batch)
            for message in batch:
                number = codec.decode(message.value()).record["number"]
                assert codec.encode(CRM_ACCOUNT, example(Account)), "our own ids are known"
                batch.emit(self.out, key=None, value=json.dumps([batch.tp.partition, number]).encode())
            batch.done()

    def came(self, partition: int) -> list[int]:
        found = [json.loads(message.value() or b"") for message in self.parts.read(self.out)]
        return [number for place, number in found if place == partition]


async def until(condition: Callable[[], bool], what: str, seconds: float = 40) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - the other side is a broker
                await asyncio.sleep(0.02)
    assert condition(), what


def committed(engine: Engine) -> dict[int, int | None]:
    return {p.tp.partition: p.committed for p in engine.progress()}


@pytest.mark.parametrize("delivery", ["at-least-once", "exactly-once"])
async def test_known_ids_flow_unknown_ones_wait_and_a_restart_changes_nothing(
    parts: Rig,
    stack_settings: Settings,
    gate: TcpGate,
    ids: list[int],
    tmp_path: Path,
    delivery: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    known, unknown = ids
    line = Line(parts, stack_settings, gate, tmp_path, delivery)
    stuck = TP(line.source, 0)
    line.write(0, known, 0, 1, 2)
    line.write(1, known, 0, 1)
    async with line.worker() as engine:
        await until(lambda: len(committed(engine)) == 2 and None not in committed(engine).values(), "it never began")
        gate.close()
        with caplog.at_level(logging.WARNING, "mesh.transport"):
            line.write(0, known, 3)
            line.write(0, unknown, 4)
            line.write(0, known, 5)
            await until(lambda: "waits" in caplog.text, "nothing was said")
            line.write(1, known, 2, 3)
            await until(
                lambda: f"schema id {unknown} is not known" in engine.health().ready, "readiness does not say it"
            )
            await asyncio.to_thread(until_read, line, 0, 4)
            await asyncio.to_thread(until_read, line, 1, 4)
        said = [line for line in caplog.text.splitlines() if "waits at offset" in line]
        assert len(said) == 1
        assert str(stuck) in said[0]
        assert "bring the registry back" in said[0].lower()
        show(parts.tag, engine.progress())
        assert metrics.WAITING.labels(parts.tag, line.source, "0")._value.get() > 0.0
        assert metrics.WAITING.labels(parts.tag, line.source, "1")._value.get() == 0.0
        assert not engine.health().alive, "it is alive"

    async with line.worker() as engine:  # started while the registry is away
        line.write(1, known, 4, 5)
        await asyncio.to_thread(until_read, line, 1, 6)
        await until(lambda: str(unknown) in engine.health().ready, "it does not wait")
        assert line.came(0) == [0, 1, 2, 3]
        await asyncio.sleep(4.0)  # longer than the watchdog's patience: time is the input of this test
        assert engine.failure is None
        gate.open()
        await asyncio.to_thread(until_read, line, 0, 6)
        await until(lambda: not engine.health().ready, "it says that it waits, and does not")
    assert line.came(0) == [0, 1, 2, 3, 4, 5]
    assert line.came(1) == [0, 1, 2, 3, 4, 5]


def until_read(line: Line, partition: int, count: int) -> None:
    for _ in range(20):
        if len(line.came(partition)) >= count:
            return
    raise AssertionError(f"{line.came(partition)} of partition {partition}, not {count}")
