"""The README's numbers of the reconciler are those of the last results that were kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ops.bench.reconcile.kept import KEPT, README, keep, load, page, written

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def _run(keys: int, **over: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "keys": keys, "rows": 3 * keys, "events_per_s": 5000.0, "bytes_per_key": 400.0, "injected": 5, "found": 5,
        "found_twice": 0, "false_alarms": 0, "closed": 5, "restart_s": keys / 1e6, "peak_mb": 90, "examples": ["x"],
        "peer_events_per_s": None,
    }  # fmt: skip
    return facts | over


def test_a_run_takes_the_place_of_the_one_of_its_size(tmp_path: Path) -> None:
    path = tmp_path / "reconcile.json"
    keep("run", _run(1000), NOW, path)
    keep("run", _run(100), NOW, path)
    keep("run", _run(1000, events_per_s=8000.0), NOW, path)
    kept = load(path)
    assert [(one["keys"], one["events_per_s"]) for one in kept["runs"].values()] == [(100, 5000.0), (1000, 8000.0)]
    assert all("examples" not in one and one["machine"]["cores"] for one in kept["runs"].values())


def test_the_page_tells_sizes_flatness_race_and_kills() -> None:
    race = {"peer_events_per_s": 8000.0, "ours_events_per_s": 7000.0, "race_rows": 40_000}
    stamp = {"date": NOW.isoformat(), "machine": {"cores": 2}}
    runs = {"100": _run(100) | stamp, "1000": _run(1000, events_per_s=9000.0, **race) | stamp}
    kills = {"kills": 9, "writes": 90, "opened": 7, "lost": [], "invented": [["a", "b", "c"]], "out_of_order": []}
    text = page({"runs": runs, "kills": kills | {"repeated": 1, "rebuilt_differs": 0}})
    assert "| 1,000 | 3,000 | 9,000 | 400 | 5 | 5 | 0 | 0 | 5 | 0.00 | 90 |" in text
    assert "events/s within 1.80 (**goal: 1.5**), bytes per record within 1.00; restart 1.0 to 1.0 s" in text
    assert "40,000 rows of accounts and customers: MeshLine 7,000 rows/s" in text
    assert "kill -9 9 times during 90 changes: 7 alerts opened, 0 lost, 1 invented" in text
    assert "Measured 2026-01-02 on: cores 2." in text


def test_the_readme_holds_what_is_kept() -> None:
    text = README.read_text("utf-8")
    assert written(text, load(KEPT)) == text, "meshline bench reconcile --keep"
    assert page(load(KEPT)) in text
