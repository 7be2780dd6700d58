"""Start, look at and end operating-system processes. Never one that is not ours."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from ops.local.record import Started

_SAME_START = 1.0  #: seconds; the system's own clock steps are smaller, a reused pid is far older or younger


@dataclass(frozen=True)
class Command:
    """What to run, and how."""

    argv: Sequence[str]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)  #: on top of our own environment
    address_space_mb: int | None = None  #: a hard limit, for parts that have none of their own


_FRAME = re.compile(r"\s+(at |\.\.\. \d+ )")
_LAUNCH = 'cd "$1" || exit 1; if [ "$2" != 0 ]; then ulimit -v "$2" 2>/dev/null; fi; shift 2; exec "$@"'


def start(command: Command, log: Path) -> Started:
    """Start it in a session of its own, so that it outlives us; output is appended to the log.

    A shell sets folder and limit and becomes the program: code between fork and exec is not safe beside threads.
    """
    limit = str((command.address_space_mb or 0) * 1024)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        pid = os.posix_spawn(
            "/bin/sh",
            ["/bin/sh", "-c", _LAUNCH, "sh", str(command.cwd), limit, *command.argv],
            {**os.environ, **command.env},
            file_actions=[(os.POSIX_SPAWN_DUP2, nothing, 0), *((os.POSIX_SPAWN_DUP2, out, fd) for fd in (1, 2))],
            setsid=True,
        )
    finally:
        os.close(out)
        os.close(nothing)
    try:
        return Started(pid, psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:  # it ended at once; the caller will see that
        return Started(pid, 0.0)


def find(started: Started | None) -> psutil.Process | None:
    """The live process that was recorded; None when it is gone, or its pid is somebody else's now."""
    if started is None:
        return None
    with contextlib.suppress(ChildProcessError):
        os.waitpid(started.pid, os.WNOHANG)  # our own child would stay a zombie
    try:
        process = psutil.Process(started.pid)
        same = abs(process.create_time() - started.created) < _SAME_START
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def alive(started: Started | None) -> bool:
    return find(started) is not None


def stop(started: Started, stop_signal: signal.Signals, grace: float) -> bool:
    """End it: politely first, after `grace` seconds by force. True when it was running."""
    process = find(started)
    if process is None:
        return False
    family = _family(process)
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(stop_signal)
    deadline = time.monotonic() + grace
    while alive(started) and time.monotonic() < deadline:
        time.sleep(0.02)
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()  # psutil compares start times before it signals
    while alive(started) and time.monotonic() < deadline + 10:
        time.sleep(0.02)
    return True


def memory_mb(started: Started | None) -> int:
    """Memory of the process and its children; pages that they share are counted once where the system can tell."""
    process = find(started)
    return round(sum(_memory(member) for member in _family(process)) / 2**20) if process else 0


def _memory(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", 0) or full.rss)
    except psutil.Error:
        return 0


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return [process]


def last_lines(log: Path, count: int = 15) -> list[str]:
    """The end of a log without Java's stack frames, which would crowd out the causes between them."""
    if not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 32_768))
        lines = file.read().decode(errors="replace").splitlines()
    return [line for line in lines if line.strip() and not _FRAME.match(line)][-count:]
