"""Any history, read in any order, with any restart, ends in the drifts that two sides at rest obviously have."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from histories import FEEDS, GRACE, IDLE, T0, reference, row
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.history import DriftHistory
from reconciler.rows import MODELS, Feed, Row, StateRecord
from reconciler.state import State
from reconciler.store import MemoryStore
from reconciler.watermark import Watermarks
from reconciler.window import Policy, Window
from schemas.records import Drift

KEYS = ("K1", "K2", "erp:1")
VARIANTS: dict[str, tuple[dict[str, Any], ...]] = {
    "account": ({"name": "Acme"}, {"name": "Acne"}, {"operation": "delete"}, {"gone": True}),
    "customer": ({"name": "Acme"}, {"name": "Acne"}, {"operation": "delete"}, {"gone": True}),
    "opportunity": ({}, {"amount": 120}, {"stage": "Closed Lost"}, {"operation": "delete"}, {"gone": True}),
    "order": ({}, {"total": 120}, {"state": "cancelled"}, {"currency": "USD"}, {"gone": True}),
    "invoice": ({"order_id": "K1"}, {"order_id": "K2", "total": 50}, {"order_id": "K1", "state": "cancelled"}, {}),
}
CRASHES = ("", "before commit", "before send", "after send")


@dataclass
class World:
    """Topics, a broker that answers or not, and one reconciler over them that dies and comes back."""

    log: dict[Feed, list[Row]] = field(default_factory=lambda: {feed: [] for feed in FEEDS})
    topic: list[Drift] = field(default_factory=list)
    store: MemoryStore = field(default_factory=MemoryStore)
    now: datetime = T0

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.state = State(self.store)
        self.marks = Watermarks(FEEDS | self.state.positions, IDLE, self.now)
        self.window = Window(self.state, self.marks, Policy(GRACE))
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
        self.state.commit(dict(self.marks.feeds()))
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
        """Everything is read, time passes."""
        self.step()
        self.now += timedelta(hours=1)
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


writes = st.tuples(
    st.just("write"),
    st.sampled_from(sorted(MODELS)),
    st.sampled_from(KEYS),
    st.integers(0, 4),
    st.sampled_from([0, 0, 0, 1]),
    st.sampled_from([0, 0, 1, 3, 20]),
)
passes = st.tuples(st.just("pass"), st.sampled_from([0.2, 1, 2.5, 5, 12]))  # minutes; without one the clock stands
steps = st.tuples(
    st.just("step"), st.integers(0, 3), st.integers(0, 9), st.booleans(), st.sampled_from(CRASHES)
)  # fmt: skip
histories = st.lists(st.one_of(writes, writes, passes, steps), max_size=40)


def lived(actions: list[tuple[Any, ...]]) -> World:
    world = World()
    for kind, *rest in actions:
        if kind == "write":
            world.write(*rest)
        elif kind == "pass":
            world.now += timedelta(minutes=rest[0])
        else:
            world.step(*rest)
    return world


@settings(max_examples=400, deadline=None)
@given(histories)
def test_any_interleaving_and_any_restart_end_in_the_same_open_drifts(actions: list[tuple[Any, ...]]) -> None:
    world = lived(actions)
    world.rest()
    wanted = reference(world.last())
    assert names([one for kinds in world.state.open.values() for one in kinds.values()]) == wanted
    assert names(told(world).open()) == wanted
    assert world.state.waiting == {}
    held = {one.drift_id: one for kinds in world.state.open.values() for one in kinds.values()}
    assert held == {one.drift_id: one for one in told(world).open()}


@settings(max_examples=300, deadline=None)
@given(histories)
def test_what_is_told_was_true_when_it_was_due(actions: list[tuple[Any, ...]]) -> None:
    """No false alarm: whatever was read late or in which order, the sides did differ at change + grace."""
    world = lived(actions)
    world.rest()
    for story in told(world).stories.values():
        for one in story:
            if one.status == "opened":
                assert one.opened_at <= one.observed_at
                assert (one.entity, one.key, one.kind) in reference(world.last(one.opened_at))


@settings(max_examples=300, deadline=None)
@given(histories)
def test_a_story_opens_changes_and_closes_in_order(actions: list[tuple[Any, ...]]) -> None:
    world = lived(actions)
    world.rest()
    for story in told(world).stories.values():
        before = "closed"
        for one in story:
            assert one.status in {"closed": ("opened",)}.get(before, ("changed", "closed"))
            before = one.status


@settings(max_examples=200, deadline=None)
@given(histories)
def test_a_new_machine_finds_the_same_from_compacted_topics(actions: list[tuple[Any, ...]]) -> None:
    world = lived(actions)
    world.rest()
    fresh = world.compacted()
    fresh.state.adopt(told(world).last())
    fresh.state.commit()
    fresh.start()
    fresh.rest()
    assert fresh.topic == []  # everything was told already
    assert set(fresh.state.open) == set(world.state.open)


def test_the_model_finds_drifts_at_all() -> None:
    """The properties above are not about an empty world."""
    world = World()
    world.write("opportunity", "K1", 0, 0, 0)
    world.write("order", "K1", 1, 0, 0)
    world.write("invoice", "K2", 0, 0, 0)
    world.rest()
    assert names(told(world).open()) == {("opportunity", "K1", "total_mismatch"), ("invoice", "K1", "total_mismatch")}
