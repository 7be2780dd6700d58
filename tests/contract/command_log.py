"""A command topic in memory: batches to a runner, and what became of them. It commits as the transport does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from schemas.headers import Headers

Pairs = list[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Message:
    """A record as the Kafka client gives it."""

    place: tuple[str, int, int]
    record_key: bytes | None
    record_value: bytes | None
    record_headers: tuple[tuple[str, bytes | None], ...] = ()

    def topic(self) -> str:
        return self.place[0]

    def partition(self) -> int:
        return self.place[1]

    def offset(self) -> int:
        return self.place[2]

    def key(self) -> bytes | None:
        return self.record_key

    def value(self) -> bytes | None:
        return self.record_value

    def headers(self) -> Pairs:
        return list(self.record_headers)

    def timestamp(self) -> tuple[int, int]:
        return (1, 0)


@dataclass
class Batch:
    """All the records from the committed offset on; `partition` is this assignment's own object."""

    log: CommandLog
    messages: Sequence[Message]
    partition: object
    open: bool = True

    @property
    def tp(self) -> tuple[str, int]:
        return (self.log.topic, self.log.number)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def emit(
        self, topic: str, *, key: bytes | None, value: bytes | None, partition: int | None, headers: Headers
    ) -> None:
        if self.open:
            self.log.out.append((topic, partition, key, value, list(headers)))

    async def flush(self) -> None:
        """What was emitted is there at once."""

    def complete(self, offset: int) -> None:
        if self.open:
            self.log.completed.add(offset)


@dataclass
class CommandLog:
    """One partition of a topic."""

    topic: str
    number: int = 0
    messages: list[Message] = field(default_factory=list)
    out: list[tuple[str, int | None, bytes | None, bytes | None, Pairs]] = field(default_factory=list)
    completed: set[int] = field(default_factory=set)

    def append(self, key: bytes | None, value: bytes | None, headers: Headers = ()) -> int:
        offset = len(self.messages)
        self.messages.append(Message((self.topic, self.number, offset), key, value, tuple(headers)))
        return offset

    @property
    def committed(self) -> int:
        """The first offset that is not complete: where a restart resumes."""
        return next((i for i in range(len(self.messages)) if i not in self.completed), len(self.messages))

    def assign(self) -> Batch:
        """A new assignment: everything from the committed offset on. What an earlier one still does counts nothing."""
        start = self.committed
        self.completed = set(range(start))
        return Batch(self, self.messages[start:], object())
