"""From latencies to the result. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

GOAL = 1.2  #: p99 with poison, as a multiple of the clean one


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of the run: milliseconds from producing an event to reading its command, of records without a letter.

    `parked`: events that waited behind letters at its end.
    """

    poisoned: bool
    latencies_ms: Sequence[float]
    parked: int = 0


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so large a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def result_of(phases: Sequence[Phase], request: Mapping[str, Any], lost: int, misordered: int) -> dict[str, Any]:
    """The phases of each kind taken together; the ratio of their p99 is the result."""
    told: dict[str, dict[str, Any]] = {}
    for name, poisoned in (("clean", False), ("poisoned", True)):
        mine = [phase for phase in phases if phase.poisoned is poisoned]
        values = [value for phase in mine for value in phase.latencies_ms]
        told[name] = {
            "events": len(values),
            "p50_ms": round(percentile(values, 0.5), 2),
            "p99_ms": round(percentile(values, 0.99), 2),
            "p99_ms_by_phase": [round(percentile(phase.latencies_ms, 0.99), 2) for phase in mine],
            "parked": sum(phase.parked for phase in mine),
        }
    ratio = round(told["poisoned"]["p99_ms"] / told["clean"]["p99_ms"], 3)
    met = ratio <= GOAL and not lost and not misordered and told["poisoned"]["parked"] > 0
    return {**request, **told, "ratio": ratio, "goal": GOAL, "lost": lost, "misordered": misordered, "met": met}
