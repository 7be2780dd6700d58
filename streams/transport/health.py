"""Liveness and readiness, in words. Nothing here waits, so that a probe always gets its answer."""

from __future__ import annotations

import time

from streams.transport.consuming import ConsumerThread
from streams.transport.types import TP, Health, Waiting
from streams.transport.watchdog import Guard

#: A thread that stands for so many seconds is not alive, for those who ask.
STANDS = 90.0


def health_of(failure: Exception | None, thread: ConsumerThread | None, guard: Guard | None) -> Health:
    """Answers for an engine with this failure and these threads."""
    alive = _why_not_alive(failure, thread, guard)
    if alive:
        return Health(alive, alive)
    if thread is None:
        return Health("", "the consumer has not started")
    if thread.stopping or not thread.fetching:
        return Health("", "stopping")
    if not thread.joined:
        return Health("", "no partitions were assigned yet, nor was it said that there are none")
    return Health("", "; ".join(_waits(p.tp, p.waiting) for p in list(thread.partitions.values()) if p.waiting))


def _waits(tp: TP, waiting: Waiting) -> str:
    since = time.monotonic() - waiting.since
    return f"{tp} has waited at offset {waiting.offset} for {since:.0f} s: {waiting.why}"


def _why_not_alive(failure: Exception | None, thread: ConsumerThread | None, guard: Guard | None) -> str:
    if failure is not None:
        return f"failed: {failure}"
    if thread is not None and not thread.stopping:
        if not thread.is_alive():
            return "the consumer's thread has ended"
        stands = time.monotonic() - thread.turned
        if stands > STANDS:
            return f"the consumer's thread has not turned for {stands:.0f} s"
    if guard is not None:
        if guard.stalled is not None:
            return f"stalled: {guard.stalled}"
        if guard.loop_stands() > STANDS:
            return f"the event loop has not turned for {guard.loop_stands():.0f} s"
    return ""
