"""`meshline bench reconcile`: how right, how fast, how big, how long to start again."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from ops.bench.reconcile.events import FEEDS, moment
from ops.bench.reconcile.play import Player, Request, Score
from ops.bench.reconcile.race import Race
from reconciler.grace import Policy
from reconciler.state import State
from reconciler.store import RocksStore
from reconciler.watermark import Watermarks
from reconciler.window import Window
from streams.transport.spared import spare_what_stays


@dataclass(frozen=True, slots=True)
class Report:
    """One run. `race` is None: no peer was run."""

    score: Score
    bytes_per_key: float
    restart_s: float
    peak_mb: float
    race: Race | None = None

    def facts(self) -> dict[str, Any]:
        """As data."""
        score = self.score
        return {
            "keys": score.keys,
            "rows": score.rows,
            "events_per_s": round(score.rows / score.seconds, 1) if score.seconds else None,
            "bytes_per_key": round(self.bytes_per_key, 1),
            "injected": score.injected.total(),
            "found": score.found.total(),
            "found_twice": score.found_twice,
            "false_alarms": score.false_alarms.total(),
            "closed": score.closed.total(),
            "wrong_money": score.wrong_money,
            "wrong_ends": score.wrong_ends.total(),
            "late": score.late,
            "late_missed": score.late_missed,
            "restarts": score.restarts,
            "by_kind": score.by_kind(),
            "restart_s": round(self.restart_s, 3),
            "peak_mb": round(self.peak_mb),
            "peer_events_per_s": self.race.peer_events_per_s if self.race else None,
            "ours_events_per_s": self.race.ours_events_per_s if self.race else None,
            "race_rows": self.race.rows if self.race else None,
            "perfect": score.perfect,
            "examples": score.examples,
        }


def run(request: Request) -> Report:
    """Over RocksDB in a folder of its own, which is removed afterwards."""
    spare_what_stays()  # as in the worker
    with tempfile.TemporaryDirectory(prefix="meshline-reconcile-") as name:
        folder = Path(name) / "state"
        store = RocksStore(folder)
        try:
            score = Player(request, store).run()
        finally:
            store.close()
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        return Report(score, size / max(1, request.keys), _restart(folder), peak_mb())


def peak_mb() -> float:
    """The most memory that this process has had."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 2**20 if sys.platform == "darwin" else most / 2**10


def _restart(folder: Path) -> float:
    """Seconds until a reconciler that finds this folder can judge again."""
    began = time.perf_counter()
    store = RocksStore(folder)
    try:
        state = State(store)
        marks = Watermarks(dict.fromkeys(FEEDS, 0) | state.positions, timedelta(seconds=30), moment(0), state.judged_to)
        Window(state, marks, Policy(timedelta(minutes=5)))
        return time.perf_counter() - began
    finally:
        store.close()
