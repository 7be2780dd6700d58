"""A reconciler whose clock is moved by hand."""

from __future__ import annotations

from typing import Any

from histories import FEEDS, GRACE, IDLE, at, row

from reconciler.explanations import KnownExplanations
from reconciler.grace import Policy
from reconciler.pilot import EVERYBODY, Named
from reconciler.rows import Row
from reconciler.state import State
from reconciler.store import MemoryStore
from reconciler.watermark import Watermarks
from reconciler.window import Window
from schemas.records import Drift


class Line:
    """A reconciler whose clock is moved by hand. `ends` of its feeds are where it has read to: it never lags."""

    def __init__(
        self,
        store: MemoryStore | None = None,
        pilot: frozenset[str] | None = None,
        start: float = 0,
        policy: Policy | None = None,
    ) -> None:
        self.store = store or MemoryStore()
        self.state = State(self.store)
        self.marks = Watermarks(FEEDS | self.state.positions, IDLE, at(start), self.state.judged_to)
        self.known = KnownExplanations()
        self.window = Window(
            self.state,
            self.marks,
            policy or Policy(GRACE, pilot=EVERYBODY if pilot is None else Named(pilot)),
            self.known,
        )
        self._next = dict(self.marks.feeds())

    def at(self, now: float, *rows: Row, ask: bool = True) -> list[tuple[str, str]]:
        """One step at this minute: (status, kind) of what is told. `ask`: the broker answers."""
        return [(drift.status, drift.kind) for drift in self.step(now, *rows, ask=ask)]

    def step(self, now: float, *rows: Row, ask: bool = True) -> list[Drift]:
        numbered = []
        for one in rows:
            offset = self._next.get(one.feed, 0)
            self._next[one.feed] = offset + 1
            numbered.append(Row(one.feed, offset, one.entity, one.key, one.recorded_at, one.record))
        if ask:
            self.marks.on_ends(self._next, at(now))
        told = self.window.step(numbered, at(now))
        self.state.commit(dict(self.marks.feeds()), self.marks.held)
        return told


def adopting(drift: Drift) -> MemoryStore:
    """A new folder that knows of this drift from the drift topic, and of nothing else."""
    store = MemoryStore()
    state = State(store)
    state.adopt([drift])
    state.commit()
    return store


def account(when: float, **fields: Any) -> Row:
    return row("account", "A1", when, **fields)


def customer(when: float, **fields: Any) -> Row:
    return row("customer", "A1", when, **fields)
