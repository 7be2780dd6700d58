"""What a whole run says: numbers for programs, words for people, and the file with the last full run."""

from __future__ import annotations

import json
import os
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import confluent_kafka

from ops.chaos.delivery.crashing import CrashResult
from ops.chaos.delivery.judge import DUPLICATE, LOST, ORDER
from ops.chaos.delivery.mutants.trial import Trial
from ops.chaos.delivery.run import Outcome
from ops.local import versions

#: What each part of a run says, and by which name it is seen that the part was run.
_PARTS = {
    "campaign": (
        "inputs", "outputs", "kills", "found_in_campaign", "uncertain_inputs", "faults", "own_ends", "zombies",
        "judge_objects", "campaign", "seconds",
    ),
    "crash_points": ("crash_deaths", "crash_points"),
    "mutants": ("mutants", "mutants_caught", "mutant_trials"),
}  # fmt: skip
_TELLS = {"campaign": "kills", "crash_points": "crash_points", "mutants": "mutant_trials"}
RESULTS = Path(__file__).parent.parent / "results" / "delivery.json"


@dataclass
class Report:
    """A campaign, the deaths at crash points, and the mutants; the latter two may be left out."""

    outcome: Outcome
    trials: Sequence[Trial] = ()
    crashes: Sequence[CrashResult] = field(default_factory=tuple)

    @property
    def good(self) -> bool:
        """Nothing lost, doubled or out of order, and a judge that can see it."""
        checked = all(self.outcome.judge_objects.values())
        return self.outcome.clean and checked and not self._uncaught and all(row.clean for row in self.crashes)

    @property
    def _uncaught(self) -> list[Trial]:
        return [trial for trial in self.trials if not trial.caught]

    def data(self) -> dict[str, Any]:
        """Losses and the like are those of the campaign and of the crash points together.

        What at-least-once allows at its crash points is in their rows only.
        """
        outcome = self.outcome
        found = sum((row.blame for row in self.crashes), start=Counter(outcome.verdict.counts))
        return {
            "inputs": outcome.verdict.inputs,
            "outputs": outcome.verdict.outputs,
            "lost": found[LOST],
            "duplicates": found[DUPLICATE],
            "order_violations": found[ORDER],
            "kills": outcome.kills,
            "mutants": len(self.trials),
            "mutants_caught": sum(trial.caught for trial in self.trials),
            "good": self.good,
            "found": dict(found),
            "found_in_campaign": dict(outcome.verdict.counts),
            "uncertain_inputs": outcome.verdict.uncertain,
            "faults": dict(outcome.faults),
            "own_ends": dict(outcome.own_ends),
            "zombies": dict(outcome.zombies),
            "judge_objects": outcome.judge_objects,
            "crash_deaths": sum(row.deaths for row in self.crashes),
            "crash_points": [row.data() for row in self.crashes],
            "mutant_trials": [trial.data() for trial in self.trials],
            "campaign": outcome.campaign.data(),
            "seconds": outcome.seconds,
            "versions": software(),
        }

    def trouble(self) -> list[str]:
        """What is wrong, a line each: which key, which offset, where to look."""
        outcome = self.outcome
        findings = [] if outcome.clean else outcome.verdict.findings
        lines = [_line(finding.kind, finding.key, finding.seq, finding.words) for finding in findings]
        lines += [f"of what is lost, {count} were {where}" for where, count in outcome.last_seen.items()]
        if outcome.where is not None:
            lines.append(f"look at the workers' logs and both ledgers (SQLite) in {outcome.where}")
        lines += [f"the judge did not object to {edit}" for edit, seen in outcome.judge_objects.items() if not seen]
        for row in self.crashes:
            if row.deaths < row.times:
                lines.append(f"crash point {row.point.name}: died there {row.deaths} of {row.times} times only")
                lines += [f"crash point {row.point.name}: {end}" for end in row.other_ends]
            if not row.clean:
                lines += [f"crash point {row.point.name}: {_line(*finding)}" for finding in row.verdict.findings[:3]]
        lines += [f"mutant {trial.name} was not caught, though {trial.why}" for trial in self._uncaught]
        return lines


def _line(kind: str, key: int, seq: int, words: str) -> str:
    return f"{kind}: {words}" if key < 0 else f"{kind}: key k{key} number {seq}: {words}"


def software() -> dict[str, str]:
    return {
        "kafka": versions.KAFKA,
        "librdkafka": str(confluent_kafka.libversion()[0]),
        "confluent_kafka": str(confluent_kafka.__version__),
        "python": platform.python_version(),
    }


def machine() -> dict[str, Any]:
    return {"system": platform.platform(terse=True), "cpus": os.cpu_count(), "architecture": platform.machine()}


def save(report: Report, at: datetime, path: Path = RESULTS) -> None:
    """Keep it. A part that it left out stays as it was kept before; `dates` says when each was run."""
    data, now = report.data(), at.strftime("%Y-%m-%d")
    whole = {"date": now, "machine": machine(), **data}
    done = {"campaign": report.outcome.kills > 0, "crash_points": bool(report.crashes), "mutants": bool(report.trials)}
    before = saved(path) or {}
    dates = {part: now for part, ran in done.items() if ran}
    if done["crash_points"]:
        whole |= _beside(before, whole)
    for part, names in _PARTS.items():
        if not done[part] and before.get(_TELLS[part]):
            whole |= {name: before[name] for name in names if name in before}
            dates[part] = before.get("dates", {}).get(part, before["date"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_summed({**whole, "dates": dates}), indent=2) + "\n", "utf-8")


def _beside(before: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """The crash points that were run now, and those that were kept before and not run now."""
    rows = {row["point"]: row for row in (*before.get("crash_points", ()), *whole["crash_points"])}
    return {"crash_points": list(rows.values()), "crash_deaths": sum(row["deaths"] for row in rows.values())}


def _summed(whole: dict[str, Any]) -> dict[str, Any]:
    """The totals of the parts that it now holds."""
    found = Counter(whole["found_in_campaign"])
    for row in whole["crash_points"]:
        found.update(row["found"])
    caught = whole["mutants"] == whole["mutants_caught"]
    clean = not any(found.values()) and all(row["clean"] for row in whole["crash_points"])
    totals = {"lost": found[LOST], "duplicates": found[DUPLICATE], "order_violations": found[ORDER]}
    good = clean and caught and all(whole["judge_objects"].values())
    return {**whole, **totals, "found": dict(found), "good": good}


def saved(path: Path = RESULTS) -> dict[str, Any] | None:
    """The last full run; None when there was none."""
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found
