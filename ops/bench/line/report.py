"""Results as data and as plots."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ops.bench.line.plots import draw

#: The last full result that was kept; each curve is in a file of its own beside it.
KEPT = Path(__file__).parents[1] / "results" / "line.json"


def save(result: dict[str, Any], folder: Path) -> list[Path]:
    """Write what was measured, and its plots. What was written. Raises PlotsMissing.

    Rows go to `line.json`; those of a part of the whole to `line-part.json`, so that they take no full result's place.
    Each curve goes to `line-<curve>.json`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    if result["rows"]:
        rows = {name: value for name, value in result.items() if name not in ("curves", "whole")}
        written.append(_write(folder / ("line.json" if result["whole"] else "line-part.json"), rows))
    written += [_write(folder / f"line-{name}.json", curve) for name, curve in result["curves"].items()]
    return [*written, *draw(result, folder)]


def _write(path: Path, data: dict[str, Any]) -> Path:
    path.write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    return path


def kept_curves(folder: Path = KEPT.parent) -> dict[str, dict[str, Any]]:
    """The curves that were kept, by name."""
    found = {}
    for path in sorted(folder.glob("line-*.json")):
        data = json.loads(path.read_text("utf-8"))
        if "points" in data:
            found[path.stem.removeprefix("line-")] = data
    return found
