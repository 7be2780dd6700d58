"""W4: from the moment a message is due to the reading of its output under read_committed, transactions on.

Sender, broker, worker and observer share one machine. So the highest rate is that of all of them together: the greatest
even rate at which the observer does not fall behind, found by halving in the same run. "Half rate" is half of it. (W0's
rate is that of the worker alone on a topic that was filled before; half of it is more than this machine carries whole.)
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ops.bench.line.lineup import OURS
from ops.bench.line.paced import Line, Spell, open_line
from ops.bench.line.rows import Row
from ops.bench.line.topics import Topics

_IDLE_RATE = 20.0
_LEAST, _MOST = 5_000.0, 250_000.0
#: Milliseconds that the last messages of a probe may take: a line that is 5 % too slow is behind by more at the end.
_BEHIND = 200.0


def measure_latencies(topics: Topics, quick: bool, tell: Callable[[str], None]) -> list[Row]:
    """Rows for an idle line, and for half of the highest rate. Raises RunFailed."""
    with open_line(topics, "w4") as line:
        idle = line.run(Spell(_IDLE_RATE, 6.0 if quick else 40.0, warm_s=2.0, linger_ms=0.5))
        tell(_words("idle", idle))
        highest = highest_rate(lambda rate: _keeps_up(line, rate, quick, tell), steps=4 if quick else 6)
        half = line.run(Spell(highest / 2, 6.0 if quick else 30.0, warm_s=2.0 if quick else 4.0))
        tell(_words(f"half of {highest:,.0f}/s", half))
        return [_row(f"{OURS}-idle", idle, line), {**_row(f"{OURS}-half", half, line), "highest": round(highest)}]


def highest_rate(keeps_up: Callable[[float], bool], steps: int) -> float:
    """The greatest rate that is known to be kept up with, after so many halvings on a logarithmic scale."""
    least, most = _LEAST, _MOST
    for _ in range(steps):
        middle = math.sqrt(least * most)
        if keeps_up(middle):
            least = middle
        else:
            most = middle
    return least


def _keeps_up(line: Line, rate: float, quick: bool, tell: Callable[[str], None]) -> bool:
    probe = line.run(Spell(rate, 3.0 if quick else 5.0, warm_s=1.0))
    kept = not probe.missing and probe.at_end() <= _BEHIND
    tell(f"W4  {rate:,.0f}/s: {'kept up' if kept else 'fell behind'}, {probe.at_end():.0f} ms at the end")
    return kept


def _words(name: str, spell: Spell) -> str:
    return f"W4  {name}, {spell.rate:,.0f}/s: p50 {spell.percentile(50):.1f} ms, p99 {spell.percentile(99):.1f} ms"


def _row(name: str, spell: Spell, line: Line) -> Row:
    sent = spell.rate * (spell.seconds + spell.warm_s)
    return {
        "workload": "W4", "system": name, "msgs_per_s": round(spell.rate, 1), "ratio_to_ours": None,
        "cpu_s_per_million": round(spell.cpu_s / sent * 1e6, 2), "spread": [spell.percentile(0), spell.percentile(100)],
        **{f"p{percent}_ms": spell.percentile(percent) for percent in (50, 90, 99)},
        "p99_9_ms": spell.percentile(99.9), "messages": len(spell.taken), "sender": spell.sender,
        "peak_mb": round(line.program.peak_mb), "lost": spell.missing, "doubled": spell.doubled,
    }  # fmt: skip
