"""A batch of known schemas asks nobody; from the first unknown one on it is postponed while the registry is away."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from schemas.codec import Codec, Undecodable
from schemas.registry import MemoryRegistry, RegistryUnavailable, UnknownSchema
from schemas.topics import CRM_ACCOUNT, SKIPPED
from streams.agents.schemas_told import SchemasTold, written_by

THING = {"type": "record", "name": "Thing", "fields": [{"name": "id", "type": "long"}]}


class Switched(MemoryRegistry):
    """A registry that can be away, or silent until the test says otherwise. It has every id but 99."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.asked: list[int] = []
        self.silence: threading.Event | None = None

    def _answer(self) -> None:
        if self.silence is not None:
            self.silence.wait(10)
        if self.away:
            raise RegistryUnavailable("connection refused")

    def register(self, subject: str, schema: dict[str, Any]) -> int:
        self._answer()
        return super().register(subject, schema)

    def schema(self, schema_id: int) -> dict[str, Any]:
        self.asked.append(schema_id)
        self._answer()
        if schema_id == 99:
            raise UnknownSchema("schema id 99 is not in the registry")
        return THING


class Message:
    def __init__(self, offset: int, value: bytes | None) -> None:
        self._offset, self._value = offset, value

    def offset(self) -> int:
        return self._offset

    def value(self) -> bytes | None:
        return self._value


class Held(list[Message]):
    """As much of a batch as is asked for."""

    def __init__(self, values: list[bytes | None]) -> None:
        super().__init__(Message(10 + i, value) for i, value in enumerate(values))
        self.postponed: list[tuple[int, str]] = []

    first_offset = 10

    def postpone(self, offset: int, why: str, seconds: float) -> None:
        assert seconds > 0
        self.postponed.append((offset, why))


def value(schema_id: int) -> bytes:
    return b"\x00" + schema_id.to_bytes(4, "big") + b"\x02"


def batch(*ids: int) -> Any:
    return Held([value(schema_id) for schema_id in ids])


async def tried(told: SchemasTold, codec: Codec, *ids: int) -> list[int]:
    """Where the batch was cut."""
    held = batch(*ids)
    await told.before(codec, held)
    return [offset for offset, _ in held.postponed]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(5):
        while not await condition():  # noqa: ASYNC110 - a thread is asked
            await asyncio.sleep(0.005)


def test_what_is_known_asks_nobody() -> None:
    async def run() -> None:
        registry, told = Switched(), SchemasTold([])
        codec = Codec(registry)
        assert await tried(told, codec, 1, 1, 2) == []
        registry.away = True
        assert await tried(told, codec, 1, 2, 1) == []
        assert registry.asked == [1, 2]

    asyncio.run(run())


def test_the_first_record_that_is_unknown_is_postponed_and_goes_on_when_the_registry_is_back() -> None:
    async def run() -> None:
        registry, told = Switched(), SchemasTold([])
        codec = Codec(registry)
        assert await tried(told, codec, 1) == []
        registry.away = True
        held = batch(1, 1, 7, 1)
        await told.before(codec, held)
        ((offset, why),) = held.postponed
        assert offset == 12
        assert "schema id 7 is not known here" in why
        assert "connection refused" in why
        assert "MESHLINE_REGISTRY_URL" in why
        registry.away = False

        async def through() -> bool:
            return not await tried(told, codec, 1, 1, 7, 1)

        await until(through)
        assert codec.decode(value(7)).record == {"id": 1}

    asyncio.run(run())


def test_a_registry_that_is_silent_keeps_nobody_back_for_long_and_is_asked_one_question_at_a_time() -> None:
    async def run() -> None:
        registry, told = Switched(), SchemasTold([], prompt_s=0.05)
        codec = Codec(registry)
        registry.silence = threading.Event()
        assert await tried(told, codec, 7) == [10]
        told.prompt_s = 60.0  # whoever waited for an answer now would not be back within the test's time
        async with asyncio.timeout(5):
            for schema_id in (7, 8, 9, 7):
                assert await tried(told, codec, schema_id) == [10]
        assert registry.asked == [7]
        registry.silence.set()

        async def through() -> bool:
            return not await tried(told, codec, 7, 8, 9)

        await until(through)

    asyncio.run(run())


def test_an_id_that_does_not_exist_and_bytes_without_one_do_not_wait() -> None:
    async def run() -> None:
        registry = Switched()
        held: Any = Held([None, b"", b"\x00\x01", b"{}   ", value(99)])
        await SchemasTold([]).before(Codec(registry), held)
        assert held.postponed == []
        assert registry.asked == [99]

    asyncio.run(run())


def test_what_does_not_exist_is_not_asked_again_while_its_batch_is_read() -> None:
    """Else a registry that goes away in between would stop the worker."""

    async def run() -> None:
        registry = Switched()
        codec, told = Codec(registry), SchemasTold([])
        assert await tried(told, codec, 99) == []
        registry.away = True
        with pytest.raises(Undecodable, match="schema id 99 is not in the registry"):
            codec.decode(value(99))
        assert await tried(told, codec, 99) == [10], "the next batch asks, and waits"

    asyncio.run(run())


def test_our_own_schemas_are_known_before_anything_is_decided() -> None:
    async def run() -> None:
        registry = Switched()
        codec, told = Codec(registry), SchemasTold([CRM_ACCOUNT, SKIPPED])
        registry.away = True
        held = batch(1)
        await told.before(codec, held)
        ((offset, why),) = held.postponed
        assert offset == 10
        assert f"our own schema of {SKIPPED.name}" in why
        registry.away = False

        async def through() -> bool:
            return not await tried(told, codec, 1)

        await until(through)
        registry.away = True
        codec.prepare(CRM_ACCOUNT)
        codec.prepare(SKIPPED)

    asyncio.run(run())


def test_each_stage_knows_what_it_writes() -> None:
    assert {topic.name for topic in written_by("normalise")} >= {"mesh.crm.account", "mesh.erp.order", "mesh.skipped"}
    assert {topic.name for topic in written_by("decide")} >= {"mesh.command.erp", "mesh.state.erp.order"}
    assert "mesh.command.erp" not in {topic.name for topic in written_by("normalise")}
