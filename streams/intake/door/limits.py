"""How fast a source may deliver: a token bucket. Time is an argument."""

from __future__ import annotations


class RateLimit:
    """At most `per_second` on average, with one second's worth at once. `now` is monotonic, in seconds."""

    def __init__(self, per_second: float) -> None:
        self._rate = per_second
        self._capacity = max(1.0, per_second)
        self._tokens = self._capacity
        self._filled_at: float | None = None

    def take(self, now: float) -> float:
        """0 when the request may pass, else the seconds until one may."""
        elapsed = 0.0 if self._filled_at is None else max(0.0, now - self._filled_at)
        self._filled_at = now
        self._tokens = min(self._capacity, self._tokens + elapsed * self._rate)
        if self._tokens < 1.0:
            return (1.0 - self._tokens) / self._rate
        self._tokens -= 1.0
        return 0.0
