"""What has to change on the cluster for it to equal the declaration. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from schemas.topics import Topic


@dataclass(frozen=True, slots=True)
class Actual:
    """A topic as the cluster has it: partitions and settings."""

    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `blocked` cannot be put right by `apply`, and says why in `what`."""

    kind: Literal["create", "partitions", "config", "blocked"]
    topic: str
    what: str


def plan(declared: Iterable[Topic], actual: Mapping[str, Actual]) -> list[Change]:
    """The changes, in the declaration's order. Topics that are not declared are left alone."""
    changes: list[Change] = []
    for topic in declared:
        found = actual.get(topic.name)
        if found is None:
            changes.append(Change("create", topic.name, f"{topic.partitions} partitions, {topic.cleanup}"))
            continue
        changes.extend(_partitions(topic, found))
        for name, value in topic.config().items():
            if found.config.get(name) != value:
                changes.append(Change("config", topic.name, f"{name}: {found.config.get(name, 'unset')} -> {value}"))
    return changes


def _partitions(topic: Topic, found: Actual) -> Iterable[Change]:
    if found.partitions == topic.partitions:
        return
    what = f"{found.partitions} partitions, declared {topic.partitions}"
    if topic.partitioned_by == "account" or found.partitions > topic.partitions:
        # Adding partitions would send an account's next event to another partition than its last.
        yield Change("blocked", topic.name, f"{what}: move the data to a new topic, or change the declaration")
    else:
        yield Change("partitions", topic.name, what)
