"""How fast a job may go, and when it will be done. Pure; times are seconds."""

from __future__ import annotations

from dataclasses import dataclass


def allowed(rate: float, lag: int, limit: int) -> float:
    """Letters a second: all of the rate while the line keeps up, less as live events wait, none from `limit` on.

    `lag` counts the live events that wait; what the job itself has under way is not among them.
    """
    half = limit / 2
    if lag <= half:
        return rate
    return max(0.0, rate * (limit - lag) / (limit - half))


@dataclass(slots=True)
class Bucket:
    """Tokens that come at a rate, never more than one second's worth; the first one is there at once."""

    filled_at: float
    tokens: float = 1.0

    def take(self, now: float, rate: float) -> int:
        """How many letters may go now."""
        self.tokens = min(max(1.0, rate), self.tokens + (now - self.filled_at) * rate)
        self.filled_at = now
        return int(self.tokens) if rate > 0 else 0

    def spend(self, count: int) -> None:
        self.tokens -= count


def eta(done: int, total: int, elapsed: float) -> float | None:
    """Seconds until the rest is done at the speed so far; None where nothing can be said yet."""
    if done <= 0 or elapsed <= 0:
        return None
    return (total - done) * elapsed / done
