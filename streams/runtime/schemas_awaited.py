"""Before records are read, the registry has told every schema in them, and those of what is to be written.

A worker that stopped instead would find the registry away again when it is started, and what it had under way would
have to be looked up for nothing.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

from schemas.codec import Codec
from schemas.registry import RegistryUnavailable
from schemas.topics import Topic
from streams.runtime.logs import get_logger

_LOG = get_logger("mesh.schemas")
AGAIN_S = 2.0


def await_schemas(
    codec: Codec, values: Sequence[bytes | None], halt: threading.Event, *writes: Topic, again_s: float = AGAIN_S
) -> bool:
    """True when all of them are known; while the registry is away the records wait. False: halted meanwhile."""
    told = False
    while not halt.is_set():
        try:
            for topic in writes:
                codec.prepare(topic)
            for schema_id in codec.untold(values):
                codec.learn(schema_id)
        except RegistryUnavailable as error:
            if not told:
                told = True
                _LOG.warning("records wait for the schema registry; nothing is lost", error=str(error))
            halt.wait(again_s)
        else:
            if told:
                _LOG.info("the schema registry answers again, records go on")
            return True
    return False


async def await_schemas_beside(
    codec: Codec, values: Sequence[bytes | None], *writes: Topic, again_s: float = AGAIN_S
) -> None:
    """The same beside an event loop. Where nothing is to be learnt, as mostly, it does not wait at all."""
    if all(codec.prepared(topic) for topic in writes) and not codec.untold(values):
        return
    halt = threading.Event()
    try:
        await asyncio.to_thread(await_schemas, codec, values, halt, *writes, again_s=again_s)
    finally:
        halt.set()  # a thread that nobody waits for any more ends
