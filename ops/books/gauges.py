"""The books as metrics. A flow is named by the raw topic that its events came from."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from ops.books.balance import Books, State
from ops.books.ledger import RAW_TOPICS
from streams.runtime import metrics

_BY_STATE = {
    State.APPLIED: metrics.BOOKS_APPLIED,
    State.DEAD_LETTERED: metrics.BOOKS_DEAD_LETTERED,
    State.HELD: metrics.BOOKS_HELD,
    State.SKIPPED: metrics.BOOKS_SKIPPED,
    State.IN_FLIGHT: metrics.BOOKS_IN_FLIGHT,
    State.LOST: metrics.BOOKS_LOST,
}
FLOWS = tuple(sorted(RAW_TOPICS))


def show(books: Books, counted_at: datetime, took: float) -> None:
    """Every flow is told, also one of which the window has nothing: a missing series is no zero. `took`: seconds."""
    table = books.by_topic()
    for flow in FLOWS:
        counts = table.get(flow, Counter())
        metrics.BOOKS_ACCEPTED.labels(flow).set(counts.total())
        for state, gauge in _BY_STATE.items():
            gauge.labels(flow).set(counts[state])
        metrics.BOOKS_BALANCED.labels(flow).set(not counts[State.LOST])
    metrics.BOOKS_CONTRADICTIONS.set(len(books.contradictions))
    metrics.BOOKS_COUNT_SECONDS.set(took)
    metrics.BOOKS_COUNTED_AT.set(counted_at.timestamp())
