"""One assigned partition, from its assignment until it is revoked or lost.

A new assignment makes a new object, so nothing of a former ownership survives: late acknowledgements reach an object
that nobody commits from. Two threads share it without a lock, because every field has one writer:

    consumer thread   fetched, fetched_bytes, fetched_to, position, committed, highwater, paused
    event loop        everything else
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from streams.transport.types import TP, Message, Progress, Waiting
from streams.transport.watermark import Watermark

#: What a message costs beside its value: key, headers, and the objects around them. An estimate.
OVERHEAD_BYTES = 200


def size_of(messages: Sequence[Message]) -> int:
    """Memory of the messages, in bytes, roughly."""
    return sum(map(len, messages)) + OVERHEAD_BYTES * len(messages)


class Partition:
    """Backlog, outstanding batches and watermark of one partition."""

    __slots__ = (
        "backlog",
        "closed",
        "committed",
        "cut_off",
        "done",
        "done_bytes",
        "fetched",
        "fetched_bytes",
        "fetched_to",
        "highwater",
        "open",
        "outstanding",
        "paused",
        "position",
        "resting",
        "tp",
        "waiting",
        "watermark",
    )

    def __init__(self, tp: TP) -> None:
        self.tp = tp
        self.fetched = self.fetched_bytes = 0
        self.fetched_to = 0  #: one past the last offset fetched
        self.committed: int | None = None
        self.highwater: int | None = None
        self.paused = False
        self.position: int | None = None  #: as in `Progress`: it also passes what is never delivered
        self.done = self.done_bytes = 0
        self.watermark = Watermark()
        self.backlog: deque[list[Message]] = deque()
        self.outstanding = 0
        self.open = False  #: batches may be handed out
        self.closed = False  #: no longer ours
        self.cut_off = False  #: agents get no more of it: what was fetched and not handed out is read again
        self.waiting: Waiting | None = None  #: a record was postponed and is not passed; a repeated cycle takes it over
        self.resting = False  #: nothing is handed out until the postponed record is due

    @property
    def unfinished(self) -> int:
        return self.fetched - self.done

    @property
    def unfinished_bytes(self) -> int:
        return self.fetched_bytes - self.done_bytes

    def take(self, limit: int) -> list[Message]:
        """The next messages of the backlog, at most `limit`; the backlog must not be empty."""
        taken = self.backlog.popleft()
        if len(taken) > limit:
            self.backlog.appendleft(taken[limit:])
            return taken[:limit]
        while self.backlog and len(taken) + len(self.backlog[0]) <= limit:
            taken = taken + self.backlog.popleft()
        return taken

    def postpone(self, rest: list[Message], waiting: Waiting) -> bool:
        """Put these back before the backlog, which rests. True: it is the first time that their first one waits."""
        before, self.resting = self.waiting, True
        self.backlog.appendleft(rest)
        again = before is not None and before.offset == waiting.offset
        self.waiting = waiting._replace(since=before.since) if before is not None and again else waiting
        return not again

    def to_commit(self) -> int | None:
        """The offset that is finished and not committed yet."""
        position = self.watermark.position
        return None if position == self.committed else position

    def progress(self) -> Progress:
        return Progress(
            tp=self.tp,
            watermark=self.watermark.position,
            committed=self.committed,
            highwater=self.highwater,
            unfinished=self.unfinished,
            unfinished_bytes=self.unfinished_bytes,
            outstanding=self.outstanding,
            paused=self.paused,
            position=self.position,
            waiting=self.waiting,
        )
