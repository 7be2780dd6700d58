"""What is read from the topics and the holds table, one small fact per record. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from schemas.identity import origin_of


class At(NamedTuple):
    """A record's coordinates."""

    topic: str
    partition: int
    offset: int

    @property
    def origin(self) -> str:
        return origin_of(*self)

    @classmethod
    def of(cls, origin: str) -> At | None:
        """From `topic/partition/offset`; None where it is not of that form."""
        topic, _, rest = origin.rpartition("/")
        topic, _, partition = topic.rpartition("/")
        if not (topic and partition.isdecimal() and rest.isdecimal()):
            return None
        return cls(topic, int(partition), int(rest))


@dataclass(frozen=True, slots=True)
class Arrived:
    """A raw record is on its topic."""

    at: At


@dataclass(frozen=True, slots=True)
class Understood:
    """Normalise made an event of (a part of) the raw record at `origin`."""

    event_id: str
    at: At
    origin: str
    entity: str
    key: str


@dataclass(frozen=True, slots=True)
class Redriven:
    """Original bytes are on their way back into a stage: a released hold or a replayed letter."""

    event_id: str
    at: At


@dataclass(frozen=True, slots=True)
class Commanded:
    """An event is to have this effect."""

    event_id: str
    command_id: str
    at: At


@dataclass(frozen=True, slots=True)
class Effected:
    """A command came to this, verified. `follow_up` is the command that must come of it; "" where none must."""

    event_id: str
    command_id: str
    kind: str
    outcome: str
    external_id: str
    at: At
    occurred_at: datetime
    applied_at: datetime
    follow_up: str = ""


@dataclass(frozen=True, slots=True)
class Lettered:
    """An event is a dead letter. `origin` is the failed record's, `event_id` is "" where the bytes were unreadable."""

    event_id: str
    reason: str
    origin: str
    failed_at: datetime


@dataclass(frozen=True, slots=True)
class PutAside:
    """An event needed no effect."""

    event_id: str
    why: str
    origin: str
    skipped_at: datetime


@dataclass(frozen=True, slots=True)
class Holding:
    """A row of the holds table as it stands now, or a parked event: that waits for a letter."""

    event_id: str
    state: str  #: open, releasing, released, expired, superseded, done
    waiting_for: str
    held_since: datetime


Fact = Arrived | Understood | Redriven | Commanded | Effected | Lettered | PutAside


@dataclass(frozen=True, slots=True)
class Window:
    """The raw records that the books are about: per (topic, partition) offsets from start up to, not with, end.

    `whole`: it begins at the logs' beginning, so that a fact about an unknown event is a contradiction.
    """

    starts: dict[tuple[str, int], int]
    ends: dict[tuple[str, int], int]
    whole: bool = True

    def holds(self, at: At) -> bool:
        place = (at.topic, at.partition)
        return place in self.ends and self.starts.get(place, 0) <= at.offset < self.ends[place]
