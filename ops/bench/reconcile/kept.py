"""Results that are kept: one run per size, one campaign of kills, and the README's section of them.

`reconcile.json` is `{"runs": {keys: {...}}, "kills": {...}}`; each entry has the date and the machine it ran on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ops.bench.line.bench import machine

KEPT = Path(__file__).parents[1] / "results" / "reconcile.json"
README = Path(__file__).parents[3] / "README.md"
BEGIN, END = "<!-- reconcile:begin -->", "<!-- reconcile:end -->"
_FLAT = 1.5  #: from the smallest to the largest size, at most
_LEFT_OUT = ("by_kind", "examples")


def keep(kind: str, facts: Mapping[str, Any], now: datetime, path: Path = KEPT) -> None:
    """Take one run in, in place of the one of its size before. `kind`: run or kills."""
    kept = load(path)
    entry = {name: value for name, value in facts.items() if name not in _LEFT_OUT}
    entry |= {"date": now.isoformat(timespec="seconds"), "machine": machine()}
    if kind == "run":
        kept["runs"][str(facts["keys"])] = entry
    else:
        kept["kills"] = entry
    kept["runs"] = dict(sorted(kept["runs"].items(), key=lambda one: int(one[0])))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


def load(path: Path = KEPT) -> dict[str, Any]:
    """What is kept; empty where nothing is."""
    return json.loads(path.read_text("utf-8")) if path.exists() else {"runs": {}, "kills": None}


def written(readme: str, kept: Mapping[str, Any]) -> str:
    """The README with its section of what is kept."""
    before, after = readme.partition(BEGIN)[0], readme.partition(END)[2]
    return f"{before}{BEGIN}\n{page(kept)}{END}{after}"


def page(kept: Mapping[str, Any]) -> str:
    """Markdown: a row per size, how flat they are, the kills, the machine. Pure."""
    runs = list(kept["runs"].values())
    head = "| records | rows | events/s | bytes per record | injected | found | twice | false alarms | closed | "
    lines = [f"{head}restart s | peak MB |", "|" + " ---: |" * 11]
    for one in runs:
        lines.append(
            f"| {one['keys']:,} | {one['rows']:,} | {one['events_per_s']:,.0f} | {one['bytes_per_key']:,.0f} | "
            f"{one['injected']:,} | {one['found']:,} | {one['found_twice']} | {one['false_alarms']} | "
            f"{one['closed']:,} | {one['restart_s']:.2f} | {one['peak_mb']:,.0f} |"
        )
    parts = ["\n".join(lines)]
    if len(runs) > 1:
        parts.append(_flatness(runs))
    raced = [one for one in runs if one.get("peer_events_per_s")]
    if raced:
        one = raced[-1]
        parts.append(
            f"Side by side on one broker, {one['race_rows']:,} rows of accounts and customers: MeshLine "
            f"{one['ours_events_per_s']:,.0f} rows/s, the interval join on Quix Streams "
            f"{one['peer_events_per_s']:,.0f}. The join compares fields when both are there; it tells nothing that is "
            "missing, waits for nothing, knows no deletions, tolerances or explanations, and closes nothing."
        )
    if kept["kills"]:
        parts.append(_kills(kept["kills"]))
    if runs:
        machine_ = ", ".join(f"{name} {value}" for name, value in runs[-1]["machine"].items())
        parts.append(f"Measured {', '.join(sorted({one['date'][:10] for one in runs}))} on: {machine_}.")
    return "\n\n".join(parts) + "\n"


def _flatness(runs: list[dict[str, Any]]) -> str:
    told = []
    for name, words in (("events_per_s", "events/s"), ("bytes_per_key", "bytes per record")):
        values = [one[name] for one in runs]
        ratio = max(values) / min(values)
        told.append(f"{words} within {ratio:.2f}" + ("" if ratio <= _FLAT else " (**goal: 1.5**)"))
    per = [one["restart_s"] / one["keys"] * 1e6 for one in runs]
    return (
        f"From {runs[0]['keys']:,} to {runs[-1]['keys']:,} records: {', '.join(told)}; restart {min(per):.1f} to "
        f"{max(per):.1f} s per million records."
    )


def _kills(one: Mapping[str, Any]) -> str:
    wrong = {name: len(one[name]) for name in ("lost", "invented", "out_of_order")}
    return (
        f"kill -9 {one['kills']} times during {one['writes']:,} changes: {one['opened']} alerts opened, "
        f"{wrong['lost']} lost, {wrong['invented']} invented, {wrong['out_of_order']} out of order, "
        f"{one['repeated']} told twice word for word; {one['rebuilt_differs']} keys of the state differ from a rebuild."
    )
