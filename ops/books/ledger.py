"""Facts in, books out. Pure: the same facts give the same books, in any order and however often repeated.

An event's standing is the first of these that holds:
1. an effect in the ERP waits for its follow-up to be decided -> in flight
2. it has commands: all of them have effects -> applied; a letter for it -> dead-lettered; else in flight
3. its last word, by time, is a letter, an open hold or a skip -> that
4. a record that carries it has not been acknowledged yet -> in flight
5. lost: its reader went past it and left nothing
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import assert_never

from ops.books.balance import Books, Standing, State
from ops.books.facts import (
    Arrived,
    At,
    Commanded,
    Effected,
    Fact,
    Holding,
    Lettered,
    PutAside,
    Redriven,
    Understood,
    Window,
)
from schemas.identity import event_id_for
from schemas.topics import CDC, CDC_PREFIX, ERP_CHANGES, WEBHOOK

RAW_TOPICS = frozenset(topic.name for topic in (*CDC.values(), *WEBHOOK.values(), *ERP_CHANGES.values()))
Acked = Mapping[tuple[str, int], int]  #: (topic, partition) -> the next offset that its reader will read

_OPEN = "open"
_RETURNING = ("open", "releasing")


@dataclass
class _Story:
    """All that is known of one event."""

    entity: str = ""
    key: str = ""
    traced: bool = False  # to the raw record that it came from
    carriers: set[At] = field(default_factory=set)
    commands: dict[str, set[At]] = field(default_factory=dict)
    effects: dict[str, list[Effected]] = field(default_factory=dict)
    words: set[tuple[datetime, State, str]] = field(default_factory=set)  # letters and skips
    letters: set[str] = field(default_factory=set)


class Ledger:
    """Takes facts as they are read; `books` may be asked again and again as more arrive."""

    def __init__(self) -> None:
        self._raw: set[At] = set()
        self._events: dict[str, _Story] = {}
        self._of_raw: dict[At, set[str]] = {}
        self._torn: set[str] = set()  # origins with a letter: one letter may stand for several parts of a record

    def add(self, fact: Fact) -> None:
        match fact:
            case Arrived():
                self._raw.add(fact.at)
            case Understood():
                story = self._trace(fact.event_id, fact.origin)
                story.entity, story.key = fact.entity, fact.key
                story.carriers.add(fact.at)
            case Redriven():
                self._story(fact.event_id).carriers.add(fact.at)
            case Commanded():
                self._story(fact.event_id).commands.setdefault(fact.command_id, set()).add(fact.at)
            case Effected():
                self._story(fact.event_id).effects.setdefault(fact.command_id, []).append(fact)
            case Lettered():
                story = self._trace(fact.event_id, fact.origin)
                story.words.add((fact.failed_at, State.DEAD_LETTERED, fact.reason))
                story.letters.add(fact.reason)
                self._torn.add(fact.origin)
            case PutAside():
                story = self._trace(fact.event_id, fact.origin)
                story.words.add((fact.skipped_at, State.SKIPPED, fact.why))
            case _:
                assert_never(fact)

    def effects(self, books: Books) -> list[Effected]:
        """The effects of the books' events, each command's first."""
        stories = (self._events[event_id] for event_id in books.standings if event_id in self._events)
        return [min(found, key=lambda one: one.applied_at) for story in stories for found in story.effects.values()]

    def books(self, window: Window, acked: Acked, holds: Iterable[Holding]) -> Books:
        """The books of the window's raw records. `acked` must have been asked before the last facts were read."""
        holding: dict[str, list[Holding]] = {}
        for hold in holds:
            holding.setdefault(hold.event_id, []).append(hold)
        standings: dict[str, Standing] = {}
        for at in self._raw:
            if window.holds(at):
                for event_id in self._of_raw.get(at) or {event_id_for(at.origin)}:
                    standings[event_id] = self._standing(event_id, at, acked, holding.get(event_id, []))
        return Books(standings, tuple(sorted(self._contradictions(window, standings))))

    def _story(self, event_id: str) -> _Story:
        return self._events.setdefault(event_id, _Story())

    def _trace(self, event_id: str, origin: str) -> _Story:
        """The event's story, tied to its raw record where `origin` is one."""
        event_id = event_id or event_id_for(origin)
        story = self._story(event_id)
        at = At.of(origin)
        if at is not None and at.topic in RAW_TOPICS:  # a later stage's letter names a later record
            self._of_raw.setdefault(at, set()).add(event_id)
            story.traced = True
        return story

    def _standing(self, event_id: str, at: At, acked: Acked, holds: list[Holding]) -> Standing:
        story = self._events.get(event_id) or _Story(carriers={at})
        state, label = _state(story, at, acked, holds)
        return Standing(event_id, state, at.topic, at.origin, story.entity, story.key, label)

    def _contradictions(self, window: Window, standings: Mapping[str, Standing]) -> Iterable[str]:
        for at, event_ids in self._of_raw.items():
            if window.holds(at):
                if at not in self._raw:
                    yield f"an event says that it comes from {at.origin}, where no record is"
                if at.origin not in self._torn and event_ids != _first_events(at.origin, len(event_ids)):
                    yield f"the events of {at.origin} are not its first {len(event_ids)}: one is missing or foreign"
        for event_id, story in self._events.items():
            if event_id in standings:
                yield from _effect_doubts(event_id, story)
            elif window.whole and not story.traced:
                yield f"event {event_id} has commands, effects or returns, but no clean topic has it"
        for event_id, standing in standings.items():
            if At.of(standing.origin) not in self._of_raw and standing.state not in (State.IN_FLIGHT, State.LOST):
                yield f"event {event_id} of {standing.origin} is {standing.state}, but no clean topic has it"


