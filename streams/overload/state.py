"""When a target counts as overloaded, and when no more: hysteresis over what waits for it. Pure; time is passed in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Thresholds:
    """On above `on_above` waiting commands for `on_for` without a break, off below `off_below` for `off_for`.

    Looks that are further apart than `blind_after` say nothing about the time between them.
    """

    on_above: int
    off_below: int
    on_for: timedelta
    off_for: timedelta
    blind_after: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Load:
    """What is known of a target. `turning_since`: since when every look has spoken for the other mode."""

    overloaded: bool = False
    since: datetime | None = None  #: of the last switch
    turning_since: datetime | None = None
    waiting: int = 0  #: commands, at the last look
    looked_at: datetime | None = None


def stepped(load: Load, waiting: int, limits: Thresholds, now: datetime) -> Load:
    """The load after one more look. Clocks of two workers may differ: time never goes back."""
    last = load.looked_at
    now = now if last is None else max(now, last)
    seen = replace(load, waiting=waiting, looked_at=now)
    turning = waiting < limits.off_below if load.overloaded else waiting > limits.on_above
    if not turning:
        return replace(seen, turning_since=None)
    blind = last is None or now - last > limits.blind_after
    since = now if blind or load.turning_since is None else load.turning_since
    if now - since < (limits.off_for if load.overloaded else limits.on_for):
        return replace(seen, turning_since=since)
    return replace(seen, overloaded=not load.overloaded, since=now, turning_since=None)
