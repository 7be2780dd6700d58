"""Play labelled stories through the reconciler under a clock of its own, and score what it told."""

from __future__ import annotations

import heapq
import random
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from ops.bench.reconcile.events import FEEDS, Event, moment
from ops.bench.reconcile.stories import GONE, GRACE, Story, story
from reconciler.difference import KINDS
from reconciler.grace import Policy
from reconciler.rows import Feed, Row, Subject
from reconciler.sight import see
from reconciler.state import State
from reconciler.store import Store
from reconciler.watermark import Watermarks
from reconciler.window import Window
from schemas.records import Drift, DriftKind

TICK = 0.5  #: minutes between two steps
#: Minutes after a story's last row in which all that is to be told of it is told: an outage, and every grace, twice.
_OVER = 120.0
_IDLE = timedelta(seconds=30)
#: Minutes of every three hours in which the broker does not tell the ends of the ERP's feeds, and their rows pile up.
_OUTAGE = (60.0, 85.0)
Name = tuple[str, str, DriftKind]


@dataclass(frozen=True, slots=True)
class Request:
    """`keys` stories, one in `damage_every` damaged (0: none), `per_minute` of them beginning each minute."""

    keys: int
    seed: int = 1
    damage_every: int = 0
    per_minute: int = 400
    restart_every: int = 0  #: steps; then it is a new reconciler over the same store


@dataclass(slots=True)
class Score:
    """What was told against the labels. Everything but `injected`, `found`, `closed` and the counts is to be 0."""

    keys: int = 0
    rows: int = 0
    seconds: float = 0.0  #: of the reconciler's own work, without the making of rows
    injected: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    closed: Counter[str] = field(default_factory=Counter)
    found_twice: int = 0
    wrong_money: int = 0
    false_alarms: Counter[str] = field(default_factory=Counter)
    late: int = 0
    late_missed: int = 0
    wrong_ends: Counter[str] = field(default_factory=Counter)
    restarts: int = 0
    examples: list[str] = field(default_factory=list)  #: the first false alarms and misses, in words

    @property
    def perfect(self) -> bool:
        """Each injected drift found once with its money and closed once; nothing else told."""
        wrong = self.found_twice + self.wrong_money + self.false_alarms.total() + self.late_missed
        return not wrong and not self.wrong_ends and self.injected == self.found == self.closed

    def by_kind(self) -> dict[str, dict[str, float]]:
        """Precision and recall of every kind of drift that was injected or told."""
        table: dict[str, dict[str, float]] = {}
        for kind in KINDS:
            told, right, wanted = self.found[kind] + self.false_alarms[kind], self.found[kind], self.injected[kind]
            if told or wanted:
                precision, recall = right / told if told else 1.0, right / wanted if wanted else 1.0
                table[kind] = {"injected": wanted, "precision": precision, "recall": recall}
        return table


