"""What the drift topic tells, read once from its beginning to its end."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from reconciler.broker import Reader
from reconciler.errors import BrokerUnavailable
from reconciler.rows import Feed
from schemas.codec import Codec, ContractViolation, Undecodable
from schemas.records import Drift
from schemas.topics import Topic

_PATIENCE_S = 20.0


@dataclass(slots=True)
class DriftHistory:
    """The story of each drift, oldest first, repeats dropped. `unreadable` counts rows that are no drift."""

    stories: dict[str, list[Drift]] = field(default_factory=dict)
    unreadable: int = 0

    def add(self, drift: Drift) -> None:
        """One row. A repeat after a crash is an old row once more: it changes nothing."""
        story = self.stories.setdefault(drift.drift_id, [])
        if not story or drift.observed_at > story[-1].observed_at:
            story.append(drift)

    def last(self) -> list[Drift]:
        """The last word on each drift, the newest drift first."""
        return sorted((story[-1] for story in self.stories.values()), key=lambda one: one.opened_at, reverse=True)

    def open(self) -> list[Drift]:
        """The drifts that are open now."""
        return [drift for drift in self.last() if drift.status != "closed"]


def read_history(
    bootstrap: str, group: str, topic: Topic, codec: Codec, history: DriftHistory | None = None
) -> DriftHistory:
    """Into the given history, or a new one. Raises BrokerUnavailable, TopicMissing, ReadFailed, RegistryUnavailable."""
    reader = Reader(bootstrap, group)
    try:
        feeds = reader.partitions([topic.name])
        ends = reader.ends(feeds)
        if ends is None:
            raise BrokerUnavailable
        reader.start(dict.fromkeys(feeds, None))
        return _read_to(reader, ends, codec, history or DriftHistory())
    finally:
        reader.close()


def _read_to(reader: Reader, ends: dict[Feed, int], codec: Codec, history: DriftHistory) -> DriftHistory:
    reached = dict.fromkeys(ends, 0)
    deadline = time.monotonic() + _PATIENCE_S
    while any(reached[feed] < end for feed, end in ends.items()):
        messages, at_end = reader.read(1000, 0.2)
        for message in messages:
            reached[Feed(message.topic(), message.partition())] = message.offset() + 1
            _take(history, message, codec)
        reached.update(at_end)
        if messages or at_end:
            deadline = time.monotonic() + _PATIENCE_S
        elif time.monotonic() > deadline:
            raise BrokerUnavailable("Kafka stopped answering while the drift topic was read: try again")
    return history


def _take(history: DriftHistory, message: Any, codec: Codec) -> None:
    if message.value() is None:
        return
    try:
        history.add(codec.read(message.value(), Drift))
    except (Undecodable, ContractViolation):
        history.unreadable += 1
