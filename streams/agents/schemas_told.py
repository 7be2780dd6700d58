"""Before a batch is read, the registry has told every schema in it. While it is away, the batch waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from schemas.codec import Codec
from schemas.registry import RegistryUnavailable
from streams.transport import Batch

log = logging.getLogger("mesh.schemas")

PATIENCE_S = 20.0  #: a registry that is started again is back by then
_EVERY_S = 1.0


async def schemas_told(
    codec: Codec,
    batch: Batch,
    patience_s: float = PATIENCE_S,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Returns at once when every schema is known; asks beside the event loop, so that other batches go on meanwhile.

    Raises RegistryUnavailable after `patience_s` seconds: the worker stops and the batch is read again.
    """
    waited = 0.0
    for schema_id in sorted(codec.untold(message.value() for message in batch)):
        while True:
            try:
                await asyncio.to_thread(codec.learn, schema_id)
                break
            except RegistryUnavailable as error:
                if waited >= patience_s or not batch.open:
                    raise
                if waited == 0.0:
                    log.warning("%s waits for the registry: %s", batch, error)
                await sleep(_EVERY_S)
                waited += _EVERY_S
