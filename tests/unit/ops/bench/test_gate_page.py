"""The README's table of the gate's trial is that of the last one that was kept."""

from __future__ import annotations

import json
from pathlib import Path

from ops.bench.gate.page import BEGIN, END, KEPT, page

README = Path(__file__).parents[4] / "README.md"


def test_the_table_tells_what_was_missed_and_what_was_a_false_alarm() -> None:
    trial = {"tried": 1000, "possible": 5000, "harmful": 600, "accepted_by_avro": 300, "only_java": 200}
    trial |= {"missed": ["one"], "alarms": ["a", "b"], "alarm_share": 0.005}
    race = {"gate_s": 0.25, "registry_s": None, "schemas": 500}
    text = page({"race": race, "mutations": trial})
    assert "| **of these missed by the gate** | **1** |" in text
    assert "| harm nobody | 400 |" in text
    assert "| of these stopped by the gate: false alarms | 2 (0.5%) |" in text
    assert "| the same through the registry's HTTP API | not asked |" in text


def test_the_readme_holds_the_last_trial_and_it_was_a_large_one() -> None:
    text = README.read_text("utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    kept = json.loads(KEPT.read_text("utf-8"))
    between = text.split(BEGIN)[1].split(END)[0].strip()
    assert between == page(kept).strip(), "put the output of `meshline bench gate-page` between the markers"
    assert kept["mutations"]["tried"] >= 1500
    assert kept["mutations"]["missed"] == []
