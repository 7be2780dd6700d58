"""One system on one rate workload, once: how fast, at what cost, and did it do the work."""

from __future__ import annotations

import time
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

from ops.bench.line.errors import RunFailed
from ops.bench.line.lineup import System
from ops.bench.line.messages import messages
from ops.bench.line.observer import count
from ops.bench.line.peers.job import Job
from ops.bench.line.program import Program, running
from ops.bench.line.topics import Topics
from ops.bench.line.workloads import WARM_UP, Workload

_LOOK = 0.05  #: seconds between two looks at the outputs
_STARTS = 60.0  #: seconds until the first output
_STALLS = 45.0  #: seconds without one more
_COMMITS = 20.0  #: seconds from the last output to the last commit


@dataclass(frozen=True)
class Measured:
    """One run. Rate and cost are of the part after the warm-up."""

    workload: str
    system: str
    messages: int
    msgs_per_s: float
    cpu_s_per_million: float
    seconds: float
    peak_mb: float
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        return asdict(self)


class Source:
    """Filled input topics, kept for all the systems that read the same."""

    def __init__(self, topics: Topics, seed: int) -> None:
        self._topics = topics
        self._seed = seed
        self._filled: dict[tuple[Workload, int], str] = {}

    def topic(self, workload: Workload, size: int) -> str:
        name = self._filled.get((workload, size))
        if name is None:
            name = f"{self._topics.prefix}.in.{workload.name}.{size}.{uuid.uuid4().hex[:6]}".lower()
            self._topics.make([name], workload.partitions)
            self._topics.fill(name, workload.partitions, messages(workload, size, self._seed))
            self._filled[workload, size] = name
        return name

    def drop(self, workload: Workload) -> None:
        """Forget the topics of a workload."""
        for key in [key for key in self._filled if key[0] == workload]:
            self._topics.remove([self._filled.pop(key)])


def measure(
    system: System, workload: Workload, size: int, source: Source, topics: Topics, options: dict[str, Any] | None = None
) -> Measured:
    """Run it once over `size` messages. Raises RunFailed when it does not get through them."""
    run = f"{topics.prefix}.{workload.name}.{system.name}.{uuid.uuid4().hex[:6]}".lower()
    outputs = {role: f"{run}.{role}" for role in workload.outputs}
    argv = system.command()
    job = Job(
        workload.name, topics.bootstrap, run, source.topic(workload, size), outputs, system.exactly_once, run,
        options={**system.options, **(options or {})},
    )  # fmt: skip
    names = list(outputs.values())
    with topics.lent(names, workload.partitions):
        with running(argv, job) as program:
            watch = Watch(program, topics, names, workload.partitions, size)
            watch.until_done()
        observed = count(topics.read(names, workload.partitions), size, workload.number, workload.lanes)
    topics.forget_group(run)
    rate = watch.rate
    return Measured(
        workload.name, system.name, size, rate, watch.cpu_s_per_million, size / rate, program.peak_mb,
        observed.lost, observed.doubled, observed.disordered,
        {"by_role": {role: observed.by_topic.get(outputs[role], 0) for role in outputs}},
    )  # fmt: skip


@dataclass(frozen=True)
class Look:
    at: float
    done: int
    cpu: float


class Watch:
    """Follows the ends of the output topics from outside: the same clock for every system."""

    def __init__(self, program: Program, topics: Topics, names: list[str], partitions: int, size: int) -> None:
        self._program, self._topics, self._names, self._partitions = program, topics, names, partitions
        self._size = size
        self._looks: list[Look] = []

    def until_done(self) -> None:
        """Return once every output is written and committed. Raises RunFailed when they do not come."""
        patience = time.monotonic() + _STARTS
        while not self._looks or self._looks[-1].done < self._size:
            look = Look(time.monotonic(), self._ends(), self._program.cpu())
            if self._looks and look.done > self._looks[-1].done:
                patience = look.at + _STALLS
            self._looks.append(look)
            self._program.memory_mb()
            if not self._program.runs:
                raise RunFailed(f"it ended: {self._program.last_words()}")
            if look.at > patience:
                raise RunFailed(f"no progress at {look.done} of {self._size}: {self._program.last_words()}")
            time.sleep(min(_LOOK, self._size * 1e-6))
        deadline = time.monotonic() + _COMMITS
        while self._ends(committed=True) < self._ends() and time.monotonic() < deadline:
            time.sleep(_LOOK)

    def _ends(self, *, committed: bool = False) -> int:
        return self._topics.ends(self._names, self._partitions, committed=committed)

    def _at(self, done: float) -> Look:
        """The moment, and the cost, at which so much was done; between two looks on a straight line."""
        before = self._looks[0]
        for look in self._looks:
            if look.done >= done:
                part = (done - before.done) / (look.done - before.done) if look.done > before.done else 1.0
                return Look(
                    before.at + part * (look.at - before.at), round(done), before.cpu + part * (look.cpu - before.cpu)
                )
            before = look
        return before

    @property
    def _timed(self) -> tuple[Look, Look]:
        return self._at(WARM_UP * self._size), self._at(self._size)

    @property
    def rate(self) -> float:
        """Messages per second after the warm-up."""
        start, end = self._timed
        return (end.done - start.done) / max(end.at - start.at, 1e-3)

    @property
    def cpu_s_per_million(self) -> float:
        start, end = self._timed
        return (end.cpu - start.cpu) / (end.done - start.done) * 1e6
