"""The whole of it: workloads, their systems in turns, and what came of them."""

from __future__ import annotations

import os
import platform
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import confluent_kafka
import psutil
from confluent_kafka import KafkaException

from ops.bench.line import calls, growth, latency, soak
from ops.bench.line.broker import broker
from ops.bench.line.errors import BenchFailed
from ops.bench.line.goals import judged
from ops.bench.line.lineup import BY_NAME, OURS, System, systems_for
from ops.bench.line.rate import Measured, Source, measure
from ops.bench.line.rows import Row, failed_row, rows_of
from ops.bench.line.topics import Topics
from ops.bench.line.workloads import RATES
from ops.local import versions
from ops.local.errors import LocalPartsError

QUICK = ("W0", "W1", "W2", "W3", "W4")
#: What a run without names does. The soak takes half an hour and is asked for by name.
USUAL = (*QUICK, *growth.CURVES)
WORKLOADS = (*USUAL, "soak")


@dataclass(frozen=True)
class Request:
    workloads: Sequence[str] = USUAL
    systems: Sequence[str] = ()  #: none: all of them
    repeats: int = 3
    quick: bool = False
    seed: int = 1
    minutes: float = soak.SECONDS / 60  #: of the soak

    @property
    def whole(self) -> bool:
        """Every workload and every system, in full: a result that is worth to be kept."""
        return set(QUICK) <= set(self.workloads) and not self.systems and not self.quick


class Bench:
    """Runs a request. `tell` hears what happens, one sentence at a time."""

    def __init__(self, request: Request, folder: Path, tell: Callable[[str], None]) -> None:
        self._request = request
        self._folder = folder
        self._tell = tell
        self._warmed = False

    def run(self, now: datetime) -> dict[str, Any]:
        """The result as plain data. Raises BenchFailed, LocalPartsError."""
        with broker(self._folder, self._tell) as bootstrap:
            self._topics = Topics(bootstrap, f"bench.{uuid.uuid4().hex[:6]}")
            self._source = Source(self._topics, self._request.seed)
            rows: list[Row] = []
            curves: dict[str, Any] = {}
            try:
                for name in self._request.workloads:
                    if name in RATES:
                        rows += self._rates(name)
                    elif name == "W3":
                        rows += self._turns(name, calls.measure_calls)
                    else:
                        self._alone(name, rows, curves)
            finally:
                self._topics.remove_all()
        where = {
            "date": now.isoformat(timespec="seconds"),
            "seed": self._request.seed,
            "quick": self._request.quick,
            "machine": machine(),
            "versions": versions_used(),
        }
        return {
            **where,
            "whole": self._request.whole,
            "repeats": self._request.repeats,
            "rows": rows,
            "goals": judged(rows),
            "curves": {name: {**where, **curve} for name, curve in curves.items()},
        }

    def _alone(self, name: str, rows: list[Row], curves: dict[str, Any]) -> None:
        """What is measured of ours only."""
        try:
            if name == "W4":
                rows += latency.measure_latencies(self._topics, self._request.quick, self._tell)
            elif name == "soak":
                curves[name] = soak.soak(self._topics, self._tell, self._request.minutes * 60)
            else:
                curves[name] = growth.curve(
                    name, self._topics, self._source, self._request.repeats, self._request.quick, self._tell
                )
        except (BenchFailed, LocalPartsError, KafkaException) as error:
            rows.append(failed_row(name, OURS, str(error)))
            self._tell(f"{name} failed: {error}")

    def _rates(self, name: str) -> list[Row]:
        workload = RATES[name]
        full = workload.quick if self._request.quick else workload.messages

        def one(system: System) -> Measured:
            return measure(system, workload, max(2000, round(full * system.share)), self._source, self._topics)

        if not self._warmed:
            self._warm(name)
        rows = self._turns(name, lambda system, _: one(system))
        self._source.drop(workload)
        return rows

    def _warm(self, name: str) -> None:
        """A run that does not count: a broker that has just started compiles what it runs often."""
        self._warmed = True
        try:
            measure(BY_NAME[OURS], RATES[name], 50_000, self._source, self._topics)
        except (BenchFailed, LocalPartsError, KafkaException) as error:
            self._tell(f"{name}  warming up failed: {error}")

    def _turns(self, name: str, one: Callable[[System, Topics], Measured]) -> list[Row]:
        """Every system once, then every system again, another one first: a disturbance is not always the same one's."""
        runs: list[Measured] = []
        failed: dict[str, str] = {}
        for turn in range(self._request.repeats):
            for system in _rotated(systems_for(name, self._request.systems), turn):
                if system.name in failed:
                    continue
                try:
                    runs.append(one(system, self._topics))
                    self._tell(f"{name} {turn + 1}/{self._request.repeats}  {_words(runs[-1])}")
                except (BenchFailed, LocalPartsError, KafkaException) as error:
                    failed[system.name] = str(error)
                    self._tell(f"{name}  {system.name} failed: {error}")
        done = [run for run in runs if run.system not in failed]
        return [*rows_of(done), *(failed_row(name, system, why) for system, why in failed.items())]


def _rotated(systems: list[System], turn: int) -> list[System]:
    first = turn * 2 % len(systems) if systems else 0
    return systems[first:] + systems[:first]


def _words(run: Measured) -> str:
    wrong = f", LOST {run.lost}, DOUBLED {run.doubled}" if run.lost or run.doubled else ""
    return f"{run.system:18s} {run.msgs_per_s:10,.0f} messages/s, {run.cpu_s_per_million:6.1f} CPU s per million{wrong}"


def machine() -> dict[str, Any]:
    """What it ran on."""
    return {
        "system": platform.platform(terse=True),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "load_at_end": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def versions_used() -> dict[str, str]:
    """Of what is measured; the peers' are in their lock files."""
    return {
        "meshline": version("meshline"),
        "python": platform.python_version(),
        "kafka": versions.KAFKA,
        "confluent-kafka": str(confluent_kafka.version()),
        "librdkafka": str(confluent_kafka.libversion()[0]),
        **{name: version(name) for name in ("fastavro", "faust-streaming", "pydantic")},
    }
