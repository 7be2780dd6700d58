"""The breaker of one target. Pure: `now` is a parameter, in seconds of a monotonic clock.

           failures in a row, or trip
CLOSED ───────────────────────────────▶ OPEN ──── pause is over ────▶ HALF_OPEN: one trial passes
   ▲                                     ▲                                │
   └──────────── trial succeeded ────────┼────────────────────────────────┤
                                         └──────── trial failed ──────────┘
"""

from __future__ import annotations

from enum import Enum, auto


class State(Enum):
    CLOSED = auto()
    OPEN = auto()
    HALF_OPEN = auto()


class Breaker:
    """Counts failures in a row over all records of the target; one success ends the row."""

    def __init__(self, failures: int, pause: float) -> None:
        self._limit = failures
        self._pause = pause
        self._row = 0
        self._until: float | None = None  #: None: closed
        self._trial = False

    def state(self, now: float) -> State:
        if self._until is None:
            return State.CLOSED
        return State.OPEN if now < self._until else State.HALF_OPEN

    def wait(self, now: float) -> float:
        """Seconds until a trial may pass; 0 when it may now, or the breaker is closed."""
        return 0.0 if self._until is None else max(0.0, self._until - now)

    @property
    def trial(self) -> bool:
        """Whether a trial is under way."""
        return self._trial

    def admits(self, now: float) -> bool:
        """Whether a call may go out. Half-open admits one caller; it must report how it went, or `withdraw`."""
        match self.state(now):
            case State.CLOSED:
                return True
            case State.OPEN:
                return False
            case State.HALF_OPEN:
                admitted, self._trial = not self._trial, True
                return admitted

    def succeeded(self) -> None:
        self._row = 0
        self._until = None
        self._trial = False

    def failed(self, now: float) -> None:
        """An error that speaks against the target."""
        self._row += 1
        if self._until is not None or self._row >= self._limit:
            self.trip(now)

    def trip(self, now: float) -> None:
        """Pause at once, or go on pausing."""
        self._until = now + self._pause
        self._trial = False

    def withdraw(self) -> None:
        """The trial ended without having asked anything."""
        self._trial = False
