"""The vocabulary of the layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

#: Header pairs, as librdkafka takes them; names may repeat.
Headers = Sequence[tuple[str, bytes | None]]


class TP(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]"


class Message(Protocol):
    """The part of `confluent_kafka.Message` that the layer itself reads. `len(message)` is the size of its value."""

    def topic(self) -> str | None: ...
    def partition(self) -> int | None: ...
    def offset(self) -> int | None: ...
    def key(self) -> bytes | None: ...
    def value(self) -> bytes | None: ...
    def headers(self) -> list[tuple[str, bytes | None]] | None: ...
    def timestamp(self) -> tuple[int, int]: ...
    def __len__(self) -> int: ...


class Waiting(NamedTuple):
    """An agent cannot take the record at `offset` yet. Times are those of the engine's monotonic clock."""

    offset: int
    why: str
    since: float
    until: float  #: then it is tried again

    def rests(self, now: float) -> bool:
        """It is not time to try again."""
        return now < self.until


class Progress(NamedTuple):
    """Where one assigned partition stands. Offsets are the next ones to read; None: not known yet."""

    tp: TP
    watermark: int | None  #: everything before it is finished
    committed: int | None  #: everything before it is finished for the group
    highwater: int | None  #: the end of the partition, as the broker last said
    unfinished: int  #: messages fetched and not finished
    unfinished_bytes: int
    outstanding: int  #: batches that an agent holds
    paused: bool  #: fetching is held back
    position: int | None = None  #: everything before it was fetched, or there is nothing to fetch
    waiting: Waiting | None = None  #: a record was postponed, and was not passed yet

    @property
    def lag(self) -> int | None:
        """Offsets between what is finished and the end; None: not known.

        When all that was fetched is finished, this counts from the position: what follows the last message of a
        transaction is a marker, which has an offset and is never delivered.
        """
        finished = self.watermark if self.watermark is not None else self.committed
        seen = finished if self.unfinished or self.position is None else max(self.position, finished or 0)
        if self.highwater is None or seen is None:
            return None
        return max(0, self.highwater - seen)


class Health(NamedTuple):
    """Two questions of a supervisor. Empty: yes; else why not, in words."""

    alive: str  #: not failed, both threads turn, nothing is stalled; else: restart it
    ready: str  #: it has its place in the group, be it an empty one, and no partition waits for a postponed record
