"""A small world: topics, a broker, and one reconciler over them that dies and comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from histories import FEEDS, GRACE, IDLE, T0, row

from reconciler.explanations import KnownExplanations
from reconciler.grace import Policy
from reconciler.history import DriftHistory
from reconciler.rows import Feed, Row, StateRecord
from reconciler.state import State
from reconciler.store import MemoryStore
from reconciler.watermark import Watermarks
from reconciler.window import Window
from schemas.records import Drift

KEYS = ("A1", "K2", "erp:1")
VARIANTS: dict[str, tuple[dict[str, Any], ...]] = {
    "account": ({"name": "Acme"}, {"name": "Acne"}, {"operation": "delete"}, {"gone": True}),
    "customer": (
        {"name": "Acme"},
        {"name": "Acne", "tax_id": "BE1"},
        {"operation": "delete"},
        {"gone": True},
        {"tax_id": "BE1"},
    ),
    "opportunity": ({}, {"amount": 120}, {"stage": "Closed Lost"}, {"operation": "delete"}, {"gone": True}),
    "order": ({}, {"total": 120}, {"state": "cancelled"}, {"currency": "USD"}, {"gone": True}, {"operation": "delete"}),
    "invoice": ({"order_id": "A1"}, {"order_id": "K2", "total": 50}, {"order_id": "A1", "state": "cancelled"}, {}),
}
#: Deletions wait twice as long.
POLICY = Policy(GRACE, gone=2 * GRACE)
CRASHES = ("", "before commit", "before send", "after send")


@dataclass
class World:
    """Topics, a broker that answers or not, and one reconciler over them that dies and comes back."""

    log: dict[Feed, list[Row]] = field(default_factory=lambda: {feed: [] for feed in FEEDS})
    topic: list[Drift] = field(default_factory=list)
    store: MemoryStore = field(default_factory=MemoryStore)
    now: datetime = T0
    known: KnownExplanations = field(default_factory=KnownExplanations)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.state = State(self.store)
        self.marks = Watermarks(FEEDS | self.state.positions, IDLE, self.now, self.state.judged_to)
        self.window = Window(self.state, self.marks, POLICY, self.known)
        self.send("")

    def write(self, entity: Any, key: str, variant: int, partition: int, delay: int) -> None:
        fields = dict(VARIANTS[entity][variant % len(VARIANTS[entity])])
        recorded = (self.now - T0) / timedelta(minutes=1)
        rows = self.log[Feed(entity, partition)]
        rows.append(
            row(entity, key, recorded - delay, recorded=recorded, partition=partition, offset=len(rows), **fields)
        )

    def step(self, most: int = 1000, skip: int = 0, ask: bool = True, crash: str = "") -> None:
        """Read at most so many rows of each feed, beginning with any feed, and judge."""
        reached = dict(self.marks.feeds())
        feeds = list(FEEDS)
        order = feeds[skip % len(feeds) :] + feeds[: skip % len(feeds)]
        rows = [one for feed in order for one in self.log[feed][reached[feed] : reached[feed] + most]]
        if ask:
            self.marks.on_ends({feed: len(rows_) for feed, rows_ in self.log.items()}, self.now)
        self.window.step(rows, self.now)
        if crash == "before commit":
            return self.start()
        self.state.commit(dict(self.marks.feeds()), self.marks.held)
        if crash == "before send":
            return self.start()
        self.send(crash)

    def send(self, crash: str) -> None:
        self.topic += [drift for _, drift in sorted(self.state.outbox.items())]
        if crash == "after send":
            return self.start()
        self.state.told(list(self.state.outbox))
        self.state.commit()

    def rest(self) -> None:
        """Everything is read, time passes: for what differs, and then for what is explained no longer."""
        self.known.away = False
        for _ in range(3):
            self.step()
            self.now += timedelta(hours=2)
        self.step()

    def last(self, before: datetime | None = None) -> dict[tuple[str, str], StateRecord]:
        """What each side says, by the rows recorded before that moment: per partition the last, of these the newest."""
        slots: dict[tuple[str, str, int], Row] = {}
        for feed, rows in self.log.items():
            for one in rows:
                if before is None or one.recorded_at < before:
                    slots[one.entity, one.key, feed.partition] = one
        found: dict[tuple[str, str], Row] = {}
        for (entity, key, _), one in sorted(slots.items()):
            kept = found.get((entity, key))
            if one.record is not None and (kept is None or _age(one) >= _age(kept)):
                found[entity, key] = one
        return {name: one.record for name, one in found.items() if one.record is not None}

    def compacted(self) -> World:
        """The same topics as a new machine finds them: only the last row of each key."""
        fresh = World(now=self.now)
        for feed, rows in self.log.items():
            kept = sorted({one.key: one for one in rows}.values(), key=lambda one: one.offset)
            fresh.log[feed] = [Row(feed, at, r.entity, r.key, r.recorded_at, r.record) for at, r in enumerate(kept)]
        return fresh


def _age(one: Row) -> tuple[Any, datetime]:
    assert one.record is not None
    return one.record.meta.position, one.recorded_at


def told(world: World) -> DriftHistory:
    """The topic as a reader has it."""
    history = DriftHistory()
    for drift in world.topic:
        history.add(drift)
    return history


def names(drifts: list[Drift]) -> set[tuple[str, str, str]]:
    return {(one.entity, one.key, one.kind) for one in drifts}
