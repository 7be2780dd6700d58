"""How many messages the next transaction takes: so many that agents are through in about `target` seconds.

A transaction that lasts longer than the broker allows is aborted, and would be again after every restart. So cycles
start small, grow while agents keep up, and shrink at once when they do not.
"""

from __future__ import annotations

FIRST = 64
GROWTH = 8


class Pace:
    """Pure: it is told how long a cycle took. Sizes are messages, times seconds."""

    def __init__(self, most: int, target: float) -> None:
        self._most = most
        self._target = target
        self.size = min(FIRST, most)

    def took(self, messages: int, seconds: float) -> None:
        """Agents worked on `messages` for `seconds`."""
        wanted = int(messages * self._target / max(seconds, 1e-6))
        if messages < self.size:  # there was no more: this says nothing of what could be, unless it was slow
            wanted = self.size if seconds <= self._target else min(self.size, wanted)
        self.size = max(1, min(wanted, self.size * GROWTH, self._most))

    def too_slow(self) -> None:
        """Not even the last cycle could be ended in time."""
        self.size = 1
