"""The real parts for tests, brought up once per run.

In this order: those that the environment gives (`MESHLINE_BOOTSTRAP` and its like); Docker Compose, where Docker
answers and has the images already; else the embedded parts, as `meshline up` starts them. The embedded ones live in
`MESHLINE_HOME`, where they are used as they are and left as they were found, or in `.meshline-test`, which belongs to
the tests: stopped and wiped by the last run that used it.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.local import compose
from ops.local.paths import Home
from streams.runtime.settings import Settings, load_settings

ROOT = Path(__file__).parent.parent
_UP_SECONDS = 900  # the first time on a machine everything is downloaded and the ERP is set up


@dataclass(frozen=True)
class Running:
    """The parts answer. `environ` is for child processes, `settings` for this one."""

    how: str  #: "given", "compose" or "embedded"
    home: Path
    settings: Settings
    environ: dict[str, str]


def meshline(home: Path, *arguments: str, timeout: float = _UP_SECONDS) -> subprocess.CompletedProcess[str]:
    """The command line as a person runs it."""
    argv = [sys.executable, "-m", "ops.cli", *arguments]
    environ = {**os.environ, "MESHLINE_HOME": str(home)}
    return subprocess.run(argv, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=timeout, check=False)


@contextmanager
def running() -> Iterator[Running]:
    if os.environ.get("MESHLINE_BOOTSTRAP"):
        home = Path(os.environ.get("MESHLINE_HOME", ROOT / ".meshline"))
        yield Running("given", home, load_settings(home), dict(os.environ))
    elif compose.answers(ROOT):
        with compose.up(ROOT) as addresses:
            environ = {**os.environ, **addresses}
            yield Running("compose", ROOT / ".meshline-test", Settings(**_fields(addresses)), environ)
    else:
        with _embedded() as home:
            environ = {**os.environ, "MESHLINE_HOME": str(home)}
            yield Running("embedded", home, load_settings(home), environ)


def _fields(addresses: dict[str, str]) -> dict[str, str]:
    return {key.removeprefix("MESHLINE_").lower(): value for key, value in addresses.items()}


@contextmanager
def _embedded() -> Iterator[Path]:
    given = os.environ.get("MESHLINE_HOME")
    home = Path(given).absolute() if given else ROOT / ".meshline-test"
    users = Home(home).lock.with_suffix(".users")
    users.parent.mkdir(parents=True, exist_ok=True)
    with users.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)  # as long as we run, nobody else takes the parts away
        ours = meshline(home, "status").returncode != 0
        up = meshline(home, "up")
        if up.returncode:
            if ours:  # parts that others run are not ours to take away
                meshline(home, "down")  # the logs stay
            pytest.exit(f"the parts did not come up:\n{up.stderr}", returncode=1)
        yield home
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # another run goes on; it will be the last
        if not given:
            meshline(home, "down", "--wipe")
        elif ours:
            meshline(home, "down")


class OncePerRun:
    """A pytest plugin: starts the parts before the first test that wants them, outside its time limit."""

    def __init__(self, start: Callable[[], object] = running) -> None:
        self._open = ExitStack()
        self._start = start
        self.parts: Running | None = None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        wanted = any("stack" in getattr(item, "fixturenames", ()) for item in session.items)
        if wanted and not session.config.option.collectonly:
            self.parts = self._open.enter_context(self._start())  # type: ignore[arg-type]

    def pytest_sessionfinish(self) -> None:
        self._open.close()
