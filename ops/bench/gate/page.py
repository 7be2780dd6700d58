"""The README's table of the gate's last trial that was kept. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

BEGIN, END = "<!-- gate:begin -->", "<!-- gate:end -->"
KEPT = Path(__file__).parents[1] / "results" / "gate.json"


def page(result: dict[str, Any]) -> str:
    """Markdown: what the changes did to readers, what the gate said of them, and how long it takes."""
    race, trial = result["race"], result["mutations"]
    harmless = trial["tried"] - trial["harmful"]
    asked = "not asked" if race["registry_s"] is None else f"{race['registry_s']:.2f} s"
    rows = [
        ("single changes of our own schemas", f"{trial['tried']:,} of {trial['possible']:,} possible"),
        ("harm a reader", f"{trial['harmful']:,}"),
        ("of these accepted by Java's own checker", f"{trial['accepted_by_avro']:,}"),
        ("of these wrong for Java alone, while Python reads right", f"{trial['only_java']:,}"),
        ("**of these missed by the gate**", f"**{len(trial['missed'])}**"),
        ("harm nobody", f"{harmless:,}"),
        ("of these stopped by the gate: false alarms", f"{len(trial['alarms'])} ({trial['alarm_share']:.1%})"),
        (f"{race['schemas']} schemas, FULL_TRANSITIVE, checked in", f"{race['gate_s']:.2f} s"),
        ("the same through the registry's HTTP API", asked),
    ]
    return "\n".join(["| | |", "| --- | ---: |", *(f"| {name} | {value} |" for name, value in rows)]) + "\n"
