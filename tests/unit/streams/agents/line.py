"""The decide agent between topics and a store that live in memory and can be cut off at any step.

The agent's own step for one event is run; only the two database calls around it and the topics are stood in for,
by the rules of `streams.facts.store`, `streams.letters.holds` and `streams.letters.waiting`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Literal, cast

from schemas.codec import Codec
from schemas.outcome import Record, SkipWhy, WaitKind
from schemas.records import Account, Command, LineItem, Stamped
from schemas.registry import MemoryRegistry
from streams.agents.decide import DecideAgent, _Work
from streams.decide import Policy
from streams.decide.touched import as_stored
from streams.facts import Span, View
from streams.facts.store import _accounts_to_code, _take
from streams.facts.view import RecordKey, parent_of
from streams.letters.holds import NewHold, OpenHold
from streams.letters.letter import Failure, Original, Subject
from streams.publish import Publisher
from streams.rules import Rules, shipped
from streams.runtime.clock import system_clock
from streams.transport import Batch

#: How far a batch gets. Outputs are durable before anything of the batch is saved (`Batch.flush`); in a transaction
#: they can still be undone after that ("saved").
Fate = Literal["done", "not committed", "nothing", "half sent", "sent", "saved"]
_LOOK_BACK, _PAUSE = timedelta(seconds=30), timedelta(seconds=2)


@dataclass(frozen=True)
class Told:
    """What one event led to on the topics."""

    event_id: str
    command: Command | None = None


@dataclass
class Outputs:
    """Stands where the publisher stands, and keeps what it is given."""

    told: list[Told] = field(default_factory=list)

    def forward(self, batch: Batch, record: Record, event_id: str, traceparent: str, rules: str = "") -> None:
        if isinstance(record.value, Command):
            self.told.append(Told(event_id, record.value))

    def letter(self, batch: Batch, original: Original, subject: Subject, failure: Failure, now: datetime) -> None:
        self.told.append(Told(subject.event_id))

    def skip(self, batch: Batch, subject: Subject, origin: str, why: SkipWhy, *_: Any) -> None:
        self.told.append(Told(subject.event_id))


@dataclass
class HoldRow:
    new: NewHold
    checked_at: datetime
    state: str = "open"
    ended_by: str | None = None


@dataclass
class Store:
    """Records, codes and holds, by the rules of the real ones."""

    rows: dict[RecordKey, Any] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    holds: dict[str, HoldRow] = field(default_factory=dict)

    def load(self, events: list[Stamped], span: Span) -> View:
        view = View(windows_over=self._windows_over())
        for row in self.rows.values():
            _take(view, row, span)
        for account in _accounts_to_code(view, events):
            self.codes.setdefault(account, f"C{len(self.codes)}")
        view.codes.update(self.codes)
        ids = {event.meta.event_id for event in events}
        for hold in self.holds.values():
            if hold.state == "open" or hold.ended_by in ids:
                known = hold.new.as_open()
                kept = OpenHold(**{n: getattr(known, n) for n in OpenHold.__slots__} | {"ended_by": hold.ended_by})
                view.held.setdefault(known.record, []).append(kept)
        return view

    def save(self, work: _Work, span: Span) -> None:
        for key in work.view.doubted:
            self.rows[key].fingerprint = self.rows[key].fingerprint_event = None
        for key, event in work.view.changed.items():
            known, old = work.view.records[key], self.rows.get(key)
            if old is not None and (old.version, old.sequence) > known.position:
                continue
            self.rows[key] = SimpleNamespace(
                entity=key[1],
                body=known.record.model_dump(mode="json"),
                deleted=known.deleted,
                in_crm=known.in_crm,
                told=dict(known.told) or None,
                touched=as_stored(known.touched),
                fingerprint=known.fingerprint,
                fingerprint_event=known.fingerprint_event,
                seen_topic=span.topic,
                seen_partition=span.partition,
                seen_offset=work.offsets[event.meta.event_id],
                version=known.position[0],
                sequence=known.position[1],
                parent=parent_of(known.record),
                updated_at=work.now,
            )
        for new in work.holds:
            self.holds[new.hold_id] = HoldRow(new, work.now)
        for hold_id, event_id in work.superseded.items():
            self.holds[hold_id].state, self.holds[hold_id].ended_by = "superseded", event_id

    def satisfied(self, now: datetime) -> list[HoldRow]:
        return [row for row in self.holds.values() if row.state == "open" and self._over(row, now)]

    def gathers(self) -> bool:
        """Whether something waits for its window."""
        kinds = [row.new.hold.waiting_for.kind for row in self.holds.values() if row.state == "open"]
        return WaitKind.WINDOW in kinds

    def _windows_over(self) -> dict[str, datetime]:
        released = [row.new for row in self.holds.values() if row.state == "released"]
        windows = [new for new in released if new.hold.waiting_for.kind is WaitKind.WINDOW]
        return {new.event.meta.event_id: new.hold.until for new in windows}

    def _over(self, row: HoldRow, now: datetime) -> bool:
        wait = row.new.hold.waiting_for
        if wait.kind is WaitKind.WINDOW:
            return row.new.hold.until <= now
        if wait.kind is WaitKind.ACCOUNT:
            account = self.rows.get(("crm", "account", wait.key))
            return account is not None and not account.deleted
        lines = [r for r in self.rows.values() if r.entity == "line_item" and r.parent == wait.key]
        newest = max((r.updated_at for r in lines), default=datetime.min.replace(tzinfo=now.tzinfo))
        there = sum(not r.deleted for r in lines) >= wait.count
        return there and newest > row.checked_at - _LOOK_BACK and row.checked_at < now - _PAUSE


@dataclass
class Line:
    """One worker, its topics, and what came out."""

    logs: dict[str, list[tuple[Stamped, datetime | None]]]
    now: datetime
    transactional: bool = False
    rules: Rules = field(default_factory=shipped)
    overloaded: frozenset[str] = frozenset()
    store: Store = field(default_factory=Store)
    position: dict[str, int] = field(default_factory=dict)
    committed: dict[str, int] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.logs.setdefault("redrive", [])
        self.position = dict.fromkeys(self.logs, 0)
        self.committed = dict.fromkeys(self.logs, 0)

    def step(self, topic: str, size: int, fate: Fate) -> None:
        """Take the next batch of a topic as far as its fate lets it get."""
        begun = self.begin(topic, size)
        if begun is not None:
            self.end(*begun, fate)

    def begin(self, topic: str, size: int) -> tuple[str, int, _Work, Outputs, Span] | None:
        """Load and decide."""
        self.now += timedelta(seconds=5)
        first = self.position[topic]
        batch = self.logs[topic][first : first + size]
        if not batch:
            return None
        kept = {(name, 0): offset for name, offset in self.committed.items()} if self.transactional else None
        events, span, outputs = [event for event, _ in batch], Span(topic, 0, first, kept), Outputs()
        agent = DecideAgent(
            Codec(MemoryRegistry()), cast("Any", None), Policy(), system_clock, cast("Publisher", outputs)
        )
        work = _Work(cast("Batch", None), self.store.load(events, span), self.now, lambda _: self.rules)
        work.overloaded = self.overloaded
        for offset, (event, since) in enumerate(batch, first):
            work.offsets[event.meta.event_id] = offset
            headers = () if since is None else (("mesh-held-since", since.isoformat().encode()),)
            agent._event(work, Original(topic, 0, offset, 0, event.meta.key.encode(), b"", headers), event)
        return topic, first + len(batch), work, outputs, span

    def end(self, topic: str, after: int, work: _Work, outputs: Outputs, span: Span, fate: Fate) -> None:
        """Send, save, commit; or crash on the way."""
        durable = {"nothing": 0, "saved": 0, "half sent": (len(outputs.told) + 1) // 2}.get(fate, len(outputs.told))
        self.told += outputs.told[:durable]
        if fate in ("done", "not committed", "saved"):
            self.store.save(work, span)
            self.position[topic] = after
        if fate == "done":
            self.committed[topic] = after
        elif fate != "not committed":
            self.crash()

    def crash(self) -> None:
        """Read again from what was committed."""
        self.position = dict(self.committed)

    def release(self, *, closed: bool = True) -> bool:
        """The clock behind holds looks; a crash between sending and closing leaves them open."""
        self.now += timedelta(seconds=5)
        ready = self.store.satisfied(self.now)
        for row in ready:
            self.logs["redrive"].append((row.new.event, row.new.held_since))
            row.state = "released" if closed else row.state
        return bool(ready)

    def settle(self) -> None:
        """Let everything that was sent come to its end."""
        for _ in range(200):
            for topic in self.logs:
                while self.position[topic] < len(self.logs[topic]):
                    self.step(topic, 3, "done")
            if not self.release() and not self.store.gathers():
                return
        raise AssertionError("it never comes to rest")

    def commands(self, kind: str) -> list[Command]:
        return [told.command for told in self.told if told.command is not None and told.command.kind == kind]


__all__ = ["Account", "Fate", "Line", "LineItem", "Store"]
