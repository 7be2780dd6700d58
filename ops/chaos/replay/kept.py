"""The runs that were kept, each as it was, and what they come to together."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from ops.chaos.delivery.report import machine, software
from ops.chaos.replay.judge import Verdict
from ops.chaos.replay.run import Plan

RESULTS = Path(__file__).parent.parent / "results" / "replay.json"
_SUMS = tuple(asdict(Verdict()))


def keep_run(plan: Plan, erp: str, number: int, verdict: Verdict, seconds: float, at: datetime, path: Path) -> None:
    """Add a run to those in the file; one of the same seed, number, size and ERP takes the place of the older."""
    row = {
        "erp": erp,
        "seed": plan.seed,
        "number": number,
        "letters": plan.letters,
        **asdict(verdict),
        "seconds": round(seconds, 1),
        "date": at.strftime("%Y-%m-%d"),
    }
    same = ("erp", "seed", "number", "letters")
    before = json.loads(path.read_text("utf-8"))["runs"] if path.exists() else []
    runs = [one for one in before if any(one[name] != row[name] for name in same)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_whole([*runs, row]), indent=2) + "\n", "utf-8")


def _whole(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The totals of the runs on each ERP, then the runs."""
    totals = {
        erp: {"runs": len(mine), **{name: sum(run[name] for run in mine) for name in _SUMS}}
        for erp in sorted({run["erp"] for run in runs})
        if (mine := [run for run in runs if run["erp"] == erp])
    }
    return {"totals": totals, "machine": machine(), "versions": software(), "runs": runs}
