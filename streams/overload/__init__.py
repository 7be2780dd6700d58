"""Does more wait to be written than is written? Measured per target, with patience in both directions (SK4)."""

from streams.overload.state import Load, Thresholds, stepped
from streams.overload.store import keep_step, overloaded_now

__all__ = ["Load", "Thresholds", "keep_step", "overloaded_now", "stepped"]
