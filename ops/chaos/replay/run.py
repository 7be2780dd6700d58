"""One run: letters, live commands with newer versions, and processes that die again and again."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import IO

from ops.chaos.delivery.errors import ChaosError
from ops.chaos.replay.judge import Verdict, judge
from ops.chaos.replay.stage import Stage, letters, newer, set_up
from ops.chaos.replay.witness import Witness
from ops.local.cluster import Cluster
from schemas.codec import Codec
from schemas.registry import ConfluentRegistry
from streams.letters.outbox import Outbox
from streams.runtime.settings import Settings

Tell = Callable[[str], None]
Keep = Callable[[int, Verdict, float], None]
_STEPS = 30  #: at most, until the replayer dies
_SLOW_STEPS = 200  #: the same where the ERP is slow: it looks for ends most of the time
_NEWER = 0.1  #: of the customers have a newer version, which comes while older ones are sent again
_TELL_S = 10.0


class Stuck(ChaosError):
    """A run did not come to its end in time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`kills` of the replayer and of the sink worker, each, and of the ERP where it can die; in every run."""

    letters: int
    runs: int = 1
    seed: int = 1
    kills: int = 6
    first: int = 0  #: the number of the first run; each number draws its own deaths


def carry_out(parts: Settings, plan: Plan, witness: Witness, tell: Tell, keep: Keep = lambda *_: None) -> Verdict:
    """All runs together; `keep` is told of each (its number, what it came to, seconds) as soon as it is over.

    Raises Stuck, LocalPartsError.
    """
    total = Verdict()
    folder = Path(tempfile.mkdtemp(prefix="meshline-chaos-replay-"))
    for number in range(plan.first, plan.first + plan.runs):
        began = time.monotonic()
        place = folder / f"run{number}"
        place.mkdir()
        with (
            Cluster(place / "kafka", 1) as cluster,
            set_up(parts, cluster.bootstrap, place, witness.environ) as stage,
        ):
            run = Run(stage, witness, f"r{plan.seed}n{number}", Random(f"{plan.seed}/{number}"), tell)
            verdict = run.play(plan.letters, plan.kills)
        took = time.monotonic() - began
        total += verdict
        keep(number, verdict, took)
        left = plan.first + plan.runs - number - 1
        tell(f"run {number}: {asdict(verdict)}; {left} to come, about {left * took:.0f} s")
    shutil.rmtree(folder, ignore_errors=True)  # kept where a run got stuck
    return total


class Run:
    """`name` is in the ids of its records, and the name of its job."""

    def __init__(self, stage: Stage, witness: Witness, name: str, random: Random, tell: Tell) -> None:
        self._stage = stage
        self._witness = witness
        self._name = name
        self._random = random
        self._tell = tell
        self.kills = 0

    def play(self, count: int, kills: int) -> Verdict:
        """What the ERP says after the job is done."""
        outbox = Outbox(self._stage.settings.bootstrap)
        with closing(ConfluentRegistry(self._stage.settings.registry_url)) as registry:
            codec = Codec(registry)
            made, wanted = letters(self._name, count, codec, self._random, self._witness.name)
            live = newer(self._name, wanted, _NEWER, codec, self._random)
        outbox.send_all_now(made)
        outbox.send_all_now(live[: len(live) // 2])  # before the replay; the others while it runs
        self._budget = {"replayer": kills, "sinks": kills}
        deaths = kills if self._witness.deadly else 0
        self._strikes = sorted(self._random.randint(1, max(1, count * 9 // 10)) for _ in range(deaths))
        self._tell(f"{count} letters are there")
        with (self._stage.folder / "victims.log").open("ab") as log:
            self._until_done(count, log, lambda: outbox.send_all_now(live[len(live) // 2 :]))
        return judge(wanted, *self._witness.look(self._stage.folder, self._name), self.kills)

    def _until_done(self, count: int, log: IO[bytes], midway: Callable[[], None]) -> None:
        began = told = time.monotonic()
        deadline = began + 60 + 6 * sum(self._budget.values()) + 15 * len(self._strikes) + count
        running = {role: self._start(role, count, log) for role in self._budget}
        late = [midway]
        try:
            while not self._over(running, count, log, late):
                if time.monotonic() > deadline:
                    raise Stuck(f"the job {self._name} did not end; see {self._stage.folder}")
                time.sleep(0.05)
                done = self._witness.effects(self._stage.folder, self._name)
                if self._strikes and done >= self._strikes[0]:
                    self._strike(done)
                if time.monotonic() > told + _TELL_S:
                    told = time.monotonic()
                    self._tell_how_far(done, count, told - began)
        finally:
            for process in running.values():
                _end(process)

    def _over(
        self, running: dict[str, subprocess.Popen[bytes]], count: int, log: IO[bytes], late: list[Callable[[], None]]
    ) -> bool:
        """Whether the job is done; who died is started again."""
        for role, process in running.items():
            code = process.poll()
            if code is None:
                continue
            if role == "replayer" and code == 0:
                return True
            if code != -signal.SIGKILL:
                raise Stuck(f"the {role} ended with {code}; see {self._stage.folder}/victims.log")
            self.kills += 1
            self._budget[role] -= 1
            if late:
                late.pop()()
            running[role] = self._start(role, count, log)
        return False

    def _strike(self, done: int) -> None:
        """The ERP dies a moment later, so that it is in the middle of something."""
        self._strikes.pop(0)
        time.sleep(self._random.random() * 0.3)
        self._witness.strike()
        self.kills += 1

    def _tell_how_far(self, done: int, count: int, seconds: float) -> None:
        left = f", about {(count - done) * seconds / done:.0f} s" if done else ""
        self._tell(f"{self._name}: {done} changes in the ERP of {count} letters, {self.kills} kills{left}")

    def _start(self, role: str, count: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Deaths are drawn so that they lie all over the run: the worker takes three or four steps for a letter."""
        slow = self._witness.deadly
        most = (_SLOW_STEPS if slow else _STEPS) if role == "replayer" else max(_STEPS, 3 * count // 4)
        die_after = self._random.randint(1, most) if self._budget[role] > 0 else 0
        task = {"role": role, "job": self._name, "erp": self._witness.place(self._stage.folder), "canary": 3}
        task |= {"die_after": die_after, "within_s": 0.1 if slow else 0.0}
        argv = [sys.executable, "-m", "ops.chaos.replay.victim"]
        environ = {**self._stage.environ, "CHAOS_TASK": json.dumps(task)}
        return subprocess.Popen(argv, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
