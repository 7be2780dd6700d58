"""The reconciler's metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import get_args

from reconciler.rows import PairName, Subject
from reconciler.window import Counted
from schemas.records import Drift, DriftKind
from streams.runtime.metrics import COMPARED, DRIFTS_OPEN, WATERMARK_LAG_SECONDS


class Gauges:
    """Sets the gauges after each step, zeros included. Before anything was read, the lag counts from the start."""

    def __init__(self, started: datetime) -> None:
        self._started = started

    def unreadable(self, entity: str) -> None:
        COMPARED.labels(entity=entity, result="unreadable").inc()

    def update(
        self,
        open_: Mapping[Subject, Mapping[DriftKind, Drift]],
        counts: Counter[tuple[str, Counted]],
        watermark: datetime,
        now: datetime,
    ) -> None:
        """`counts` is emptied into the counter."""
        for (entity, result), number in counts.items():
            COMPARED.labels(entity=entity, result=result).inc(number)
        counts.clear()
        found = Counter((subject.pair, kind) for subject, kinds in open_.items() for kind in kinds)
        for pair in get_args(PairName):
            for kind in get_args(DriftKind):
                DRIFTS_OPEN.labels(entity=pair, kind=kind).set(found[pair, kind])
        read_to = watermark if watermark.year > 1 else self._started
        WATERMARK_LAG_SECONDS.set(max(0.0, (now - read_to).total_seconds()))
