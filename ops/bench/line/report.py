"""Results as data and as plots."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ops.bench.line.plots import draw

#: The last full result that was kept.
KEPT = Path(__file__).parents[1] / "results" / "line.json"


def save(result: dict[str, Any], folder: Path) -> list[Path]:
    """Write `line.json` and, where there are curves, a plot of each. What was written. Raises PlotsMissing."""
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "line.json"
    data.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    return [data, *draw(result, folder)]
