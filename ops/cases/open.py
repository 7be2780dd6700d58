"""A desk on the real parts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from ops.audit.tell import read_copies
from ops.cases.desk import Desk
from reconciler.history import read_history
from schemas.codec import Codec
from schemas.records import Drift
from schemas.registry import ConfluentRegistry
from schemas.topics import DRIFT
from streams.letters.outbox import Outbox, Outgoing
from streams.runtime.database import operations_engine
from streams.runtime.settings import Settings


@asynccontextmanager
async def open_desk(settings: Settings, pool_size: int = 5) -> AsyncIterator[Desk]:
    """Connects where it is needed, not before. Raises MissingSetting."""
    settings.need("bootstrap", "registry_url", "operations_url")
    registry = ConfluentRegistry(settings.registry_url)
    codec = Codec(registry)
    database = operations_engine(settings.operations_url, pool_size=pool_size)
    outboxes: list[Outbox] = []
    one_at_a_time = asyncio.Lock()

    async def send(records: Sequence[Outgoing]) -> None:
        async with one_at_a_time:
            if not outboxes:
                outboxes.append(Outbox(settings.bootstrap))
            await outboxes[0].send_all(records)

    async def copies() -> dict[int, set[str]]:
        return await asyncio.to_thread(read_copies, settings.bootstrap, codec)

    async def drifts() -> Sequence[Drift]:
        group = f"{settings.worker.group}.explain"
        return (await asyncio.to_thread(read_history, settings.bootstrap, group, DRIFT, codec)).last()

    async def ends() -> Mapping[str, int]:
        from ops.replay.watch import ends_now  # noqa: PLC0415 - a replay alone needs it

        return await ends_now(settings.bootstrap)

    def shadows() -> AbstractAsyncContextManager[Any]:
        from ops.replay.preview.shadow import Shadows  # noqa: PLC0415 - the sinks are loaded where they are shown

        return Shadows(settings)

    key = settings.people.audit_key.get_secret_value().encode()
    parts: dict[str, Any] = {"audit_key": key, "settings": settings, "ends": ends, "shadows": shadows}
    try:
        yield Desk(database, codec, send, copies, drifts, **parts)
    finally:
        await database.dispose()
        registry.close()
