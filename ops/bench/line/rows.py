"""Runs become rows: the median and the spread per workload and system, and the ratio to ours."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from ops.bench.line.lineup import OURS, OURS_SINKS
from ops.bench.line.rate import Measured

Row = dict[str, Any]


def rows_of(runs: Sequence[Measured]) -> list[Row]:
    """One row per workload and system, in the order of their first runs.

    `ratio_to_ours` is the system's rate over ours on the same workload, None where ours did not run. `spread` is
    [least, greatest] of the rates.
    """
    groups: dict[tuple[str, str], list[Measured]] = {}
    for run in runs:
        groups.setdefault((run.workload, run.system), []).append(run)
    ours = {workload: _rate(group) for (workload, system), group in groups.items() if system in (OURS, OURS_SINKS)}
    return [_row(group, ours.get(workload)) for (workload, _), group in groups.items()]


def _rate(group: Sequence[Measured]) -> float:
    return median(run.msgs_per_s for run in group)


def _row(group: Sequence[Measured], ours: float | None) -> Row:
    rates = [run.msgs_per_s for run in group]
    return {
        "workload": group[0].workload,
        "system": group[0].system,
        "msgs_per_s": round(_rate(group), 1),
        "ratio_to_ours": round(_rate(group) / ours, 3) if ours else None,
        "cpu_s_per_million": round(median(run.cpu_s_per_million for run in group), 2),
        "spread": [round(min(rates), 1), round(max(rates), 1)],
        "runs": len(group),
        "messages": group[0].messages,
        "peak_mb": round(max(run.peak_mb for run in group)),
        "lost": sum(run.lost for run in group),
        "doubled": sum(run.doubled for run in group),
        "disordered": sum(run.disordered for run in group),
        **{name: _middle([run.extra[name] for run in group]) for name in group[0].extra},
    }


def _middle(values: Sequence[Any]) -> Any:
    return round(median(values), 2) if isinstance(values[0], int | float) else values[-1]


def failed_row(workload: str, system: str, why: str) -> Row:
    """The row of a system that did not get through."""
    nothing = {"msgs_per_s": None, "ratio_to_ours": None, "cpu_s_per_million": None, "spread": None}
    return {"workload": workload, "system": system, **nothing, "failed": why}
