"""A batch of known schemas asks nobody; one of an unknown schema waits for the registry, and other work goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from schemas.codec import Codec
from schemas.registry import MemoryRegistry, RegistryUnavailable, UnknownSchema
from streams.agents.schemas_told import schemas_told

THING = {"type": "record", "name": "Thing", "fields": [{"name": "id", "type": "long"}]}


class Flaky(MemoryRegistry):
    """A registry that is away for so many look-ups."""

    def __init__(self, away: int = 0) -> None:
        super().__init__()
        self.away, self.asked = away, 0

    def schema(self, schema_id: int) -> dict[str, Any]:
        self.asked += 1
        if self.asked <= self.away:
            raise RegistryUnavailable("closed")
        if schema_id == 99:
            raise UnknownSchema("schema id 99 is not in the registry")
        return THING


class Message:
    def __init__(self, value: bytes | None) -> None:
        self._value = value

    def value(self) -> bytes | None:
        return self._value


class Held(list[Message]):
    """As much of a batch as is asked for."""

    open = True


def batch(*ids: int) -> Any:
    return Held([Message(b"\x00" + schema_id.to_bytes(4, "big") + b"\x02") for schema_id in ids])


async def no_sleep(_: float) -> None:
    await asyncio.sleep(0)


def test_what_is_known_asks_nobody() -> None:
    registry = Flaky()
    codec = Codec(registry)
    asyncio.run(schemas_told(codec, batch(1, 1, 2)))
    assert registry.asked == 2
    registry.away = 1000
    asyncio.run(schemas_told(codec, batch(1, 2, 1)))
    assert codec.decode(batch(1)[0].value()).record == {"id": 1}
    assert registry.asked == 2


def test_what_is_unknown_waits_until_the_registry_is_back() -> None:
    registry = Flaky(away=7)
    codec = Codec(registry)
    asyncio.run(schemas_told(codec, batch(1), sleep=no_sleep))
    assert registry.asked == 8
    assert codec.untold([batch(1)[0].value()]) == set()


def test_patience_ends_and_nothing_is_decided() -> None:
    registry = Flaky(away=10_000)
    with pytest.raises(RegistryUnavailable):
        asyncio.run(schemas_told(Codec(registry), batch(1), patience_s=5, sleep=no_sleep))
    assert registry.asked == 6


def test_a_batch_that_was_taken_away_waits_no_longer() -> None:
    registry, taken = Flaky(away=10_000), batch(1)
    taken.open = False
    with pytest.raises(RegistryUnavailable):
        asyncio.run(schemas_told(Codec(registry), taken, sleep=no_sleep))
    assert registry.asked == 1


def test_other_work_goes_on_while_a_batch_waits() -> None:
    async def both() -> list[str]:
        registry, done = Flaky(away=3), []
        codec = Codec(registry)

        async def waiting() -> None:
            await schemas_told(codec, batch(1), sleep=no_sleep)
            done.append("waited")

        async def other() -> None:
            done.append("went on")

        await asyncio.gather(waiting(), other())
        return done

    assert asyncio.run(both()) == ["went on", "waited"]


def test_an_id_that_does_not_exist_and_bytes_without_one_do_not_wait() -> None:
    registry = Flaky()
    values = [Message(None), Message(b""), Message(b"\x00\x01"), Message(b"{}   ")]
    asyncio.run(schemas_told(Codec(registry), Held([*values, *batch(99)])))  # type: ignore[arg-type]
    assert registry.asked == 1
