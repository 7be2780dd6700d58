"""Ours in the race: the reconciler over topics with a prefix, until it has read and judged to given ends.

python -m ops.bench.reconcile.ours <folder> <prefix> <rows>
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from reconciler.broker import Reader
from reconciler.emit import BillingTopic, DriftTopic
from reconciler.explanations import KnownExplanations
from reconciler.loop import Loop, Parts
from reconciler.rows import Feed
from reconciler.state import State
from reconciler.store import RocksStore
from reconciler.topics import ReconcilerTopics
from schemas.codec import Codec
from schemas.registry import ConfluentRegistry
from streams.letters.outbox import Outbox
from streams.runtime.clock import system_clock
from streams.runtime.logs import configure_logs
from streams.runtime.settings import load_settings
from streams.transport.spared import spare_what_stays


class Timed(Reader):
    """A reader that knows when its first rows came."""

    first: float = 0.0

    def read(self, limit: int, timeout_s: float) -> tuple[list[Any], dict[Feed, int]]:
        found = super().read(limit, timeout_s)
        if found[0] and not self.first:
            self.first = time.perf_counter()
        return found


class Reached(threading.Event):
    """Set once the state reflects so many rows: they are stored, judged and committed."""

    def __init__(self, state: State, rows: int) -> None:
        super().__init__()
        self._state, self._rows = state, rows

    def is_set(self) -> bool:
        return sum(self._state.positions.values()) >= self._rows


def main(folder: str, prefix: str, rows: int) -> None:
    configure_logs("json", "error")
    spare_what_stays()  # as in the worker
    settings, topics = load_settings(), ReconcilerTopics().prefixed(prefix)
    codec, store = Codec(ConfluentRegistry(settings.registry_url)), RocksStore(Path(folder))
    reader, state = Timed(settings.bootstrap, f"{prefix}ours"), State(store)
    feeds = dict.fromkeys(reader.partitions(topics.read), None)
    outlet = DriftTopic(Outbox(settings.bootstrap), topics.drift, codec)
    billing = BillingTopic(Outbox(settings.bootstrap), topics.billing, codec)
    parts = Parts(reader, outlet, codec, state, KnownExplanations(), billing)
    Loop(settings, topics, parts, dict(feeds), system_clock).run(Reached(state, rows))
    seconds = time.perf_counter() - reader.first
    reader.close()
    store.close()
    print(json.dumps({"rows": rows, "seconds": seconds}))  # noqa: T201 - read by the race


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
