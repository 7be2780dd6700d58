"""Run the reconciler: read the state topics, judge each tick, tell drifts.

One step: read -> take in and judge -> commit state, positions and outbox in one batch -> send the outbox -> empty it.
A crash before the commit repeats the step; a crash after it sends the same drifts again.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from reconciler.broker import Reader
from reconciler.emit import DriftTopic
from reconciler.errors import BrokerUnavailable
from reconciler.feed import decode_rows
from reconciler.gauges import Gauges
from reconciler.history import read_history
from reconciler.rows import Feed
from reconciler.state import State
from reconciler.store import RocksStore
from reconciler.topics import ReconcilerTopics
from reconciler.watermark import Watermarks
from reconciler.window import Policy, Window
from schemas.codec import Codec
from schemas.registry import ConfluentRegistry
from streams.runtime.clock import Clock, system_clock
from streams.runtime.logs import get_logger
from streams.runtime.settings import Settings

_LOG = get_logger("reconciler")
_BATCH = 2000


async def run_reconciler(
    settings: Settings,
    folder: Path,
    stop: asyncio.Event,
    topics: ReconcilerTopics | None = None,
    clock: Clock = system_clock,
) -> None:
    """Until `stop` is set. Raises ReconcilerError, RegistryUnavailable, MissingSetting; the state stays right.

    `folder` is the state's own: one reconciler at a time. The work is done in a thread, where Kafka may block.
    """
    settings.need("bootstrap", "registry_url")
    halt = threading.Event()
    work = asyncio.create_task(asyncio.to_thread(_run, settings, folder, halt, topics or ReconcilerTopics(), clock))
    asked = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({work, asked}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        halt.set()
        asked.cancel()
        await work


def _run(settings: Settings, folder: Path, halt: threading.Event, topics: ReconcilerTopics, clock: Clock) -> None:
    codec = Codec(ConfluentRegistry(settings.registry_url))
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
        outlet = DriftTopic(settings.bootstrap, topics.drift, codec)
        _Loop(settings, topics, codec, reader, outlet, state, feeds, clock).run(halt)


def _positions(reader: Reader, state: State, topics: ReconcilerTopics) -> dict[Feed, int | None]:
    """Where to read on. A folder that is ahead of the topics was filled from others: it is emptied."""
    feeds = reader.partitions([topics.drift.name, *topics.entities])
    feeds = [feed for feed in feeds if feed.topic != topics.drift.name]
    ends = reader.ends(feeds)
    if ends is None:
        raise BrokerUnavailable
    if any(offset > ends.get(feed, 0) for feed, offset in state.positions.items()):
        _LOG.warning("the state is of other topics than these, and is built anew", folder_positions=len(ends))
        state.forget()
    return {feed: state.positions.get(feed) for feed in feeds}


class _Loop:
    """The steps of one run."""

    def __init__(
        self,
        settings: Settings,
        topics: ReconcilerTopics,
        codec: Codec,
        reader: Reader,
        outlet: DriftTopic,
        state: State,
        feeds: dict[Feed, int | None],
        clock: Clock,
    ) -> None:
        self._entities = topics.entities
        self._codec, self._reader, self._outlet, self._state, self._clock = codec, reader, outlet, state, clock
        self._tick = settings.reconciler.tick
        self._started = clock()
        reached = {feed: offset or 0 for feed, offset in feeds.items()}
        self._marks = Watermarks(reached, settings.reconciler.idle, self._started)
        pilot = settings.policy.pilot_accounts
        policy = Policy(settings.reconciler.grace, None if pilot is None else frozenset(pilot))
        self._window = Window(state, self._marks, policy)
        self._gauges = Gauges(self._started)
        self._asked_at: datetime | None = None
        reader.start(feeds)

    def run(self, halt: threading.Event) -> None:
        """Until halted. What an earlier run left in the outbox goes first."""
        _LOG.info("the reconciler reads", feeds=len(self._entities), waiting=len(self._state.waiting))
        self._send()
        while not halt.is_set():
            self._step()

    def _step(self) -> None:
        messages, ends = self._reader.read(_BATCH, min(self._tick.total_seconds(), 0.5))
        self._ask()
        now = self._clock()
        rows, unreadable = decode_rows(messages, self._entities, self._codec, now)
        for one in unreadable:
            self._marks.on_row(one.feed, one.offset, None, now)
            self._gauges.unreadable(one.entity)
            _LOG.warning(
                "a state row cannot be read; what was known before it stays",
                topic=one.feed.topic,
                partition=one.feed.partition,
                offset=one.offset,
                why=one.why,
            )
        for feed, offset in ends.items():
            self._marks.on_end(feed, offset)
        told = self._window.step(rows, now)
        self._state.commit(dict(self._marks.feeds()))
        for drift in told:
            _LOG.info("drift", status=drift.status, drift_id=drift.drift_id, key=drift.key, why=drift.explanation)
        self._send()
        self._gauges.update(self._state.open, self._window.counts, self._marks.watermark(now), now)

    def _ask(self) -> None:
        """Each tick: where do the feeds end? No answer, no judgement."""
        now = self._clock()
        if self._asked_at is not None and now - self._asked_at < self._tick:
            return
        self._asked_at = now
        ends = self._reader.ends([feed for feed, _ in self._marks.feeds()])
        if ends is not None:
            self._marks.on_ends(ends, now)

    def _send(self) -> None:
        while self._state.outbox:
            first = dict(sorted(self._state.outbox.items())[:_BATCH])
            self._state.told(self._outlet.send(first))
            self._state.commit()
