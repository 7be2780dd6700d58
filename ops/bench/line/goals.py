"""What the line is to reach, beside the others in the same run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.bench.line.lineup import OURS, OURS_SINKS
from ops.bench.line.rows import Row

Found = Mapping[tuple[str, str], Row]


@dataclass(frozen=True)
class Goal:
    workload: str
    what: str
    measure: Callable[[Found], float | None]  #: None: what it needs was not run
    least: float | None = None
    most: float | None = None

    def met(self, value: float) -> bool:
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


def _ratio(workload: str, system: str) -> Callable[[Found], float | None]:
    return lambda found: _over(found.get((workload, OURS)), found.get((workload, system)))


def _over(one: Row | None, other: Row | None) -> float | None:
    if not one or not other or not one["msgs_per_s"] or not other["msgs_per_s"]:
        return None
    return float(one["msgs_per_s"]) / float(other["msgs_per_s"])


def _malformed(found: Found) -> float | None:
    return _over(found.get(("W2", OURS)), found.get(("W1", OURS)))


def _calls(found: Found) -> float | None:
    """Our time over theirs: the rates the other way round."""
    return _over(found.get(("W3", "parallel-consumer")), found.get(("W3", OURS_SINKS)))


def _latency(system: str) -> Callable[[Found], float | None]:
    def measure(found: Found) -> float | None:
        row = found.get(("W4", system))
        return float(row["p99_ms"]) if row and "p99_ms" in row else None

    return measure


GOALS = (
    Goal("W0", "times stock Faust", _ratio("W0", "faust"), least=30),
    Goal("W0", "times Quix Streams, both with transactions", _ratio("W0", "quix-eos"), least=2.0),
    Goal("W0", "of the tuned bare loop, both with transactions", _ratio("W0", "bare-eos"), least=0.6),
    Goal("W1", "times Quix Streams, both with transactions", _ratio("W1", "quix-eos"), least=2.0),
    Goal("W1", "times Quix Streams at least once", _ratio("W1", "quix"), least=2.0),
    Goal("W1", "times the tuned bare loop, both with transactions", _ratio("W1", "bare-eos"), least=1.4),
    Goal("W1", "times the tuned bare loop at least once", _ratio("W1", "bare"), least=1.4),
    Goal("W1", "times stock Faust", _ratio("W1", "faust"), least=15),
    Goal("W2", "of W1, with 20 % malformed", _malformed, least=0.9),
    Goal("W3", "of parallel-consumer's time", _calls, most=1.0),
    Goal("W4", "ms p99 at half of the highest rate", _latency("meshline-half"), most=50),
    Goal("W4", "ms p99 when idle", _latency("meshline-idle"), most=20),
)


def judged(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The goals that can be told from these rows, with what was reached."""
    found = {(row["workload"], row["system"]): row for row in rows}
    told = []
    for goal in GOALS:
        value = goal.measure(found)
        if value is not None:
            told.append(
                {
                    "workload": goal.workload,
                    "what": goal.what,
                    "value": round(value, 2),
                    "least": goal.least,
                    "most": goal.most,
                    "met": goal.met(value),
                }
            )
    return told
