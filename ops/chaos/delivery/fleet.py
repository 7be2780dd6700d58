"""The workers of a campaign: processes in slots, which are started, struck, and started again."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ops.chaos.delivery.campaign import SESSION_TIMEOUT, TRANSACTION_TIMEOUT, Campaign
from ops.chaos.delivery.errors import WorkersGaveUp

#: Time, process and level in front of a line of Faust's log.
_LOG_HEAD = re.compile(r"^(\[[^\]]*\] *)+")


@dataclass(frozen=True)
class Job:
    """What every worker of the campaign is told. `layer`: a folder with another `streams` than the installed one."""

    bootstrap: str
    group: str
    input: str
    output: str
    logs: Path
    layer: Path | None = None
    rate: float = 0.0  #: messages a second that an agent takes its time for; 0: as fast as it can

    def task(self, campaign: Campaign, slot: str, **more: Any) -> dict[str, Any]:
        static = slot[-1] in "02468"  # half of the workers are static members
        engine = {
            "delivery": campaign.guarantee,
            "transactional_id": f"{self.group}-{slot}",
            "group_instance_id": f"{self.group}-{slot}" if static else None,
            "batch_size": 200,
            "cycle_size": 1000,
            "drain_timeout": 4.0,
            "transaction_timeout": TRANSACTION_TIMEOUT,
            "transaction_attempts": 20,
            "stall_timeout": 60.0,
            "consumer": {
                "session.timeout.ms": int(SESSION_TIMEOUT * 1000),
                "heartbeat.interval.ms": 500,
                "log_level": 2,
            },
            "producer": {"log_level": 2},
        }
        given = {"bootstrap": self.bootstrap, "group": self.group, "input": self.input, "output": self.output}
        return given | {"engine": engine, "rate": self.rate} | more


def spawn(job: Job, task: Mapping[str, Any], log: IO[bytes]) -> subprocess.Popen[bytes]:
    """A worker that dies with its logs kept. The layer's folder comes before everything that is installed."""
    environ = {**os.environ, "CHAOS_TASK": json.dumps(task)}
    if job.layer is not None:
        environ["PYTHONPATH"] = str(job.layer)
    argv = [sys.executable, "-P", "-m", "ops.chaos.delivery.worker", "worker", "-l", "warn"]
    return subprocess.Popen(argv, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


@dataclass
class Slot:
    """One worker and its successors."""

    name: str
    process: subprocess.Popen[bytes] | None = None
    struck: bool = False  #: a fault is at work; it is not started again meanwhile


@dataclass
class Fleet:
    """All of them, and why they ended when nobody had struck them."""

    campaign: Campaign
    job: Job
    slots: list[Slot] = field(default_factory=list)
    own_ends: Counter[str] = field(default_factory=Counter)
    _started: int = 0

    def __post_init__(self) -> None:
        self.slots = [Slot(f"w{i}") for i in range(self.campaign.workers)]

    def start(self, slot: Slot) -> None:
        self._started += 1
        with (self.job.logs / f"{slot.name}.log").open("ab") as log:
            slot.process = spawn(self.job, self.job.task(self.campaign, slot.name), log)

    def start_all(self) -> None:
        for slot in self.slots:
            self.start(slot)

    def tend(self) -> None:
        """As a supervisor does: start again what ended by itself. Raises WorkersGaveUp when that goes on and on."""
        for slot in self.slots:
            if slot.struck or slot.process is None or slot.process.poll() is None:
                continue
            self.own_ends[self._last_words(slot)] += 1
            if sum(self.own_ends.values()) > 20 + 3 * self.campaign.kills:
                worst, count = self.own_ends.most_common(1)[0]
                raise WorkersGaveUp(f"workers end by themselves again and again, {count} times with: {worst}")
            self.start(slot)

    def _last_words(self, slot: Slot) -> str:
        assert slot.process is not None
        log = self.job.logs / f"{slot.name}.log"
        lines = log.read_bytes()[-4000:].decode(errors="replace").splitlines()
        why = [line for line in lines if "Nothing of it is committed" in line]
        words = (why or [line for line in lines if "CRITICAL" in line] or lines or [""])[-1]
        return f"exit {slot.process.returncode}: {_LOG_HEAD.sub('', words)[:240]}"

    def send(self, slot: Slot, number: signal.Signals) -> None:
        if slot.process is not None and slot.process.poll() is None:
            slot.process.send_signal(number)

    def end(self, slot: Slot, number: signal.Signals, seconds: float = 30) -> int | None:
        """Its exit code; None when it had to be killed after `seconds`."""
        process, slot.process = slot.process, None
        if process is None:
            return 0
        return end_process(process, number, seconds)

    def end_all(self, number: signal.Signals, seconds: float = 30) -> list[int | None]:
        for slot in self.slots:
            self.send(slot, signal.SIGCONT)
            self.send(slot, number)
        return [self.end(slot, number, seconds) for slot in self.slots]


def end_process(process: subprocess.Popen[bytes], number: signal.Signals, seconds: float = 30) -> int | None:
    """Its exit code; None when it had to be killed."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)
    deadline = time.monotonic() + seconds
    while process.poll() is None:
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            return None
        time.sleep(0.02)
    return process.returncode
