"""A system's process: started with its job, watched, ended."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import psutil

from ops.bench.line.errors import RunFailed
from ops.bench.line.peers.job import Job
from ops.local import process
from ops.local.process import Command

_GRACE = 15.0


class Program:
    """A running system."""

    def __init__(self, started: psutil.Process, log: Path) -> None:
        self._process = started
        self._log = log
        self.peak_mb = 0.0

    def cpu(self) -> float:
        """Seconds of processor time so far, user and system, of the process and its children."""
        return self._sum(lambda member: sum(member.cpu_times()[:2]))

    def memory_mb(self) -> float:
        now = self._sum(lambda member: member.memory_info().rss) / 2**20
        self.peak_mb = max(self.peak_mb, now)
        return now

    def _sum(self, of: Callable[[psutil.Process], float]) -> float:
        try:
            return float(sum(of(member) for member in (self._process, *self._process.children(recursive=True))))
        except psutil.Error as error:
            raise RunFailed(f"it ended: {self.last_words()}") from error

    @property
    def runs(self) -> bool:
        try:
            return bool(self._process.status() != psutil.STATUS_ZOMBIE)
        except psutil.Error:
            return False

    def last_words(self) -> str:
        return " | ".join(process.last_lines(self._log, 6))[-800:] or "it said nothing"

    def output(self) -> str:
        return self._log.read_text(errors="replace")


@contextmanager
def running(argv: Sequence[str], job: Job, env: dict[str, str] | None = None) -> Iterator[Program]:
    """The program, with the job as its last argument; ended by SIGTERM, then by force, when the block is left."""
    with tempfile.TemporaryDirectory(prefix="meshline-bench-") as folder:
        log = Path(folder) / "log"
        placed = Job(**{**asdict(job), "folder": folder})
        started = process.start(
            Command([*argv, json.dumps(asdict(placed))], Path(folder), {"PYTHONUNBUFFERED": "1", **(env or {})}), log
        )
        found = process.find(started)
        if found is None:
            raise RunFailed("it ended at once")
        try:
            yield Program(found, log)
        finally:
            process.stop(started, signal.SIGTERM, _GRACE)
            if keep := os.environ.get("MESHLINE_BENCH_LOGS"):
                (Path(keep) / f"{job.name}.log").write_bytes(log.read_bytes())
