"""One run: letters, live commands with newer versions, and two processes that die again and again."""

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
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import IO

from ops.chaos.delivery.errors import ChaosError
from ops.chaos.replay.erp import look_into
from ops.chaos.replay.judge import Verdict, Wanted, judge
from ops.chaos.replay.stage import Stage, letters, newer, set_up
from ops.local.cluster import Cluster
from schemas.codec import Codec
from schemas.registry import ConfluentRegistry
from streams.letters.outbox import Outbox
from streams.runtime.settings import Settings

Tell = Callable[[str], None]
_STEPS = 30  #: of the replayer, until it dies; the sink worker has as many for each of its letters' share
_NEWER = 0.1  #: of the records have a newer version, which comes while older ones are sent again


class Stuck(ChaosError):
    """A run did not come to its end in time."""


def carry_out(parts: Settings, count: int, runs: int, seed: int, kills: int, tell: Tell) -> Verdict:
    """`kills` of each of the two, in every run. Raises Stuck, LocalPartsError."""
    total = Verdict()
    folder = Path(tempfile.mkdtemp(prefix="meshline-chaos-replay-"))
    with Cluster(folder / "kafka", 1) as cluster:
        tell("the broker is up")
        for number in range(runs):
            place = folder / f"run{number}"
            place.mkdir()
            with set_up(parts, cluster.bootstrap, place) as stage:
                verdict = Run(stage, f"r{seed}n{number}", Random(f"{seed}/{number}"), tell).play(count, kills)
            tell(f"run {number + 1} of {runs}: {asdict(verdict)}")
            total += verdict
    shutil.rmtree(folder, ignore_errors=True)  # kept where a run got stuck
    return total


class Run:
    """`name` is in the ids of its records, and the name of its job."""

    def __init__(self, stage: Stage, name: str, random: Random, tell: Tell) -> None:
        self._stage = stage
        self._name = name
        self._random = random
        self._tell = tell
        self.kills = 0

    def play(self, count: int, kills: int) -> Verdict:
        """What the ERP says after the job is done."""
        outbox = Outbox(self._stage.settings.bootstrap)
        with closing(ConfluentRegistry(self._stage.settings.registry_url)) as registry:
            codec = Codec(registry)
            made, wanted = letters(self._name, count, codec, self._random, "file")
            live = newer(self._name, wanted, _NEWER, codec, self._random)
        outbox.send_all_now(made)
        outbox.send_all_now(live[: len(live) // 2])  # before the replay; the others while it runs
        budget = {"replayer": kills, "sinks": kills}
        self._tell("letters are there")
        with (self._stage.folder / "victims.log").open("ab") as log:
            self._until_done(budget, count, log, lambda: outbox.send_all_now(live[len(live) // 2 :]))
        return self._judged(wanted)

    def _judged(self, wanted: list[Wanted]) -> Verdict:
        applied, records = look_into(self._stage.erp)
        return judge(wanted, applied, records, self.kills)

    def _until_done(self, budget: dict[str, int], count: int, log: IO[bytes], midway: Callable[[], None]) -> None:
        deadline = time.monotonic() + 60 + 6 * sum(budget.values()) + count / 10
        running = {role: self._start(role, budget[role], count, log) for role in budget}
        done, told = False, False
        try:
            while not done:
                if time.monotonic() > deadline:
                    raise Stuck(f"the job {self._name} did not end; see {self._stage.folder}")
                time.sleep(0.05)
                for role, process in running.items():
                    code = process.poll()
                    if code is None:
                        continue
                    if code == -signal.SIGKILL:
                        self.kills += 1
                        budget[role] -= 1
                        self._tell(f"{role} died")
                    elif role == "replayer" and code == 0:
                        done = True
                        break
                    else:
                        raise Stuck(f"the {role} ended with {code}; see {self._stage.folder}/victims.log")
                    if not told:
                        midway()
                        told = True
                    running[role] = self._start(role, budget[role], count, log)
        finally:
            for process in running.values():
                _end(process)

    def _start(self, role: str, left: int, count: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
        most = _STEPS if role == "replayer" else max(_STEPS, 3 * count // 4)
        die_after = self._random.randint(1, most) if left > 0 else 0
        task = {"role": role, "job": self._name, "erp": str(self._stage.erp), "die_after": die_after, "canary": 3}
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
