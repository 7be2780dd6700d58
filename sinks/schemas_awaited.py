"""Before a batch of commands is read, the registry has told every schema in it, and that of the effects to come.

A worker that stopped instead would find the registry away again when it is started, and the effects that it had under
way would have to be looked up for nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from schemas.codec import Codec
from schemas.registry import RegistryUnavailable
from schemas.topics import Topic
from streams.runtime.logs import get_logger

log = get_logger("mesh.sinks")
AGAIN_S = 2.0


async def await_schemas(codec: Codec, effects: Topic, values: Sequence[bytes | None], again_s: float = AGAIN_S) -> None:
    """Return when all of them are known. While the registry is away the batch waits, and all that is behind it."""
    told = False
    while True:
        try:
            await asyncio.to_thread(_learn, codec, effects, codec.untold(values))
        except RegistryUnavailable as error:
            if not told:
                told = True
                log.warning("commands wait for the schema registry; nothing is lost", error=str(error))
            await asyncio.sleep(again_s)
        else:
            if told:
                log.info("the schema registry answers again, commands go on")
            return


def _learn(codec: Codec, effects: Topic, schema_ids: set[int]) -> None:
    codec.prepare(effects)
    for schema_id in schema_ids:
        codec.learn(schema_id)
