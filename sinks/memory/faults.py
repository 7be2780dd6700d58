"""Faults that the memory target can be told to have."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import Literal

from sinks.errors import Ambiguous, TargetError

Step = Literal["ping", "find", "write", "read_back"]


class When(Enum):
    BEFORE = auto()  #: nothing happened
    AFTER = auto()  #: it was applied, but nobody hears so


class Faults:
    """A queue of faults per step; a step without one works."""

    def __init__(self) -> None:
        self._planned: dict[Step, deque[tuple[When, Callable[[], BaseException]]]] = {}
        self.away: TargetError | None = None  #: while set, every step fails with it

    def fail(self, step: Step, error: Callable[[], BaseException], times: int = 1, when: When = When.BEFORE) -> None:
        """The next so many calls of the step fail."""
        self._planned.setdefault(step, deque()).extend([(when, error)] * times)

    def time_out_after_applying(self, times: int = 1) -> None:
        self.fail("write", lambda: Ambiguous("no answer within the time"), times, When.AFTER)

    def check(self, step: Step, when: When) -> None:
        if self.away is not None:
            raise self.away
        planned = self._planned.get(step)
        if planned and planned[0][0] is when:
            raise planned.popleft()[1]()
