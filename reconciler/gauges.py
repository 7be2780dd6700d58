"""The reconciler's metrics."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from typing import get_args

from reconciler.rows import PairName
from reconciler.rules import Severity
from reconciler.state import State
from reconciler.window import Counted
from schemas.records import DriftKind
from streams.runtime.metrics import (
    COMPARED,
    DRIFT_AT_STAKE,
    DRIFT_OLDEST_SECONDS,
    DRIFT_RATIO,
    DRIFTS_EXPLAINED,
    DRIFTS_OPEN,
    IN_FLIGHT_SECONDS,
    WATERMARK_LAG_SECONDS,
)


class Gauges:
    """Sets the gauges after each step, zeros included. Before anything was read, the lag counts from the start."""

    def __init__(self, started: datetime) -> None:
        self._started = started
        self._currencies: set[str] = set()

    def unreadable(self, entity: str) -> None:
        COMPARED.labels(entity=entity, result="unreadable").inc()

    def update(self, state: State, counts: Counter[tuple[str, Counted]], watermark: datetime, now: datetime) -> None:
        """`counts` is emptied into the counter."""
        for (entity, result), number in counts.items():
            COMPARED.labels(entity=entity, result=result).inc(number)
        counts.clear()
        self._open(state, now)
        read_to = watermark if watermark.year > 1 else self._started
        WATERMARK_LAG_SECONDS.set(max(0.0, (now - read_to).total_seconds()))

    def _open(self, state: State, now: datetime) -> None:
        drifts = [drift for kinds in state.open.values() for drift in kinds.values()]
        by_kind = Counter((one.entity, one.kind) for one in drifts)
        unexplained = [one for one in drifts if not one.explained_by]
        by_severity = Counter((one.entity, one.severity) for one in unexplained)
        for pair in get_args(PairName):
            IN_FLIGHT_SECONDS.labels(entity=pair).set(state.latencies.slowest(pair).total_seconds())
            known = max(1, state.sides.count(pair))
            for kind in get_args(DriftKind):
                DRIFTS_OPEN.labels(entity=pair, kind=kind).set(by_kind[pair, kind])
            for severity in get_args(Severity):
                DRIFT_RATIO.labels(entity=pair, severity=severity).set(by_severity[pair, severity] / known)
        DRIFTS_EXPLAINED.set(len(drifts) - len(unexplained))
        oldest = min((one.opened_at for one in unexplained), default=now)
        DRIFT_OLDEST_SECONDS.set(max(0.0, (now - oldest).total_seconds()))
        stakes: dict[str, Decimal] = defaultdict(Decimal)
        for one in drifts:
            if one.at_stake is not None and one.currency is not None:
                stakes[one.currency] += one.at_stake
        self._currencies |= stakes.keys()
        for currency in self._currencies:
            DRIFT_AT_STAKE.labels(currency=currency).set(float(stakes[currency]))
