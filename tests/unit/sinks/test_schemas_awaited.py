"""The registry goes away: what waits, and what comes of it."""

from __future__ import annotations

import asyncio
from typing import Any

from schemas.codec import Codec
from schemas.registry import MemoryRegistry, RegistryUnavailable
from schemas.topics import COMMAND_ERP, EFFECT
from sinks.schemas_awaited import await_schemas
from tests.contract.sink_examples import customer

SHARED = MemoryRegistry()
VALUE = Codec(SHARED).encode(COMMAND_ERP, customer("a"))


class Away:
    """Answers as the shared one does, after so many questions without an answer."""

    def __init__(self, silent: int) -> None:
        self.silent = silent

    def register(self, subject: str, schema: dict[str, Any]) -> int:
        self._answer()
        return SHARED.register(subject, schema)

    def schema(self, schema_id: int) -> dict[str, Any]:
        self._answer()
        return SHARED.schema(schema_id)

    def _answer(self) -> None:
        if self.silent:
            self.silent -= 1
            raise RegistryUnavailable("it is away")


def test_commands_wait_until_the_registry_has_told_their_schema_and_that_of_their_effects() -> None:
    away = Away(silent=3)
    codec = Codec(away)
    asyncio.run(await_schemas(codec, EFFECT["erp"], [VALUE, None, b"no avro"], again_s=0.001))
    assert away.silent == 0
    away.silent = 10**6  # from here on nothing is asked
    asyncio.run(asyncio.wait_for(await_schemas(codec, EFFECT["erp"], [VALUE], again_s=0.001), 5))
    assert codec.untold([VALUE]) == set()


def test_a_schema_that_the_registry_does_not_have_is_no_reason_to_wait() -> None:
    unknown = b"\x00" + (999).to_bytes(4, "big") + VALUE[5:]
    asyncio.run(asyncio.wait_for(await_schemas(Codec(Away(0)), EFFECT["erp"], [unknown], again_s=60), 5))
