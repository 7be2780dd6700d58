"""The line under an even rate: a worker that stays, and spells of messages whose way through is timed.

Sender, worker and observer are on one machine and one clock. The observer reads every output under read_committed, and
counts what is missing or doubled; the time of a message is from the moment at which it was due.
"""

from __future__ import annotations

import gc
import json
import struct
import sys
import time
import uuid
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from confluent_kafka import Consumer, TopicPartition

from ops.bench.line.errors import RunFailed
from ops.bench.line.lineup import BY_NAME, OURS
from ops.bench.line.peers.job import Job
from ops.bench.line.program import Program, running
from ops.bench.line.topics import Topics

PARTITIONS = 4
_STAMP = struct.Struct(">HIQ")
_SENDER = [sys.executable, "-m", "ops.bench.line.ours.send_paced"]


class Stamp(NamedTuple):
    """What a paced message begins with: its spell, its number in it, and when it was due in nanoseconds."""

    spell: int
    number: int
    due: int


def pack(stamp: Stamp) -> bytes:
    return _STAMP.pack(*stamp)


@dataclass
class Spell:
    """An even rate for a while, and what became of it. Times are milliseconds, in the order in which outputs came."""

    rate: float
    seconds: float
    warm_s: float = 0.0  #: not timed
    linger_ms: float = 5.0  #: the sender's; librdkafka's and Java's default
    payload: int = 386  #: bytes behind the stamp
    taken: array[float] = field(default_factory=lambda: array("d"))
    missing: int = 0
    doubled: int = 0
    cpu_s: float = 0.0  #: the worker's
    sender: dict[str, float] = field(default_factory=dict)

    def percentile(self, percent: float) -> float:
        ordered = sorted(self.taken)
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))], 2)

    def at_end(self) -> float:
        """The median of the last tenth: what a line that falls behind cannot keep low."""
        last = sorted(self.taken[-max(1, len(self.taken) // 10) :])
        return last[len(last) // 2]


class Line:
    """A worker with its topics, and an observer of its outputs. From `open_line`."""

    def __init__(self, topics: Topics, run: str, program: Program) -> None:
        self.program = program
        self._topics = topics
        self._run = run
        self._spells = 0
        self._observer = _observer(topics.bootstrap, f"{run}.out")

    def run(self, spell: Spell, patience: float = 20.0) -> Spell:
        """Send, observe and count. Raises RunFailed when nothing comes."""
        self._spells += 1
        options = {"rate": spell.rate, "seconds": spell.seconds + spell.warm_s, "spell": self._spells}
        options |= {"linger_ms": spell.linger_ms, "payload": spell.payload}
        job = Job("W4", self._topics.bootstrap, self._run, f"{self._run}.in", {}, name=self._run, options=options)
        before = self.program.cpu()
        collecting = gc.isenabled()
        gc.disable()  # a pause of the observer would be taken for one of the line
        try:
            with running(_SENDER, job) as sender:
                self._observe(spell, time.monotonic() + spell.seconds + spell.warm_s + patience)
                spell.sender = _last_words(sender)
        finally:
            if collecting:
                gc.enable()
        spell.cpu_s = self.program.cpu() - before
        self.program.memory_mb()
        if not spell.taken:
            raise RunFailed(f"no output came in time: {self.program.last_words()}")
        return spell

    def _observe(self, spell: Spell, deadline: float) -> None:
        left = round(spell.rate * (spell.seconds + spell.warm_s))
        seen, warm, began = bytearray(left), spell.warm_s * 1e9, None
        this, unpack, taken = self._spells, _STAMP.unpack_from, spell.taken
        while left and time.monotonic() < deadline:
            polled = self._take()
            now = time.monotonic_ns()
            for message in polled:
                of, number, due = unpack(message.value())
                if of != this:
                    continue
                began = due if began is None else began
                spell.doubled += seen[number]
                left -= not seen[number]
                seen[number] = 1
                if due - began >= warm:
                    taken.append((now - due) / 1e6)
        spell.missing = left

    def _take(self) -> list[Any]:
        """The next output at once when it comes, with what else is there."""
        first = self._observer.poll(0.1)
        rest = [] if first is None else [first, *self._observer.consume(5_000, 0)]
        return [message for message in rest if message.error() is None]

    def close(self) -> None:
        self._observer.close()


@contextmanager
def open_line(topics: Topics, name: str, config: Mapping[str, str] | None = None) -> Iterator[Line]:
    """A worker in transactions, with its partitions; `config` is of its topics. Raises RunFailed."""
    run = f"{topics.prefix}.{name}.{uuid.uuid4().hex[:6]}".lower()
    source, out = f"{run}.in", f"{run}.out"
    job = Job("W4", topics.bootstrap, run, source, {"out": out}, exactly_once=True, name=run)
    with topics.lent([source, out], PARTITIONS, config), running(BY_NAME[OURS].command(), job) as program:
        topics.fill(source, PARTITIONS, [(b"0", pack(Stamp(0, 0, 0)))])
        deadline = time.monotonic() + 60
        while not topics.ends([out], PARTITIONS, committed=True):
            if time.monotonic() > deadline:
                raise RunFailed("nothing came through within a minute")
            time.sleep(0.1)
        line = Line(topics, run, program)
        try:
            yield line
        finally:
            line.close()
    topics.forget_group(run)


def _observer(bootstrap: str, topic: str) -> Any:
    """It starts at the ends, so that what went through before is not seen."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"{topic}.observer",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 10,
            "fetch.queue.backoff.ms": 1,
        }
    )
    places = [TopicPartition(topic, p) for p in range(PARTITIONS)]
    for place in places:
        place.offset = consumer.get_watermark_offsets(place, 30)[1]
    consumer.assign(places)
    return consumer


def _last_words(sender: Program) -> dict[str, float]:
    """What the sender says of itself once it is through."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for line in sender.output().splitlines():
            if line.startswith("{"):
                return dict(json.loads(line))
        time.sleep(0.05)
    return {}
