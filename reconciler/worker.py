"""Run the reconciler: read the state topics, judge each tick, tell drifts.

One step: read -> take in and judge -> commit state, positions and outbox in one batch -> send the outbox -> empty it.
A crash before the commit repeats the step; a crash after it sends the same drifts again.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack
from pathlib import Path

from reconciler.broker import Reader
from reconciler.emit import BillingTopic, DriftTopic
from reconciler.errors import BrokerUnavailable
from reconciler.explanations import Explanations, KnownExplanations
from reconciler.explanations.operations import OperationsExplanations
from reconciler.held import read_held
from reconciler.history import read_history
from reconciler.loop import Loop, Parts
from reconciler.pilot import EVERYBODY, Pilot
from reconciler.rows import Feed
from reconciler.state import State
from reconciler.store import RocksStore
from reconciler.topics import ReconcilerTopics
from schemas.codec import Codec
from streams.letters.outbox import Outbox
from streams.runtime.clock import Clock, system_clock
from streams.runtime.logs import get_logger
from streams.runtime.registry import worker_registry
from streams.runtime.settings import Settings

_LOG = get_logger("reconciler")


async def run_reconciler(
    settings: Settings,
    folder: Path,
    stop: asyncio.Event,
    topics: ReconcilerTopics | None = None,
    clock: Clock = system_clock,
    pilot: Pilot = EVERYBODY,
) -> None:
    """Until `stop` is set. Raises ReconcilerError, RegistryUnavailable, MissingSetting; the state stays right.

    `folder` is the state's own: one reconciler at a time. The work is done in a thread, where Kafka may block, and
    where `pilot` is asked.
    """
    settings.need("bootstrap", "registry_url")
    halt = threading.Event()
    work = asyncio.create_task(
        asyncio.to_thread(_run, settings, folder, halt, topics or ReconcilerTopics(), clock, pilot)
    )
    asked = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({work, asked}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        halt.set()
        asked.cancel()
        await work


def _run(
    settings: Settings, folder: Path, halt: threading.Event, topics: ReconcilerTopics, clock: Clock, pilot: Pilot
) -> None:
    codec = Codec(worker_registry(settings))
    group = f"{settings.worker.group}.reconciler"
    with ExitStack() as opened:
        store = RocksStore(folder)
        opened.callback(store.close)
        reader = Reader(settings.bootstrap, group)
        opened.callback(reader.close)
        state = State(store)
        feeds = _positions(reader, state, topics)
        if not state.positions:
            # A new folder: what an earlier one opened is open still, until its record has been looked at.
            state.adopt(read_history(settings.bootstrap, group, topics.drift, codec).last())
            state.hold_billing(read_held(settings.bootstrap, group, topics.billing, codec))
        drifts = DriftTopic(Outbox(settings.bootstrap), topics.drift, codec)
        billing = BillingTopic(Outbox(settings.bootstrap), topics.billing, codec)
        parts = Parts(reader, drifts, codec, state, _known(settings, opened), billing, pilot)
        Loop(settings, topics, parts, feeds, clock).run(halt)


def _known(settings: Settings, opened: ExitStack) -> Explanations:
    if not settings.operations_url:
        return KnownExplanations()
    found = OperationsExplanations.at(settings.operations_url)
    opened.callback(found.close)
    return found


def _positions(reader: Reader, state: State, topics: ReconcilerTopics) -> dict[Feed, int | None]:
    """Where to read on. A folder that is ahead of the topics was filled from others: it is emptied."""
    feeds = reader.partitions([topics.drift.name, *topics.read])
    feeds = [feed for feed in feeds if feed.topic != topics.drift.name]
    ends = reader.ends(feeds)
    if ends is None:
        raise BrokerUnavailable
    if any(offset > ends.get(feed, 0) for feed, offset in state.positions.items()):
        _LOG.warning("the state is of other topics than these, and is built anew", folder_positions=len(ends))
        state.forget()
    return {feed: state.positions.get(feed) for feed in feeds}
