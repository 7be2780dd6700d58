"""W4: from the sending of a message to the reading of its output under read_committed, transactions on.

Sender, system and reader are on one machine and one clock. A row has the time of every output that was read after the
warm-up, in milliseconds.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from ops.bench.line.errors import RunFailed
from ops.bench.line.lineup import BY_NAME, OURS
from ops.bench.line.peers.job import Job
from ops.bench.line.program import running
from ops.bench.line.rows import Row
from ops.bench.line.topics import Topics

_PARTITIONS = 4
_WARM_S = 4.0
_IDLE_RATE = 20.0
#: Where W0 was not run: a rate that half of is still above what is measured here without others on the machine.
_UNKNOWN_HIGHEST = 80_000.0


def measure_latencies(topics: Topics, rows: Sequence[Row], quick: bool, tell: Callable[[str], None]) -> list[Row]:
    """Rows for half of the highest rate, which is W0's of the same run, and for an idle line. Raises RunFailed."""
    highest = next((r["msgs_per_s"] for r in rows if (r["workload"], r["system"]) == ("W0", OURS)), None)
    told = []
    for name, rate, seconds in (
        (f"{OURS}-idle", _IDLE_RATE, 12.0 if quick else 40.0),
        (f"{OURS}-half", (highest or _UNKNOWN_HIGHEST) / 2, 8.0 if quick else 30.0),
    ):
        row = _measure(topics, name, rate, seconds)
        tell(f"W4  {name} at {rate:,.0f}/s: p50 {row['p50_ms']:.1f} ms, p99 {row['p99_ms']:.1f} ms")
        told.append(row)
    return told


def _measure(topics: Topics, name: str, rate: float, seconds: float) -> Row:
    run = f"{topics.prefix}.w4.{name}.{uuid.uuid4().hex[:6]}"
    source, out = f"{run}.in", f"{run}.out"
    options = {"rate": rate, "seconds": seconds + _WARM_S}
    job = Job("W4", topics.bootstrap, run, source, {"out": out}, exactly_once=True, name=run)
    paced = Job("W4", topics.bootstrap, run, source, {"out": out}, name=f"{run}.sender", options=options)
    sender = [sys.executable, "-m", "ops.bench.line.ours.send_paced"]
    with topics.lent([source, out], _PARTITIONS), running(BY_NAME[OURS].command(), job) as program:
        _await_start(topics, source, out)
        reader = Reader(topics.bootstrap, out)
        cpu, began = program.cpu(), time.monotonic()
        with running(sender, paced):
            taken = reader.read(round(rate * options["seconds"]), seconds + _WARM_S + 20)
        spent = (program.cpu() - cpu) / (time.monotonic() - began)
        program.memory_mb()
    topics.forget_group(run)
    taken.sort()
    return {
        "workload": "W4", "system": name, "msgs_per_s": round(rate, 1), "ratio_to_ours": None,
        "cpu_s_per_million": round(spent / rate * 1e6, 2), "spread": [round(taken[0], 2), round(taken[-1], 2)],
        **{f"p{percent}_ms": round(taken[int(len(taken) * percent / 100)], 2) for percent in (50, 90, 99)},
        "p99_9_ms": round(taken[int(len(taken) * 0.999)], 2), "messages": len(taken),
        "peak_mb": round(program.peak_mb), "lost": reader.missing, "doubled": reader.doubled,
    }  # fmt: skip


def _await_start(topics: Topics, source: str, out: str) -> None:
    """One message through, so that the group has its partitions."""
    topics.fill(source, _PARTITIONS, [(b"0", b"%010d%020d" % (0, 0))])
    deadline = time.monotonic() + 60
    while not topics.ends([out], _PARTITIONS, committed=True):
        if time.monotonic() > deadline:
            raise RunFailed("nothing came through within a minute")
        time.sleep(0.1)


class Reader:
    """Reads outputs as they come. It starts at the ends, so that what went through before is not seen."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self.missing = self.doubled = 0
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": f"{topic}.observer",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 10,
                "fetch.queue.backoff.ms": 1,
            }
        )
        places = [TopicPartition(topic, p) for p in range(_PARTITIONS)]
        for place in places:
            place.offset = self._consumer.get_watermark_offsets(place, 30)[1]
        self._consumer.assign(places)

    def read(self, expected: int, patience: float) -> list[float]:
        """Milliseconds of each, without the warm-up's."""
        taken: list[float] = []
        seen = bytearray(expected)
        began: int | None = None
        deadline = time.monotonic() + patience
        left = expected
        while left and time.monotonic() < deadline:
            polled: list[Any] = self._take()
            now = time.monotonic_ns()
            for message in polled:
                value = message.value()
                number, sent = int(value[:10]), int(value[10:30])
                began = sent if began is None else began
                self.doubled += seen[number]
                left -= not seen[number]
                seen[number] = 1
                if sent - began > _WARM_S * 1e9:
                    taken.append((now - sent) / 1e6)
        self._consumer.close()
        self.missing = left
        if not taken:
            raise RunFailed("no output came in time")
        return taken

    def _take(self) -> list[Any]:
        """The next output at once when it comes, with what else is there."""
        first = self._consumer.poll(0.1)
        rest = [] if first is None else [first, *self._consumer.consume(10_000, 0)]
        return [message for message in rest if message.error() is None]