class Player:
    """One run over one store."""

    def __init__(self, request: Request, store: Store) -> None:
        self._request = request
        self._store = store
        self._dice = random.Random(request.seed)
        self._offsets: dict[Feed, int] = dict.fromkeys(FEEDS, 0)
        self._held_back: list[Row] = []
        self._stories: dict[tuple[str, str], Story] = {}  # those that are not over: what they take stays the same
        self._over: deque[tuple[float, Story]] = deque()
        self._told: dict[Name, list[Drift]] = defaultdict(list)
        self._late: Counter[str] = Counter()
        self.score = Score(keys=request.keys)
        self._start(0.0)

    def run(self) -> Score:
        """Every story, and then silence until everything is judged."""
        now, steps = 0.0, 0
        for until, events in _ticks(self._events()):
            now, steps = until, steps + 1
            self._step(now, events)
            self._judge(now - _OVER)
            if self._request.restart_every and steps % self._request.restart_every == 0:
                self.score.restarts += 1
                self._start(now)
        for _ in range(8):
            now += GONE
            self._step(now, [])
        self._judge(now)
        for (_, _, kind), drifts in self._told.items():  # of no story, or of one that was over
            self._false_alarm(kind, drifts)
        return self.score

    def _start(self, now: float) -> None:
        self.state = State(self._store)
        self._marks = Watermarks(
            dict.fromkeys(FEEDS, 0) | self.state.positions, _IDLE, moment(now), self.state.judged_to
        )
        self._window = Window(self.state, self._marks, _policy())

    def _events(self) -> Iterator[Event]:
        """Rows in the order recorded. Stories are made as their time comes."""
        request, heap, number = self._request, [], 0  # type: ignore[var-annotated]
        while heap or number < request.keys:
            begins = number / request.per_minute
            if number < request.keys and (not heap or begins <= heap[0][0]):
                damaged = request.damage_every > 0 and number % request.damage_every == 0
                order = number // request.damage_every if damaged else number
                one = story(order, request.seed + (0 if damaged else 1_000_000), begins, damaged)
                self._stories[one.pair, one.key] = one
                # Kept in the order of beginning: one that is over waits at most for an earlier one that lasts longer.
                self._over.append((max(event.recorded for event in one.events), one))
                for event in one.events:
                    heapq.heappush(heap, (event.recorded, number, id(event), event))
                one.events = []
                number += 1
            else:
                yield heapq.heappop(heap)[-1]

    def _step(self, now: float, events: list[Event]) -> None:
        for event in events:
            self._held_back.append(event.row(self._offsets[event.feed]))
            self._offsets[event.feed] += 1
        away = _OUTAGE[0] <= now % 180 < _OUTAGE[1]
        rows = [row for row in self._held_back if not (away and _of_erp(row.feed))]
        self._held_back = [row for row in self._held_back if away and _of_erp(row.feed)]
        by_feed: dict[Feed, list[Row]] = defaultdict(list)
        for row in rows:
            by_feed[row.feed].append(row)
        feeds = list(by_feed)
        self._dice.shuffle(feeds)  # which feed is read first is chance
        ends = {feed: end for feed, end in self._offsets.items() if not (away and _of_erp(feed))}
        began = time.perf_counter()
        self._marks.on_ends(ends, moment(now))
        self.score.rows += len(rows)
        self._window.step([row for feed in feeds for row in by_feed[feed]], moment(now))
        self.state.commit(dict(self._marks.feeds()), self._marks.held)
        self.score.seconds += time.perf_counter() - began
        for late in self._window.late:
            self._late[late.key] += 1
        self._window.late.clear()
        for _, drift in sorted(self.state.outbox.items()):
            self._told[drift.entity, drift.key, drift.kind].append(drift)
        if self.state.outbox:
            self.state.told(list(self.state.outbox))
            self.state.commit()

    # -- the score

    def _judge(self, before: float) -> None:
        """The stories whose last row was recorded before that moment; what was told of them is not needed any more."""
        while self._over and self._over[0][0] <= before:
            self._end(self._over.popleft()[1])

    def _false_alarm(self, kind: DriftKind, drifts: list[Drift]) -> None:
        opened = [drift for drift in drifts if drift.status == "opened"]
        self.score.false_alarms[kind] += max(1, len(opened))
        self._example(f"false alarm: {opened[0].explanation if opened else drifts[0].explanation}")

    def _end(self, one: Story) -> None:
        score = self.score
        del self._stories[one.pair, one.key]
        for kind in KINDS:
            drifts = self._told.pop((one.pair, one.key, kind), None)
            if drifts is None:
                continue
            if one.drift != kind:
                self._false_alarm(kind, drifts)
                continue
            opened = [drift for drift in drifts if drift.status == "opened"]
            score.found[kind] += 1
            score.found_twice += len(opened) - 1
            score.closed[kind] += drifts[-1].status == "closed"
            score.wrong_money += opened[0].money != one.money
        if one.drift is not None:
            score.injected[one.drift] += 1
            if score.found[one.drift] < score.injected[one.drift]:
                self._example(f"missed: {one.drift} of {one.pair} {one.key}, or one before it")
        score.late += one.late
        score.late_missed += one.late > self._late.pop(one.key, 0)
        ended = see(self.state.sides, Subject(one.pair, one.key)).comparison.result
        if ended != one.ends:
            score.wrong_ends[f"{ended} instead of {one.ends}"] += 1
            self._example(f"{one.pair} {one.key} ends {ended}, not {one.ends}")

    def _example(self, text: str) -> None:
        if len(self.score.examples) < 10:
            self.score.examples.append(text)


def _ticks(events: Iterator[Event]) -> Iterator[tuple[float, list[Event]]]:
    """The events of each tick, ticks without any included."""
    until, found = TICK, list[Event]()
    for event in events:
        while event.recorded > until:
            yield until, found
            until, found = until + TICK, []
        found.append(event)
    yield until, found


def _policy() -> Policy:
    return Policy(timedelta(minutes=GRACE), gone=timedelta(minutes=GONE))


def _of_erp(feed: Feed) -> bool:
    return feed.topic in ("customer", "order", "invoice")
