"""The process of the cases worker: the index and the clocks, and beside them the jobs that nobody runs by hand."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from ops.access.people import Actor
from ops.cases.desk import Desk
from ops.cases.open import open_desk
from ops.cases.worker import Indexer, open_consumer, read_on
from ops.replay.pickup import keep_running
from ops.replay.service import carry_out
from streams.letters.outbox import Outbox
from streams.runtime.settings import Settings


async def run_cases(settings: Settings, stop: asyncio.Event) -> None:
    """Until `stop` is set. Raises KafkaException, RegistryUnavailable, NotDelivered: nothing is lost by that."""
    settings.need("bootstrap", "registry_url", "operations_url")
    consumer = open_consumer(settings.bootstrap, f"{settings.worker.group}.cases")
    try:
        async with open_desk(settings, pool_size=5) as desk:
            indexer = Indexer(desk.database, desk.codec, Outbox(settings.bootstrap), audit_key=desk.audit_key)
            jobs = asyncio.create_task(keep_running(desk, _run, stop))
            jobs.add_done_callback(lambda _: stop.set())  # by a failure: what it was is told below
            try:
                await read_on(indexer, consumer, stop)
            finally:
                jobs.cancel()  # a job under way is left as it stands
                with suppress(asyncio.CancelledError):
                    await jobs
    finally:
        consumer.close()


async def _run(desk: Desk, actor: Actor, job_id: str) -> object:
    return await carry_out(desk, actor, desk.settings, job_id)
