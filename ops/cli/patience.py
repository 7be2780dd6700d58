"""Word of what is still awaited, while something takes long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from types import TracebackType

from rich.console import Console


class Patience:
    """Says every `every_s` seconds which of the named things have not been told of yet."""

    def __init__(self, console: Console, awaited: Iterable[str], hint: str, every_s: float = 15.0) -> None:
        self._console = console
        self._awaited = list(awaited)
        self._hint = hint
        self._every_s = every_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def told(self, name: str) -> None:
        """It is there."""
        if name in self._awaited:
            self._awaited.remove(name)

    def __enter__(self) -> Patience:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        begun = time.monotonic()
        while not self._over.wait(self._every_s):
            if self._awaited:
                names = ", ".join(self._awaited)
                self._console.print(
                    f"[dim]... after {time.monotonic() - begun:.0f} s still on: {names}. {self._hint}[/]"
                )
