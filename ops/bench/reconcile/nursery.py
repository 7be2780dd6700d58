"""Where reconcilers are born that are to be killed: quickly, as forks of one process that has loaded everything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_QUICK = {
    "MESHLINE_RECONCILER__GRACE": "PT1S",
    "MESHLINE_RECONCILER__GRACE_DELETED": "PT1S",
    "MESHLINE_RECONCILER__IDLE": "PT0.3S",
    "MESHLINE_RECONCILER__TICK": "PT0.1S",
    "MESHLINE_OPERATIONS_URL": "",
}
_PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Victim:
    """One reconciler."""

    pid: int

    def alive(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def end(self, sign: signal.Signals) -> None:
        """Send the signal and wait. Raises TimeoutError."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, sign)
        deadline = time.monotonic() + _PATIENCE_S
        while self.alive():
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
                raise TimeoutError(f"the reconciler {self.pid} did not end")
            time.sleep(0.01)


class Nursery:
    """A context manager; all that was born ends with it."""

    def __init__(self, prefix: str, addresses: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ops.bench.reconcile.victim", prefix],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **_QUICK, **addresses},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._process.communicate()

    @contextmanager
    def born(self, folder: Path, *, kill: bool = False) -> Iterator[Victim]:
        """One over this folder. Afterwards it is stopped, or killed with -9."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{folder}\n".encode())
        self._process.stdin.flush()
        victim = Victim(int(self._process.stdout.readline()))
        try:
            yield victim
        finally:
            victim.end(signal.SIGKILL if kill else signal.SIGTERM)
