"""The line's workers as processes of this demo: started, killed and stopped by their own pids only."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from ops.demo.errors import DemoFailed

PARTS = ("door", "streams", "sinks", "erp-source", "reconciler")
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1
_STOP_S = 20.0
_TAIL = 12


def _end_with_parent() -> None:
    """In the child: a demo that is killed outright leaves no workers behind (Linux tells them)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Workers:
    """One process per part, each with its own log in `folder`."""

    def __init__(self, folder: Path, overrides: Mapping[str, str], own: Mapping[str, Mapping[str, str]]) -> None:
        """`overrides` go into every worker's environment, `own[part]` into that part's alone."""
        self._folder, self._overrides, self._own = folder, dict(overrides), own
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, *parts: str) -> None:
        for part in parts:
            environment = {**os.environ, **self._overrides, **self._own.get(part, {})}
            with self.log(part).open("ab") as log:
                self._running[part] = subprocess.Popen(
                    [sys.executable, "-m", "ops.cli", "worker", part],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=_end_with_parent if _LIBC else None,  # noqa: PLW1509 - one call, takes no lock
                )

    def log(self, part: str) -> Path:
        return self._folder / f"{part}.log"

    def kill(self, part: str) -> None:
        """As a crash would: no signal it could handle."""
        process = self._running.pop(part)
        process.kill()
        process.wait()

    def check(self) -> None:
        """Raise DemoFailed with the last lines of the log when a worker has ended by itself."""
        for part, process in self._running.items():
            code = process.poll()
            if code is not None:
                raise DemoFailed(f"worker {part} ended with {code}; {self.log(part)} says:\n{self._tail(part)}")

    def _tail(self, part: str) -> str:
        lines = self.log(part).read_text("utf-8", "replace").splitlines()
        return "\n".join(f"  {line[:300]}" for line in lines[-_TAIL:])

    def stop(self) -> None:
        """Ask all to stop, then make them."""
        for process in self._running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self._running.values():
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()
