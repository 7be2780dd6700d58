"""W4 and the curves: the pure parts."""

from __future__ import annotations

import json
from array import array
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ops.bench.line.bench import QUICK, USUAL, WORKLOADS, Request
from ops.bench.line.latency import highest_rate
from ops.bench.line.paced import Spell
from ops.bench.line.page import page
from ops.bench.line.report import kept_curves, save
from tests.unit.ops.bench.test_bench_page import RESULT

CURVE: dict[str, Any] = {
    "date": "2026-01-02T03:04:05", "title": "rate by keys", "x": "keys", "y": "rate", "log": True,
    "points": [{"x": 1, "y": 1000, "peak_mb": 90}, {"x": 1000, "y": 2000, "peak_mb": 91}],
    "remark": "breaks at 10,000: no",
}  # fmt: skip


@pytest.mark.parametrize("true", [6_000.0, 40_000.0, 73_000.0, 200_000.0])
def test_the_highest_rate_is_found_from_below(true: float) -> None:
    asked: list[float] = []

    def keeps_up(rate: float) -> bool:
        asked.append(rate)
        return rate <= true

    found = highest_rate(keeps_up, steps=6)
    assert found <= true < found * 1.07
    assert len(asked) == 6


def test_a_line_that_falls_behind_shows_it_at_its_end() -> None:
    spell = Spell(100, 1, taken=array("d", [*range(90), *[500.0] * 10]))
    assert spell.at_end() == 500
    assert (spell.percentile(0), spell.percentile(50), spell.percentile(100)) == (0, 50, 500)
    assert Spell(100, 1, taken=array("d", [3.0])).at_end() == 3


def test_only_everything_in_full_is_a_whole_result() -> None:
    assert Request().whole
    assert Request(workloads=QUICK).whole
    assert not Request(workloads=("W4",)).whole
    assert not replace(Request(), quick=True).whole
    assert not replace(Request(), systems=("faust",)).whole
    assert set(USUAL) < set(WORKLOADS)


def test_a_part_takes_no_full_results_place_and_curves_are_kept_one_by_one(tmp_path: Path) -> None:
    result = {**RESULT, "rows": RESULT["rows"][2:], "curves": {"keys": CURVE}}
    written = save({**result, "whole": False}, tmp_path)
    assert [path.name for path in written] == ["line-part.json", "line-keys.json", "line-keys.svg"]
    save({**result, "whole": True}, tmp_path)
    assert json.loads((tmp_path / "line.json").read_text())["seed"] == 7
    assert kept_curves(tmp_path) == {"keys": CURVE}


def test_the_page_has_a_line_per_curve() -> None:
    soak = {**CURVE, "title": "memory", "remark": "+0.1 MB per hour"}
    text = page(RESULT, {"soak": soak, "keys": CURVE})
    keys, last = text.strip().splitlines()[-2:]
    assert keys == (
        "| [rate by keys](ops/bench/results/line-keys.svg) | 2026-01-02 "
        "| 1: 1,000 (90), 1,000: 2,000 (91); breaks at 10,000: no |"
    )
    assert last.endswith("| +0.1 MB per hour |")