def _state(story: _Story, at: At, acked: Acked, holds: list[Holding]) -> tuple[State, str]:
    if any(_waits(effect.at, acked) for found in story.effects.values() for effect in found if effect.follow_up):
        return State.IN_FLIGHT, "follow_up"
    if story.commands:
        return _commanded(story, acked, at.topic.startswith(CDC_PREFIX), holds)
    words = [(hold.held_since, State.HELD, hold.waiting_for) for hold in holds if hold.state == _OPEN]
    said = max([*story.words, *words], default=None)
    if said is not None:
        return said[1], said[2]
    returning = any(hold.state in _RETURNING for hold in holds)
    if returning or any(_waits(carrier, acked) for carrier in story.carriers or {at}):
        return State.IN_FLIGHT, "undecided"
    return State.LOST, ""


def _commanded(story: _Story, acked: Acked, from_crm: bool, holds: list[Holding]) -> tuple[State, str]:
    missing = story.commands.keys() - story.effects.keys()
    # What did not come from the CRM's database has no row there to write a number back to.
    due = {effect.follow_up for found in story.effects.values() for effect in found if effect.follow_up and from_crm}
    if not missing and due <= story.commands.keys():
        return State.APPLIED, ""
    if story.letters:
        return State.DEAD_LETTERED, max(word for word in story.words if word[1] is State.DEAD_LETTERED)[2]
    if parked := [hold.waiting_for for hold in holds if hold.state == _OPEN]:  # its command, behind a letter
        return State.HELD, parked[0]
    returning = any(hold.state in _RETURNING for hold in holds)
    if returning or any(_waits(at, acked) for command in missing for at in story.commands[command]):
        return State.IN_FLIGHT, "commanded"
    return State.LOST, ""


def _waits(at: At, acked: Acked) -> bool:
    """Whether the record's reader has yet to acknowledge it."""
    return at.offset >= acked.get((at.topic, at.partition), 0)


@lru_cache(100_000)
def _first_events(origin: str, count: int) -> frozenset[str]:
    return frozenset(event_id_for(origin, index) for index in range(count))


def _effect_doubts(event_id: str, story: _Story) -> Iterable[str]:
    for command_id, effects in story.effects.items():
        if command_id not in story.commands:
            yield f"event {event_id}: effect {command_id} has no command"
        written = {effect.external_id for effect in effects if effect.outcome == "applied" and effect.external_id}
        if len(written) > 1:
            yield f"event {event_id}: command {command_id} was applied to {len(written)} records: {sorted(written)}"
