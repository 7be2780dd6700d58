"""The README's numbers are those of the last full result that was kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ops.bench.line.page import BEGIN, END, page
from ops.bench.line.report import KEPT, kept_curves

README = Path(__file__).parents[4] / "README.md"

RESULT: dict[str, Any] = {
    "date": "2026-01-02T03:04:05",
    "seed": 7,
    "repeats": 3,
    "machine": {"cores": 2},
    "versions": {"faust": "1"},
    "goals": [{"workload": "W0", "what": "times Faust", "value": 31.5, "least": 30, "most": None, "met": True}],
    "rows": [
        {"workload": "W0", "system": "ours", "msgs_per_s": 1234.0, "ratio_to_ours": 1.0, "cpu_s_per_million": 4.06}
        | {"spread": [1000.0, 2000.0], "peak_mb": 80, "lost": 0, "doubled": 2},
        {"workload": "W1", "system": "other", "failed": "why"},
        {"workload": "W4", "system": "idle", "msgs_per_s": 50.0, "p50_ms": 4.0, "p99_ms": 9.5, "lost": 1},
    ],
}


def test_the_page_tells_goals_rates_failures_and_latencies() -> None:
    text = page(RESULT, {})
    assert "| W0 | 31.5 times Faust | at least 30 | met |" in text
    assert "| W0 | ours | 1,234 | 1,000 to 2,000 | 1.00 | 4.1 | 80 |" in text
    assert "| W1 | other | failed |" in text
    assert "| idle | 50 | 4.0 | 9.5 |" in text
    assert "Lost 1, doubled 2" in text
    assert "2026-01-02, seed 7, on one machine: cores 2. Versions: faust 1." in text


def test_the_readme_holds_the_last_result() -> None:
    text = README.read_text("utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    between = text.split(BEGIN)[1].split(END)[0].strip()
    result = json.loads(KEPT.read_text("utf-8"))
    assert between == page(result, kept_curves()).strip(), "put the output of `meshline bench page` between the markers"
