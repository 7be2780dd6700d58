"""The steps of one run of the reconciler: read, take in, judge, commit, send."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reconciler.billing import BillingPolicy, in_doubt, judge
from reconciler.broker import Reader
from reconciler.emit import BillingTopic, DriftTopic
from reconciler.explanations import Explanations
from reconciler.feed import Unreadable, decode_effects, decode_rows
from reconciler.gauges import Gauges
from reconciler.grace import Policy
from reconciler.pilot import EVERYBODY, Pilot
from reconciler.rows import Feed
from reconciler.state import State
from reconciler.topics import ReconcilerTopics
from reconciler.watermark import NEVER, Watermarks
from reconciler.window import Window
from schemas.codec import Codec
from schemas.records import Drift
from streams.runtime.clock import Clock
from streams.runtime.logs import get_logger
from streams.runtime.schemas_awaited import await_schemas
from streams.runtime.settings import Settings

_LOG = get_logger("reconciler")
_BATCH = 2000


@dataclass(frozen=True, slots=True)
class Parts:
    """What a run works with; opened and closed by the worker."""

    reader: Reader
    outlet: DriftTopic
    codec: Codec
    state: State
    explanations: Explanations
    billing: BillingTopic
    pilot: Pilot = EVERYBODY


def policy_of(settings: Settings, pilot: Pilot) -> Policy:
    """As the settings say."""
    own = settings.reconciler
    return Policy(
        grace=own.grace,
        limit=own.grace_limit,
        gone=own.grace_deleted,
        recheck=own.recheck,
        pilot=pilot,
    )


class Loop:
    """One run."""

    def __init__(
        self, settings: Settings, topics: ReconcilerTopics, parts: Parts, feeds: dict[Feed, int | None], clock: Clock
    ) -> None:
        self._entities = topics.entities
        self._parts, self._state, self._clock = parts, parts.state, clock
        self._tick = settings.reconciler.tick
        started = clock()
        self._marks = Watermarks(
            {feed: offset or 0 for feed, offset in feeds.items()},
            settings.reconciler.idle,
            started,
            parts.state.judged_to,
        )
        self._window = Window(parts.state, self._marks, policy_of(settings, parts.pilot), parts.explanations)
        self._gauges = Gauges(started)
        own = settings.reconciler
        self._billing = BillingPolicy(own.billing_hold_above, own.billing_hold_below, own.billing_hold_least)
        self._asked_at: datetime | None = None
        parts.reader.start(feeds)

    def run(self, halt: threading.Event) -> None:
        """Until halted. What an earlier run left in the outbox goes first."""
        _LOG.info("the reconciler reads", feeds=len(self._entities), waiting=len(self._state.waiting))
        self._send()
        while not halt.is_set():
            self._step(halt)

    def _step(self, halt: threading.Event) -> None:
        messages, ends = self._parts.reader.read(_BATCH, min(self._tick.total_seconds(), 0.5))
        if not await_schemas(self._parts.codec, [message.value() for message in messages], halt):
            return  # halted meanwhile: they are read again
        self._ask()
        now = self._clock()
        self._measure([one for one in messages if one.topic() not in self._entities], now)
        rows, unreadable = decode_rows(
            (one for one in messages if one.topic() in self._entities), self._entities, self._parts.codec, now
        )
        self._pass(unreadable, now)
        for feed, offset in ends.items():
            self._marks.on_end(feed, offset)
        told = self._window.step(rows, now)
        self._state.commit(dict(self._marks.feeds()), self._marks.held)
        self._say(told)
        self._send()
        self._bill(now)
        self._gauges.update(self._state, self._window.counts, self._marks.watermark(now), now)

    def _measure(self, messages: Sequence[Any], now: datetime) -> None:
        """Effects tell how slow the line is. They hold the watermark back as rows do, and are never late."""
        measures, unreadable = decode_effects(messages, self._parts.codec, now)
        for one in measures:
            self._marks.on_row(one.feed, one.offset, one.recorded_at, now)
            self._state.latencies.add(one.effect)
        self._pass(unreadable, now)

    def _pass(self, unreadable: Sequence[Unreadable], now: datetime) -> None:
        for one in unreadable:
            self._marks.on_row(one.feed, one.offset, None, now)
            self._gauges.unreadable(one.entity)
            _LOG.warning(
                "a row cannot be read; what was known before it stays",
                topic=one.feed.topic,
                partition=one.feed.partition,
                offset=one.offset,
                why=one.why,
            )

    def _say(self, told: Sequence[Drift]) -> None:
        for drift in told:
            facts = {"drift_id": drift.drift_id, "key": drift.key, "explained_by": drift.explained_by}
            _LOG.info("drift", status=drift.status, why=drift.explanation, **facts)
        for late in self._window.late:
            place = {"topic": late.feed.topic, "partition": late.feed.partition, "offset": late.offset}
            behind = (late.watermark - late.event_time).total_seconds()
            _LOG.info("a row came late; its record is looked at again", key=late.key, seconds=behind, **place)
        self._window.late.clear()

    def _ask(self) -> None:
        """Each tick: where do the feeds end? No answer, no judgement."""
        now = self._clock()
        if self._asked_at is not None and now - self._asked_at < self._tick:
            return
        self._asked_at = now
        ends = self._parts.reader.ends([feed for feed, _ in self._marks.feeds()])
        if ends is not None:
            self._marks.on_ends(ends, now)

    def _bill(self, now: datetime) -> None:
        """Hold new billing, or let it go on. Told before it is remembered: a crash in between tells it again."""
        state = self._state
        doubtful = in_doubt(one for kinds in state.open.values() for one in kinds.values())
        known = state.sides.count("opportunity")
        if self._marks.held == NEVER:  # nothing was judged yet
            return
        hold = judge(doubtful, known, state.billing_held, self._billing, now)
        if hold is not None:
            self._parts.billing.tell(hold)
            state.hold_billing(hold.raised_at if hold.state == "raised" else None)
            state.commit()
            _LOG.warning("billing", state=hold.state, doubtful=doubtful, known=known)

    def _send(self) -> None:
        while self._state.outbox:
            first = dict(sorted(self._state.outbox.items())[:_BATCH])
            self._state.told(self._parts.outlet.send(first))
            self._state.commit()
