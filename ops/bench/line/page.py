"""The README's section of the bench's last full result. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"

_RATES = "| | system | messages/s | least to greatest | to ours | CPU s per million | peak MB |"


_ORDER = ("backlog", "payload", "partitions", "workers", "keys", "soak")


def page(result: dict[str, Any], curves: Mapping[str, dict[str, Any]]) -> str:
    """Markdown: goals, rates, latencies, and the machine they were measured on; then the curves."""
    parts = [_goals(result["goals"]), _rates(result["rows"]), _latencies(result["rows"]), _where(result)]
    parts.append(_growth({name: curves[name] for name in _ORDER if name in curves}))
    return "\n\n".join(part for part in parts if part) + "\n"


def _goals(goals: Sequence[dict[str, Any]]) -> str:
    lines = ["| | reached | goal | |", "|" + " --- |" * 4]
    for goal in goals:
        bound = f"at least {goal['least']:g}" if goal["least"] is not None else f"at most {goal['most']:g}"
        word = "met" if goal["met"] else "**missed**"
        lines.append(f"| {goal['workload']} | {goal['value']:g} {goal['what']} | {bound} | {word} |")
    return "\n".join(lines)


def _rates(rows: Sequence[dict[str, Any]]) -> str:
    lines = [_RATES, "|" + " --- |" + " --- |" + " ---: |" * 5]
    for row in rows:
        if "failed" in row:
            lines.append(f"| {row['workload']} | {row['system']} | failed | | | | |")
        elif "p99_ms" not in row:
            least, greatest = row["spread"]
            ratio = "" if row["ratio_to_ours"] is None else f"{row['ratio_to_ours']:.2f}"
            lines.append(
                f"| {row['workload']} | {row['system']} | {row['msgs_per_s']:,.0f} | {least:,.0f} to {greatest:,.0f} "
                f"| {ratio} | {row['cpu_s_per_million']:,.1f} | {row['peak_mb']} |"
            )
    return "\n".join(lines)


def _latencies(rows: Sequence[dict[str, Any]]) -> str:
    timed = [row for row in rows if "p99_ms" in row]
    lines = ["| W4 | messages/s | p50 ms | p99 ms |", "| --- |" + " ---: |" * 3]
    for row in timed:
        of = f" (highest: {row['highest']:,})" if "highest" in row else ""
        lines.append(f"| {row['system']}{of} | {row['msgs_per_s']:,.0f} | {row['p50_ms']:.1f} | {row['p99_ms']:.1f} |")
    return "\n".join(lines) if timed else ""


def _growth(curves: Mapping[str, dict[str, Any]]) -> str:
    """A line per curve: messages per second and peak memory at each point; of the soak what it came to."""
    if not curves:
        return ""
    lines = ["| curve | measured | messages/s, peak MB at each point |", "|" + " --- |" * 3]
    for name, curve in curves.items():
        told = curve["remark"] if name == "soak" else ", ".join(_point(point) for point in curve["points"])
        more = f"; {curve['remark']}" if curve["remark"] and name != "soak" else ""
        lines.append(f"| [{curve['title']}](ops/bench/results/line-{name}.svg) | {curve['date'][:10]} | {told}{more} |")
    return "\n".join(lines)


def _point(point: dict[str, Any]) -> str:
    memory = f" ({point['peak_mb']})" if "peak_mb" in point else ""
    return f"{point['x']:,}: {point['y']:,}{memory}"


def _where(result: dict[str, Any]) -> str:
    lost = sum(row.get("lost", 0) for row in result["rows"])
    doubled = sum(row.get("doubled", 0) for row in result["rows"])
    machine = ", ".join(f"{name} {value}" for name, value in result["machine"].items())
    versions = ", ".join(f"{name} {value}" for name, value in result["versions"].items())
    return (
        f"Median of {result['repeats']} turns. Lost {lost}, doubled {doubled}, all systems and turns together, as an "
        f"observer under `read_committed` counted.\nMeasured {result['date'][:10]}, seed {result['seed']}, on one "
        f"machine: {machine}. Versions: {versions}."
    )
