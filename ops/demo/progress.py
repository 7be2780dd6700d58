"""What happens, on stderr while it happens: a line per event of the day, and a counter that stays in place."""

from __future__ import annotations

import time

from rich.console import Console
from rich.status import Status

_QUIET_S = 5.0


class Progress:
    """A live counter on a terminal; a line now and then elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()
        self._said = 0.0
        self._status = Status("", console=console) if console.is_terminal else None
        if self._status:
            self._status.start()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def tell(self, words: str) -> None:
        self._console.print(f"[dim]{self.seconds:6.1f} s[/]  {words}", soft_wrap=True)

    def count(self, words: str) -> None:
        if self._status:
            self._status.update(f"{self.seconds:6.1f} s  {words}")
        elif self.seconds - self._said >= _QUIET_S:
            self._said = self.seconds
            self.tell(words)

    def close(self) -> None:
        if self._status:
            self._status.stop()
