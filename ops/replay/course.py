"""What a job does next, from where its items stand. Pure.

Of one lane one letter is under way at a time, so that what it causes at any stage comes in its order. Behind a letter
that failed again the later ones of the same record are left: they would overtake it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from ops.replay.order import Item
from ops.replay.states import CLAIMED, ItemState


class Standing(Enum):
    GOING = auto()  #: letters wait or are under way
    FINISHED = auto()  #: each has an end
    FAILING = auto()  #: too many came again


@dataclass(frozen=True, slots=True)
class Limits:
    """`ratio` of failures among what was sent stops a job, from `least` ends on; `window`: letters under way.

    `overlook`: failures that a person has seen and resumed the job after.
    """

    canary: int = 0
    ratio: float = 0.2
    least: int = 5
    window: int = 200
    overlook: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items stand where."""

    waiting: int = 0
    sent: int = 0
    applied: int = 0
    skipped: int = 0
    held: int = 0
    failed: int = 0
    redirected: int = 0
    left: int = 0

    @classmethod
    def of(cls, items: Iterable[Item]) -> Counts:
        counts: dict[str, int] = {}
        for item in items:
            counts[item.state.value] = counts.get(item.state.value, 0) + 1
        return cls(**counts)

    @property
    def total(self) -> int:
        return self.waiting + self.sent + self.ended

    @property
    def ended(self) -> int:
        return self.came + self.redirected + self.left

    @property
    def came(self) -> int:
        """Sent, and their ends seen."""
        return self.applied + self.skipped + self.held + self.failed


def canaries(items: Sequence[Item], count: int) -> list[Item]:
    """The first so many that can be sent."""
    return [item for item in items if item.state is not ItemState.LEFT][:count]


def standing(items: Sequence[Item], limits: Limits) -> tuple[Standing, str]:
    """Where a job stands, and why when it must not go on."""
    counts = Counts.of(items)
    bad = [item for item in canaries(items, limits.canary) if item.state is ItemState.FAILED]
    if bad and counts.waiting:
        return Standing.FAILING, f"the canary {bad[0].letter_id[:12]} failed again; nothing else was sent"
    came, failed = counts.came - limits.overlook, counts.failed - limits.overlook
    if came >= limits.least and failed > limits.ratio * came and counts.waiting:
        return Standing.FAILING, f"{failed} of {came} failed again ({round(100 * failed / came)} %)"
    if not counts.waiting and not counts.sent:
        return Standing.FINISHED, ""
    return Standing.GOING, ""


def due(items: Sequence[Item], limits: Limits, budget: int) -> list[Item]:
    """The letters to send now, at most `budget`: in order, one per lane, the canaries before all others."""
    first = canaries(items, limits.canary)
    trying = any(item.state in CLAIMED for item in first)
    busy = {item.lane for item in items if item.state is ItemState.SENT}
    room = min(budget, limits.window - sum(1 for item in items if item.state is ItemState.SENT))
    found: list[Item] = []
    for item in first if trying else items:
        if len(found) >= room:
            break
        if item.state is ItemState.WAITING and item.lane not in busy:
            found.append(item)
            busy.add(item.lane)
    return found


def overtaking(items: Sequence[Item]) -> dict[int, str]:
    """Waiting letters that stand behind one of their record that failed again: place -> why."""
    failed: dict[str, str] = {}
    behind: dict[int, str] = {}
    for item in items:
        if item.state is ItemState.FAILED:
            failed.setdefault(item.record, item.letter_id)
        elif item.state is ItemState.WAITING and item.record in failed:
            behind[item.place] = f"an earlier letter of its record failed again: {failed[item.record][:12]}"
    return behind
