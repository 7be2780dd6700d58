"""Workers that die at a crash point, again and again, and the verdict on what came out in the end."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from ops.chaos.delivery import ledger
from ops.chaos.delivery.campaign import Campaign
from ops.chaos.delivery.crash_points import CrashPoint
from ops.chaos.delivery.fleet import Job, end_process, spawn
from ops.chaos.delivery.judge import STUCK, Finding, Verdict, judge
from ops.chaos.delivery.stage import Loading, Topics, observe

Tell = Callable[[str], None]
_PARTITIONS = 2
_KEYS = 40
_DEATH_SECONDS = 120.0  # a member that died without a word is missed for 45
#: How many messages one life may use up, and the pace of agents, by what the crash point needs.
_LIFE = {"join": (4000, 60.0), "stop": (1500, 500.0), "slow": (1500, 200.0), "steady": (900, 500.0)}
_QUICK_LIFE = (900, 0.0)
_CYCLE_SIZE = 200  # the most messages of one transaction


@dataclass(frozen=True)
class CrashResult:
    """One row of the table. `deaths`: how often the worker really died there."""

    point: CrashPoint
    times: int
    deaths: int
    verdict: Verdict
    other_ends: tuple[str, ...] = ()  #: how those lives ended that did not end there

    @property
    def blame(self) -> Counter[str]:
        return self.verdict.blame(exactly_once=self.point.guarantee == "exactly-once")

    @property
    def clean(self) -> bool:
        return self.deaths == self.times and not self.blame

    def data(self) -> dict[str, Any]:
        verdict = self.verdict
        return {
            "point": self.point.name,
            "times": self.times,
            "deaths": self.deaths,
            "lost": verdict.lost,
            "duplicates": verdict.duplicates,
            "order_violations": verdict.order_violations,
            "found": dict(self.blame),
            "clean": self.clean,
            "other_ends": list(self.other_ends),
        }


def crash_everywhere(
    points: Iterable[CrashPoint], times: int, bootstrap: str, tell: Tell, *, copies: int = 1, layer: Path | None = None
) -> list[CrashResult]:
    """Die `times` times at each point, on a broker that is there already."""
    results = []
    for point in points:
        results.append(crash_at(point, times, bootstrap, copies=copies, layer=layer))
        row = results[-1]
        words = "clean" if row.clean else f"NOT CLEAN: {dict(row.blame)}, died {row.deaths} of {times} times"
        tell(f"crash point  {point.name}: {row.deaths} deaths, {words}")
    return results


def crash_at(
    point: CrashPoint,
    times: int,
    bootstrap: str,
    *,
    copies: int = 1,
    layer: Path | None = None,
    patience: float = 60.0,
) -> CrashResult:
    """`patience`: seconds without progress after which what is left is stuck.

    Raises ChaosError or KafkaException when there can be no verdict.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="meshline-crash-")))
        topics = Topics(bootstrap, f"crash-{uuid4().hex[:8]}", _PARTITIONS, copies)
        topics.make()
        stack.callback(topics.remove)
        inputs = folder / "inputs.sqlite"
        per_life, rate = _LIFE.get(point.trigger, _QUICK_LIFE)
        messages = (times + 1) * per_life
        loading = stack.enter_context(closing(Loading(topics, inputs, 1, messages, _KEYS)))
        loading.allow(messages)
        loading.finish(60)
        job = Job(topics.bootstrap, topics.group, topics.input, topics.output, folder, layer, rate)
        lives = Lives(point, job, topics)
        stack.callback(lives.close)
        ends = [lives.live(1 + life % point.spread) for life in range(times)]
        left = lives.finish(patience)
        outputs = folder / "outputs.sqlite"
        closed = observe(topics, outputs)
        verdict = judge(ledger.sent(inputs), ledger.seen(outputs))
    for partition, (committed, end) in left.items():
        verdict.add(Finding(STUCK, -1, -1, f"input partition {partition} stayed at offset {committed} of {end}"))
    if not closed:
        verdict.add(Finding(STUCK, -1, -1, "a transaction on the output stayed open: readers see no further"))
    others = tuple(f"life {nth}: {end}" for nth, end in enumerate(ends, 1) if end)
    return CrashResult(point, times, times - len(others), verdict, others)


class Lives:
    """The lives of one worker, each ended at the crash point."""

    def __init__(self, point: CrashPoint, job: Job, topics: Topics) -> None:
        self._point = point
        self._job = job
        self._topics = topics
        self._campaign = Campaign(guarantee=point.guarantee)
        self._running: list[subprocess.Popen[bytes]] = []

    def _start(self, slot: str, job: Job, **more: Any) -> subprocess.Popen[bytes]:
        task = job.task(self._campaign, slot, **more)
        task["engine"] |= {"batch_size": 50, "cycle_size": _CYCLE_SIZE}
        with (job.logs / f"{slot}.log").open("ab") as log:
            self._running.append(spawn(job, task, log))
        return self._running[-1]

    def live(self, nth: int) -> str:
        """How it ended; nothing when it died at the crash point."""
        point = self._point
        commit = point.trigger if point.trigger in ("refused", "in doubt") else ""
        crash = {"client": point.client, "method": point.method, "when": point.when, "nth": nth, "commit": commit}
        before = self._topics.offsets() or [0] * _PARTITIONS
        worker = self._start("w0", self._job, crash=crash)
        other = None
        if point.trigger in ("join", "stop"):
            self._wait(lambda: worker.poll() is not None or self._has_all(before))
            if point.trigger == "stop":
                worker.send_signal(signal.SIGTERM)
            else:
                other = self._start("w1", self._job)
        self._wait(lambda: worker.poll() is not None)
        code = worker.poll()
        if code is None:
            end_process(worker, signal.SIGKILL)
        if other is not None:
            end_process(other, signal.SIGTERM)
        if code == -signal.SIGKILL:
            return ""
        return f"exit {code}" if code is not None else f"still alive, offsets {before}, then {self._topics.offsets()}"

    def _has_all(self, before: list[int]) -> bool:
        """The new worker holds every partition: each moved on by more than what a dead one's commit can bring late."""
        now = self._topics.offsets()
        return len(now) == len(before) and all(one > then + _CYCLE_SIZE for one, then in zip(now, before, strict=True))

    @staticmethod
    def _wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _DEATH_SECONDS
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.05)

    def finish(self, patience: float) -> dict[int, tuple[int, int]]:
        """A worker that lives on does the rest; what is left when nothing moves any more."""
        worker = self._start("w0", Job(**{**vars(self._job), "rate": 0.0}))
        left = self._topics.await_finished(patience, lambda: time.sleep(0.1))
        end_process(worker, signal.SIGTERM)
        return left

    def close(self) -> None:
        for process in self._running:
            if process.poll() is None:
                end_process(process, signal.SIGKILL)
