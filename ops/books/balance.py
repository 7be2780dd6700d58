"""The books as they are told: one standing per event, and whether the sum is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

PARKED = "letter"  #: the label of a held event that is parked: what it waits for


class State(StrEnum):
    """Where an event stands. `lost` is what must never be: acknowledged by its reader, and no trace of it."""

    APPLIED = "applied"
    DEAD_LETTERED = "dead_lettered"
    HELD = "held"
    SKIPPED = "skipped"
    IN_FLIGHT = "in_flight"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Standing:
    """An event's one place in the books. `label`: the reason of a letter, the why of a skip, what a hold waits for."""

    event_id: str
    state: State
    topic: str  #: the raw topic it came from
    origin: str
    entity: str = ""
    key: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Books:
    """`accepted = applied + dead_lettered + held + skipped + in_flight`, or something is wrong."""

    standings: Mapping[str, Standing]
    contradictions: tuple[str, ...] = ()  #: facts that do not fit each other, in words

    @property
    def accepted(self) -> int:
        return len(self.standings)

    def count(self, state: State) -> int:
        return sum(1 for standing in self.standings.values() if standing.state is state)

    @property
    def lost(self) -> tuple[str, ...]:
        """The origins of what left no trace."""
        return tuple(sorted(one.origin for one in self.standings.values() if one.state is State.LOST))

    @property
    def balanced(self) -> bool:
        accounted = sum(self.count(state) for state in State if state is not State.LOST)
        return accounted == self.accepted and not self.contradictions

    @property
    def settled(self) -> bool:
        """Balanced, and nothing is on its way any more."""
        return self.balanced and self.count(State.IN_FLIGHT) == 0

    def by_label(self, state: State) -> dict[str, int]:
        """Events of a state by reason, why, or what they wait for; most first."""
        labels = Counter(one.label for one in self.standings.values() if one.state is state)
        return dict(labels.most_common())

    def by_topic(self) -> dict[str, Counter[State]]:
        """Events by the raw topic that they came from, and state."""
        table: dict[str, Counter[State]] = {}
        for one in self.standings.values():
            table.setdefault(one.topic, Counter())[one.state] += 1
        return dict(sorted(table.items()))
