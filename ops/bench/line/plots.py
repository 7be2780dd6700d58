"""Growth curves as SVG, one file each, and the rates of the systems side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ops.bench.line.errors import PlotsMissing
from ops.bench.line.lineup import OURS, OURS_ALO

_OURS_COLOUR, _OTHER_COLOUR = "#1f6feb", "#9aa4b2"


def draw(result: dict[str, Any], folder: Path) -> list[Path]:
    """The plots of a result. Raises PlotsMissing."""
    pyplot = drawing()
    written = []
    for workload in ("W0", "W1"):
        rows = [row for row in result["rows"] if row["workload"] == workload and row["msgs_per_s"]]
        if len(rows) > 1 and result.get("whole", True):
            written.append(_bars(pyplot, rows, workload, folder))
    written += [_curve(pyplot, name, curve, folder) for name, curve in result["curves"].items()]
    return written


def drawing() -> Any:
    """The plotting library. Raises PlotsMissing; better before half an hour of measuring than after it."""
    try:
        import matplotlib  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise PlotsMissing from error
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "meshline"  # the same data gives the same file
    from matplotlib import pyplot  # noqa: PLC0415

    return pyplot


def _bars(pyplot: Any, rows: list[dict[str, Any]], workload: str, folder: Path) -> Path:
    rows = sorted(rows, key=lambda row: row["msgs_per_s"])
    figure, axes = pyplot.subplots(figsize=(7, 0.45 * len(rows) + 1))
    rates = [row["msgs_per_s"] for row in rows]
    errors = [
        [row["msgs_per_s"] - row["spread"][0] for row in rows],
        [row["spread"][1] - row["msgs_per_s"] for row in rows],
    ]
    colours = [_OURS_COLOUR if row["system"] in (OURS, OURS_ALO) else _OTHER_COLOUR for row in rows]
    axes.barh([row["system"] for row in rows], rates, xerr=errors, color=colours)
    axes.set_xlabel(f"{workload}: messages per second, median; lines: least and greatest")
    return _saved(pyplot, figure, folder / f"line-{workload.lower()}.svg")


def _curve(pyplot: Any, name: str, curve: dict[str, Any], folder: Path) -> Path:
    figure, axes = pyplot.subplots(figsize=(6, 3.2))
    points = curve["points"]
    axes.plot([p["x"] for p in points], [p["y"] for p in points], "-" if len(points) > 30 else "o-", color=_OURS_COLOUR)
    if all("least" in p for p in points):
        x, least, most = ([p[name] for p in points] for name in ("x", "least", "greatest"))
        axes.fill_between(x, least, most, color=_OURS_COLOUR, alpha=0.15)
    axes.set_xlabel(curve["x"])
    axes.set_ylabel(curve["y"])
    axes.set_ylim(bottom=0)
    if curve.get("log"):
        axes.set_xscale("log")
    axes.set_title(curve["title"], fontsize=10)
    if any("peak_mb" in p for p in points):
        right = axes.twinx()
        right.plot([p["x"] for p in points], [p["peak_mb"] for p in points], "s--", color=_OTHER_COLOUR)
        right.set_ylabel("memory, MB")
        right.set_ylim(bottom=0)
    return _saved(pyplot, figure, folder / f"line-{name}.svg")


def _saved(pyplot: Any, figure: Any, path: Path) -> Path:
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return path
