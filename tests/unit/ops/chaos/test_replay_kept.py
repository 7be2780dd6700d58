"""Runs of the replay trial add up; the same run again takes the place of the older."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from ops.chaos.replay.judge import Verdict
from ops.chaos.replay.kept import keep_run
from ops.chaos.replay.run import Plan

AT = datetime(2026, 3, 1, tzinfo=UTC)


def test_runs_add_up_for_each_erp(tmp_path: Path) -> None:
    path = tmp_path / "results" / "replay.json"
    for erp, number, lost in (("tryton", 0, 1), ("tryton", 1, 0), ("file", 0, 0), ("tryton", 0, 0)):
        keep_run(Plan(10), erp, number, Verdict(10, 9, 1, lost, 0, 0, 3), 12.34, AT, path)
    whole = json.loads(path.read_text("utf-8"))
    assert [(run["erp"], run["number"], run["lost"]) for run in whole["runs"]] == [
        ("tryton", 1, 0),
        ("file", 0, 0),
        ("tryton", 0, 0),
    ]
    ours = whole["totals"]["tryton"]
    assert (ours["runs"], ours["selected"], ours["effects"], ours["stale"], ours["kills"]) == (2, 20, 18, 2, 6)
    assert whole["totals"]["file"]["runs"] == 1
