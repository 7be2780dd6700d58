"""Growth: one thing grows, the rest stays. Ours, W0, transactions on. Each curve is a workload of its own name."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from confluent_kafka import KafkaException

from ops.bench.line.errors import BenchFailed
from ops.bench.line.lineup import BY_NAME, OURS
from ops.bench.line.observer import count
from ops.bench.line.peers.job import Job
from ops.bench.line.program import running
from ops.bench.line.rate import Source, Watch, measure
from ops.bench.line.topics import Topics
from ops.bench.line.workloads import W0, Workload

Curve = dict[str, Any]
Tell = Callable[[str], None]
_LARGE = 2_000_000  #: messages; a run over more is not repeated


@dataclass(frozen=True)
class Growth:
    """The points of one curve: (x, workload, messages)."""

    name: str
    title: str
    x: str
    points: Sequence[tuple[int, Workload, int]]


_PAYLOADS = ((100, 400_000), (1_000, 200_000), (10_000, 40_000), (100_000, 6_000))
_PLAN = (
    Growth(
        "backlog", "rate and memory by backlog", "messages waiting, 100 bytes each",
        [(n, replace(W0, payload=100), n) for n in (10_000, 100_000, 1_000_000, 10_000_000)],
    ),
    Growth(
        "payload", "rate and memory by payload", "bytes per message",
        [(b, replace(W0, payload=b), n) for b, n in _PAYLOADS],
    ),
    Growth(
        "partitions", "rate and memory by partitions", "partitions",
        [(p, replace(W0, partitions=p), 300_000) for p in (1, 4, 16, 64, 256)],
    ),
    Growth(
        "keys", "rate and memory by keys", "keys; one key is one partition",
        [(k, replace(W0, keys=k), 300_000) for k in (1, 10, 100, 1_000, 10_000, 100_000)],
    ),
)  # fmt: skip
CURVES = (*(growth.name for growth in _PLAN), "workers")


def curve(name: str, topics: Topics, source: Source, repeats: int, quick: bool, tell: Tell) -> Curve:
    """The curve of that name: medians of so many runs a point. One that fails is where it breaks, and the last.

    `quick`: a twentieth of the messages.
    """
    if name == "workers":
        points = _workers(topics, source, repeats, quick, tell)
        return {"title": "rate by workers", "x": "workers", "y": "messages per second", "points": points, "remark": ""}
    growth = next(growth for growth in _PLAN if growth.name == name)
    points, remark = _points(growth, topics, source, repeats, quick, tell)
    return {
        "title": growth.title, "x": growth.x, "y": "messages per second", "log": True,
        "points": points, "remark": remark,
    }  # fmt: skip


def _points(
    growth: Growth, topics: Topics, source: Source, repeats: int, quick: bool, tell: Tell
) -> tuple[list[dict[str, Any]], str]:
    points: list[dict[str, Any]] = []
    for x, workload, size in growth.points:
        given = max(1_000, size // 20) if quick else size
        try:
            runs = [
                measure(BY_NAME[OURS], workload, given, source, topics) for _ in range(1 if size > _LARGE else repeats)
            ]
        except (BenchFailed, KafkaException) as error:
            remark = f"breaks at {x:,}: {error}"
            tell(f"{growth.name}  {remark}")
            return points, remark
        finally:
            source.drop(workload)
        rates = [run.msgs_per_s for run in runs]
        points.append(
            {
                "x": x, "y": round(median(rates)), "least": round(min(rates)), "greatest": round(max(rates)),
                "cpu_s_per_million": round(median(run.cpu_s_per_million for run in runs), 2),
                "peak_mb": round(max(run.peak_mb for run in runs)), "messages": given, "runs": len(runs),
                "lost": sum(run.lost for run in runs), "doubled": sum(run.doubled for run in runs),
            }
        )  # fmt: skip
        tell(f"{growth.name}  {x:,}: {points[-1]['y']:,}/s, {points[-1]['peak_mb']} MB")
    return points, ""


def _workers(topics: Topics, source: Source, repeats: int, quick: bool, tell: Tell) -> list[dict[str, Any]]:
    """One and two processes of one group over one backlog, to its end."""
    size = W0.messages // 20 if quick else W0.messages
    points = []
    for workers in (1, 2):
        runs = [_together(workers, size, topics, source) for _ in range(repeats)]
        rates = [rate for rate, _, _ in runs]
        points.append(
            {
                "x": workers, "y": round(median(rates)), "least": round(min(rates)), "greatest": round(max(rates)),
                "messages": size, "runs": repeats,
                "lost": sum(lost for _, lost, _ in runs), "doubled": sum(doubled for _, _, doubled in runs),
            }
        )  # fmt: skip
        tell(f"workers  {workers}: {points[-1]['y']:,}/s")
    source.drop(W0)
    return points


def _together(workers: int, size: int, topics: Topics, source: Source) -> tuple[float, int, int]:
    """(rate, lost, doubled) of so many workers."""
    run = f"{topics.prefix}.workers.{uuid.uuid4().hex[:6]}"
    name = source.topic(W0, size)
    with topics.lent([run], W0.partitions):
        with ExitStack() as stack:
            programs = [
                stack.enter_context(
                    running(
                        BY_NAME[OURS].command(),
                        Job("W0", topics.bootstrap, run, name, {"out": run}, True, f"{run}.{n}"),
                    )
                )
                for n in range(workers)
            ]
            watch = Watch(programs[0], topics, [run], W0.partitions, size)
            watch.until_done()
        observed = count(topics.read([run], W0.partitions), size, W0.number)
    topics.forget_group(run)
    return watch.rate, observed.lost, observed.doubled
