"""Growth: one thing grows, the rest stays. Ours, W0, transactions on. And the soak."""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ops.bench.line.errors import BenchFailed
from ops.bench.line.lineup import BY_NAME, OURS
from ops.bench.line.peers.job import Job
from ops.bench.line.program import running
from ops.bench.line.rate import Source, Watch, measure
from ops.bench.line.topics import Topics
from ops.bench.line.workloads import W0, Workload

Curve = dict[str, Any]
_PAYLOADS = ((100, 400_000), (1_000, 200_000), (10_000, 40_000), (100_000, 6_000))
SOAK_SECONDS, _SOAK_RATE, _SOAK_LOOK = 1800.0, 5_000.0, 10.0


@dataclass(frozen=True)
class Growth:
    """The points of one curve: (x, workload, messages)."""

    name: str
    title: str
    x: str
    points: Sequence[tuple[int, Workload, int]]


def _plan() -> Iterator[Growth]:
    backlogs = (10_000, 100_000, 1_000_000, 10_000_000)
    yield Growth(
        "backlog", "rate and memory by backlog", "messages waiting",
        [(n, replace(W0, payload=100), n) for n in backlogs],
    )  # fmt: skip
    yield Growth(
        "payload", "rate by payload", "bytes per message",
        [(b, replace(W0, payload=b), n) for b, n in _PAYLOADS],
    )  # fmt: skip
    yield Growth(
        "partitions", "rate by partitions", "partitions",
        [(p, replace(W0, partitions=p), 300_000) for p in (1, 4, 16, 64, 256)],
    )  # fmt: skip
    yield Growth(
        "keys", "rate by keys", "keys",
        [(k, replace(W0, keys=k), 300_000) for k in (1, 100, 10_000, 100_000)],
    )  # fmt: skip


def curves(topics: Topics, source: Source, tell: Callable[[str], None]) -> dict[str, Curve]:
    """Every curve. A point that fails is where it breaks: the curve says so and ends there."""
    found: dict[str, Curve] = {}
    for growth in _plan():
        points: list[dict[str, Any]] = []
        remark = ""
        for x, workload, size in growth.points:
            try:
                run = measure(BY_NAME[OURS], workload, size, source, topics)
            except BenchFailed as error:
                remark = f"breaks at {x:,}: {error}"
                tell(f"growth  {growth.name} {remark}")
                break
            finally:
                source.drop(workload)
            points.append({"x": x, "y": round(run.msgs_per_s), "peak_mb": round(run.peak_mb), "lost": run.lost})
            tell(f"growth  {growth.name} {x:,}: {run.msgs_per_s:,.0f}/s, {run.peak_mb:.0f} MB")
        found[growth.name] = {
            "title": growth.title, "x": growth.x, "y": "messages per second", "log": True,
            "points": points, "remark": remark,
        }  # fmt: skip
    return found | {"workers": _workers(topics, source, tell)}


def _workers(topics: Topics, source: Source, tell: Callable[[str], None]) -> Curve:
    """One and two processes of one group over one backlog, to its end."""
    points = []
    size = 1_000_000
    for workers in (1, 2):
        run = f"{topics.prefix}.workers.{uuid.uuid4().hex[:6]}"
        name = source.topic(W0, size)
        jobs = [Job("W0", topics.bootstrap, run, name, {"out": run}, True, f"{run}.{n}") for n in range(workers)]
        argv = BY_NAME[OURS].command()
        with topics.lent([run], W0.partitions), running(argv, jobs[0]) as first:
            watch = Watch(first, topics, [run], W0.partitions, size)
            if workers > 1:
                with running(argv, jobs[1]):
                    watch.until_done()
            else:
                watch.until_done()
        topics.forget_group(run)
        points.append({"x": workers, "y": round(watch.rate)})
        tell(f"growth  workers {workers}: {watch.rate:,.0f}/s")
    source.drop(W0)
    return {"title": "rate by workers", "x": "workers", "y": "messages per second", "points": points}


def soak(topics: Topics, tell: Callable[[str], None], seconds: float = SOAK_SECONDS) -> dict[str, Curve]:
    """An even rate for half an hour: does the memory grow? The slope is of the second half, in MB per hour."""
    run = f"{topics.prefix}.soak.{uuid.uuid4().hex[:6]}"
    source, out = f"{run}.in", f"{run}.out"
    job = Job("soak", topics.bootstrap, run, source, {"out": out}, True, run)
    paced = replace(job, name=f"{run}.sender", options={"rate": _SOAK_RATE, "seconds": seconds})
    sender = [sys.executable, "-m", "ops.bench.line.ours.send_paced"]
    points = []
    with (
        topics.lent([source, out], 4),
        running(BY_NAME[OURS].command(), job) as program,
        running(sender, paced),
    ):
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            time.sleep(_SOAK_LOOK)
            points.append({"x": round(time.monotonic() - began), "y": round(program.memory_mb(), 1)})
            if len(points) % 30 == 0:
                tell(f"soak  {points[-1]['x']} s: {points[-1]['y']:.0f} MB")
    topics.forget_group(run)
    slope = slope_of(points[len(points) // 2 :]) * 3600
    remark = f"{slope:+.1f} MB per hour in the second half"
    return {"soak": {"title": "memory in half an hour", "x": "seconds", "y": "MB", "points": points, "remark": remark}}


def slope_of(points: Sequence[dict[str, Any]]) -> float:
    """Least squares: y per unit of x."""
    count = len(points)
    x = sum(p["x"] for p in points) / count
    y = sum(p["y"] for p in points) / count
    spread = sum((p["x"] - x) ** 2 for p in points)
    return sum((p["x"] - x) * (p["y"] - y) for p in points) / spread if spread else 0.0
