"""The registry goes away: what waits, and what comes of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from schemas.codec import Codec
from schemas.registry import MemoryRegistry, RegistryUnavailable
from schemas.topics import COMMAND_ERP, EFFECT
from streams.runtime.schemas_awaited import await_schemas, await_schemas_beside
from tests.contract.sink_examples import customer

SHARED = MemoryRegistry()
VALUE = Codec(SHARED).encode(COMMAND_ERP, customer("a"))
VALUES = [VALUE, None, b"no avro"]


class Away:
    """Answers as the shared one does, after so many questions without an answer. `halt` is set with the last."""

    def __init__(self, silent: int, halt: threading.Event | None = None) -> None:
        self.silent, self.halt, self.asked_by = silent, halt, set[str]()

    def register(self, subject: str, schema: dict[str, Any]) -> int:
        self._answer()
        return SHARED.register(subject, schema)

    def schema(self, schema_id: int) -> dict[str, Any]:
        self._answer()
        return SHARED.schema(schema_id)

    def _answer(self) -> None:
        self.asked_by.add(threading.current_thread().name)
        if self.silent:
            self.silent -= 1
            if self.halt is not None and not self.silent:
                self.halt.set()
            raise RegistryUnavailable("it is away")


def test_records_wait_until_the_registry_has_told_their_schema() -> None:
    away = Away(silent=3)
    codec = Codec(away)
    assert await_schemas(codec, VALUES, threading.Event(), again_s=0.001)
    assert (away.silent, codec.untold([VALUE])) == (0, set())


def test_halted_they_are_to_be_read_again() -> None:
    halt = threading.Event()
    assert not await_schemas(Codec(Away(2, halt)), VALUES, halt, again_s=0.001)


def test_a_schema_that_the_registry_does_not_have_is_no_reason_to_wait() -> None:
    unknown = b"\x00" + (999).to_bytes(4, "big") + VALUE[5:]
    asyncio.run(asyncio.wait_for(await_schemas_beside(Codec(Away(0)), [unknown], again_s=60), 5))


def test_beside_a_loop_it_waits_for_what_is_to_be_written_too_and_then_asks_nothing_any_more() -> None:
    away = Away(silent=3)
    codec = Codec(away)
    asyncio.run(await_schemas_beside(codec, VALUES, EFFECT["erp"], again_s=0.001))
    assert (away.silent, codec.prepared(EFFECT["erp"])) == (0, True)
    assert threading.current_thread().name not in away.asked_by, "the loop goes on meanwhile"
    away.silent, away.asked_by = 10**6, set()
    asyncio.run(without_threads(await_schemas_beside(codec, VALUES, EFFECT["erp"])))
    assert away.asked_by == set()


async def without_threads(work: Awaitable[None]) -> None:
    """Fails where the work would hop to one."""
    none = ThreadPoolExecutor(1)
    none.shutdown()
    asyncio.get_running_loop().set_default_executor(none)
    await work


def test_one_that_is_cancelled_leaves_no_thread_behind() -> None:
    async def cancelled() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(await_schemas_beside(Codec(Away(10**6)), VALUES, again_s=0.001), 0.05)

    asyncio.run(cancelled())  # waits for the threads that it has begun
