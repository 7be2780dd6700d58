"""The soak: an even, modest rate for half an hour. Does the memory grow, is anything lost, does it stay quick?

The slope is of the second half, by least squares: what a worker fills at first (caches, pools) is no leak.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ops.bench.line.paced import Spell, open_line
from ops.bench.line.topics import Topics

SECONDS, RATE = 1800.0, 2_000.0
_LOOK = 10.0  #: seconds of one spell
#: The broker keeps the last of it: half an hour of everything is some gigabytes.
_KEPT = {"retention.bytes": str(64 * 2**20), "segment.bytes": str(16 * 2**20)}


def soak(topics: Topics, tell: Callable[[str], None], seconds: float = SECONDS, rate: float = RATE) -> dict[str, Any]:
    """The curve: a point is (seconds, MB) after ten seconds of messages, with their p99."""
    points: list[dict[str, Any]] = []
    lost = doubled = sent = 0
    with open_line(topics, "soak", _KEPT) as line:
        for look in range(max(2, round(seconds / _LOOK))):
            spell = line.run(Spell(rate, _LOOK), patience=60.0)
            lost, doubled = lost + spell.missing, doubled + spell.doubled
            sent += round(rate * _LOOK)
            memory = round(line.program.memory_mb(), 2)
            points.append({"x": round((look + 1) * _LOOK), "y": memory, "p99_ms": spell.percentile(99)})
            if look % 30 == 29:
                tell(f"soak  {points[-1]['x']} s: {memory:.1f} MB, p99 {spell.percentile(99):.0f} ms, lost {lost}")
    slope = slope_of(points[len(points) // 2 :]) * 3600
    return {
        "title": f"memory in {sent / rate / 60:g} minutes at {rate:,.0f} messages per second",
        "x": "seconds", "y": "MB", "points": points, "messages": sent, "lost": lost, "doubled": doubled,
        "mb_per_hour": round(slope, 2),
        "remark": f"{slope:+.1f} MB per hour in the second half; of {sent:,} messages {lost} lost, {doubled} doubled",
    }  # fmt: skip


def slope_of(points: Sequence[dict[str, Any]]) -> float:
    """Least squares: y per unit of x."""
    count = len(points)
    x = sum(p["x"] for p in points) / count
    y = sum(p["y"] for p in points) / count
    spread = sum((p["x"] - x) ** 2 for p in points)
    return sum((p["x"] - x) * (p["y"] - y) for p in points) / spread if spread else 0.0
