"""A line in memory that parks: a clean topic, the way back, a store, transactions. Any of it may be cut off.

The agent's yard and lot are the real ones; the store follows the rules of `streams.letters.parking.store` and `drain`.
Each record's events must have their effects in the order of the source, whatever happens.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from schemas import headers as names
from schemas.identity import letter_id_for
from schemas.outcome import DeadLetter, Forward, Skip, SkipWhy
from schemas.reasons import Reason
from schemas.records import Account, Opportunity, Stamped
from schemas.topics import CRM_ACCOUNT, REDRIVE
from streams.agents.yard import Yard
from streams.letters.letter import Original
from streams.letters.parking.drain import Waiting, superseded
from streams.letters.parking.lot import Admission, Block, Lot, RecordKey, Row, Spot, scope_of
from tests.unit.streams.agents.crm_days import meta

#: done: all durable. undone: the database kept it, the transaction did not. lost: nothing kept. repeated: outputs are
#: durable and nothing else (at least once).
Fate = Literal["done", "undone", "lost", "repeated"]
CLEAN, BACK = CRM_ACCOUNT.name, REDRIVE["decide"].name


def change(kind: str, key: str, tick: int) -> Stamped:
    """The nth change of a record. Deals belong to the account with the same number."""
    number = key[1:]
    if kind == "account":
        return Account(meta=meta("account", key, key, tick), id=key, name=f"at {tick}")
    stamp = meta("opportunity", key, f"a{number}", tick)
    return Opportunity(meta=stamp, id=key, stage="Closed Won", currency="EUR", amount=1, line_count=1)


@dataclass
class Copy:
    """A record on a topic."""

    event: Stamped
    source: int
    drained: bool = False
    replayed: bool = False


@dataclass
class World:
    """Everything that is durable, and what was read of it."""

    collapse: bool = False
    transactional: bool = True
    topics: dict[str, list[Copy]] = field(default_factory=lambda: {CLEAN: [], BACK: []})
    read: dict[str, int] = field(default_factory=lambda: {CLEAN: 0, BACK: 0})
    committed: dict[str, int] = field(default_factory=lambda: {CLEAN: 0, BACK: 0})
    rows: dict[str, Row] = field(default_factory=dict)
    events: dict[str, Stamped] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)  #: open ones
    letters: dict[str, Stamped] = field(default_factory=dict)  #: open, on their topic
    under_way: set[str] = field(default_factory=set)  #: letters that were sent again; one claim per letter
    poison: set[str] = field(default_factory=set)  #: events that fail as they are
    effects: list[Stamped] = field(default_factory=list)
    facts: list[tuple[Stamped, str, int]] = field(default_factory=list)  #: what was decided, read where
    skipped: dict[str, str] = field(default_factory=dict)
    discarded: set[str] = field(default_factory=set)
    places: int = 0
    most_parked: int = 0

    def arrive(self, event: Stamped, *, poison: bool) -> None:
        self.sources[event.meta.event_id] = len(self.topics[CLEAN])
        self.topics[CLEAN].append(Copy(event, self.sources[event.meta.event_id]))
        self.events[event.meta.event_id] = event
        if poison:
            self.poison.add(event.meta.event_id)

    # -- the agent

    def batch(self, topic: str, size: int, fate: Fate) -> None:
        """Read the next records and take them as far as the fate lets them get."""
        first = self.read[topic]
        copies = self.topics[topic][first : first + size]
        if not copies:
            return
        yard = Yard(topic, 0, self.lot([copy.event for copy in copies]))
        effects, letters, skips = [], {}, {}
        learned: list[tuple[Stamped, str, int]] = []
        for offset, copy in enumerate(copies, first):
            event = copy.event
            mark: tuple[tuple[str, bytes], ...] = ((names.PARKED, b"x"),) if copy.drained else ()
            mark += ((names.REPLAYS, b"1"),) if copy.replayed else ()
            original = Original(CLEAN, 0, copy.source, 0, None, None, mark)
            admission, original = yard.admit(event, original, offset)
            if admission is Admission.INSTEAD:
                skips[event.meta.event_id] = yard.instead(event)[1]
            if admission is not Admission.PASS:
                continue
            if self._stale(event, learned):
                yard.came_to(event, original, Skip(SkipWhy.STALE, "a newer version was decided"))
                skips[event.meta.event_id] = "stale"
                continue
            if event.meta.event_id in self.poison:
                reason = Reason.ERP_REJECTED if self.collapse else Reason.CONFLICT_ON_FINANCIAL_FIELD
                yard.came_to(event, original, DeadLetter(reason, "as it is"))
                letters[letter_id_for(original.origin, "decide")] = event
            else:
                yard.came_to(event, original, Forward(()))
                effects.append(event)
                learned.append((event, topic, offset))
        if fate in ("done", "repeated") or (fate == "undone" and not self.transactional):
            self.effects += effects
            self.letters |= letters
            self.under_way -= letters.keys()
            self.skipped |= skips
        if fate in ("done", "undone"):
            self.save(yard)
            self.facts += learned
        if fate == "done":
            self.read[topic] = self.committed[topic] = first + len(copies)
        else:
            self.crash()

    def _stale(self, event: Stamped, now: list[tuple[Stamped, str, int]]) -> bool:
        """A newer version was decided, now or before, and not by a transaction that was undone."""
        return any(
            scope_of(known)[0] == scope_of(event)[0]
            and event.meta.position < known.meta.position
            and not (self.transactional and offset >= self.committed[topic] and (known, topic, offset) not in now)
            for known, topic, offset in [*self.facts, *now]
        )

    def crash(self) -> None:
        """The worker dies, or its partitions go to another: read again from what was committed."""
        self.read = dict(self.committed)

    def lot(self, events: list[Stamped]) -> Lot:
        waiting: dict[RecordKey, dict[int, Spot]] = {}
        for row in self.rows.values():
            if row.state != "done":
                waiting.setdefault(row.record, {})[row.place] = row.source
        own = {scope_of(event)[0] for event in events}
        ids = {event.meta.event_id for event in events}
        rows = [row for row in self.rows.values() if row.event_id in ids]
        return Lot.of(self.blocks.values(), rows, {key: found for key, found in waiting.items() if key in own})

    def save(self, yard: Yard) -> None:
        for row in yard.lot.moved.values():
            if row.event_id not in yard.lot.parked:
                self.rows[row.event_id] = row
        for event_id in yard.lot.parked:
            self.places += 1
            self.rows[event_id] = replace(yard.lot.rows[event_id], place=self.places)
        self.blocks |= yard.lot.raised
        for block_id in yard.lot.ended:
            self.blocks.pop(block_id, None)
        self.most_parked = max(self.most_parked, sum(row.state != "done" for row in self.rows.values()))

    # -- the drainer

    def drain(self, limit: int, *, marked: bool) -> int:
        """Send what nothing covers; a crash may come between sending and marking."""
        free = sorted((row for row in self.rows.values() if row.state == "waiting"), key=lambda row: row.place)
        free = [row for row in free if not self._covered(self.events[row.event_id])][:limit]
        before = dict(self.rows)
        if self.collapse:
            self._supersede([row.event_id for row in free])
        for row in free:
            self.topics[BACK].append(Copy(self.events[row.event_id], row.source.offset, drained=True))
            self.rows[row.event_id] = replace(self.rows[row.event_id], state="sent")
        if not marked:
            self.rows = before
        return len(free)

    def _covered(self, event: Stamped) -> bool:
        scope = scope_of(event)
        return any(b.record == scope[0] or (b.dependents and b.record in scope) for b in self.blocks.values())

    def _supersede(self, chosen: list[str]) -> None:
        tails: dict[RecordKey, list[Waiting]] = {}
        for row in self.rows.values():
            if row.state == "waiting" and not row.instead:
                meta_ = self.events[row.event_id].meta
                one = Waiting(row.event_id, row.place, meta_.position, meta_.source, full=True, collapse=True)
                tails.setdefault(row.record, []).append(one)
        for tail in tails.values():
            for event_id, by in superseded(tail).items():
                if event_id in chosen:
                    self.rows[event_id] = replace(self.rows[event_id], instead="superseded", instead_of=by)

    # -- people

    def replay(self, letter_id: str, *, mended: bool) -> None:
        """Send a letter again; where it was edited or its cause is gone it goes through."""
        event = self.letters[letter_id]
        if letter_id in self.under_way:
            return
        self.under_way.add(letter_id)
        if mended:
            self.poison.discard(event.meta.event_id)
        self.topics[BACK].append(Copy(event, self.sources[event.meta.event_id], replayed=True))

    def mend(self) -> None:
        """The cause of all failures is gone: what fails next time fails for nothing."""
        self.poison.clear()

    def verify(self) -> None:
        """Letters whose event had its effect, or came too late for one, are closed, and block no more."""
        done = {event.meta.event_id for event in self.effects} | set(self.skipped)
        for letter_id, event in list(self.letters.items()):
            if event.meta.event_id in done:
                self._close(letter_id)

    def discard(self, letter_id: str) -> None:
        """Give it up. A case whose letter is under way cannot be closed by hand."""
        if letter_id in self.under_way:
            return
        self.discarded.add(self.letters[letter_id].meta.event_id)
        self._close(letter_id)

    def _close(self, letter_id: str) -> None:
        del self.letters[letter_id]
        self.under_way.discard(letter_id)
        self.blocks.pop(letter_id, None)

    def settle(self) -> None:
        """Mend and replay everything, drain everything."""
        for _ in range(400):
            for topic in (CLEAN, BACK):
                while self.read[topic] < len(self.topics[topic]):
                    self.batch(topic, 3, "done")
            self.verify()
            moved = self.drain(5, marked=True)
            for letter_id, event in self.letters.items():
                self.poison.discard(event.meta.event_id)
                self.replay(letter_id, mended=True)
            if not (moved or self.letters or any(self.read[t] < len(self.topics[t]) for t in self.topics)):
                return
        raise AssertionError("it never comes to rest")
