"""kill -9 of the reconciler, many times, while both sides change: is an alert lost or doubled, is the state right?

writer ─▶ state topics ─▶ reconciler (killed, started again, killed ...) ─▶ drift topic
                │                     folder ──┐
                └─▶ another one, never killed, ┴─▶ the same bytes?
"""

from __future__ import annotations

import random
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from ops.bench.reconcile.events import BEGIN, Event
from ops.bench.reconcile.nursery import Nursery
from reconciler.compare import compare
from reconciler.history import DriftHistory, read_history
from reconciler.rows import StateRecord
from reconciler.rules import PAIRS
from reconciler.store import RocksStore
from reconciler.topics import ReconcilerTopics
from schemas.codec import Codec
from schemas.partition import partition_for
from schemas.registry import ConfluentRegistry
from streams.runtime.settings import Settings

#: Both sides' records, indexes, counts, latencies, positions, open drifts, what waits, what is to be told.
_STATE = (b"r", b"i", b"t", b"u", b"k", b"l", b"p", b"d", b"w", b"o")
_KEYS = 40
_PATIENCE_S = 60.0
Name = tuple[str, str, str]


@dataclass(slots=True)
class Outcome:
    """`repeated`: tellings that came twice, word for word, as after a crash they may: readers keep one per drift."""

    kills: int = 0
    writes: int = 0
    told: int = 0
    opened: int = 0
    closed: int = 0
    repeated: int = 0
    lost: list[Name] = field(default_factory=list)  #: the sides differ, and no alert is open
    invented: list[Name] = field(default_factory=list)  #: an alert is open, and the sides agree
    out_of_order: list[str] = field(default_factory=list)  #: opened twice, closed before it was opened
    rebuilt_differs: int = 0  #: keys of the state that a rebuild from the topics has otherwise

    @property
    def right(self) -> bool:
        return not (self.lost or self.invented or self.out_of_order or self.rebuilt_differs) and self.opened > 0


class Campaign:
    """One run over topics of its own, which are removed afterwards. Raises TimeoutError: it did not come to rest."""

    def __init__(self, settings: Settings, folder: Path, seed: int) -> None:
        self._settings = settings
        self._folder = folder
        self._dice = random.Random(seed)
        self._prefix = f"kills-{uuid.uuid4().hex[:8]}-"
        self._topics = ReconcilerTopics().prefixed(self._prefix)
        self._codec = Codec(ConfluentRegistry(settings.registry_url))
        self._producer = Producer({"bootstrap.servers": settings.bootstrap, "enable.idempotence": True})
        self._last: dict[tuple[str, str], StateRecord] = {}
        self._addresses = {"MESHLINE_BOOTSTRAP": settings.bootstrap, "MESHLINE_REGISTRY_URL": settings.registry_url}
        self.outcome = Outcome()

    def run(self, kills: int) -> Outcome:
        """Write and kill so many times, come to rest, and compare."""
        with self._own_topics(), Nursery(self._prefix, self._addresses) as self._nursery:
            for _ in range(kills):
                self._one_life()
            with self._nursery.born(self._folder / "state"):
                self._rest()
            self._judge()
            self._rebuild()
        return self.outcome

    def _one_life(self) -> None:
        """Start it, change both sides while it works, kill it."""
        before = self._opened()
        with self._nursery.born(self._folder / "state", kill=True) as victim:
            lives: float | None = None
            while lives is None or time.monotonic() < lives:
                if lives is None and self._opened() != before:  # it has taken the folder: it works from now on
                    lives = time.monotonic() + self._dice.uniform(0, 3)
                self._write()
                time.sleep(self._dice.uniform(0, 0.2))
            if not victim.alive():
                raise RuntimeError("the reconciler ended by itself")
        self.outcome.kills += 1

    def _opened(self) -> int:
        """Changes each time the folder is opened."""
        log = self._folder / "state" / "LOG"
        return log.stat().st_ino if log.exists() else 0

    def _write(self) -> None:
        """One change on one side; deletions and tombstones among them."""
        number = self._dice.randrange(_KEYS)
        key, side = f"K{number}", self._dice.randrange(2)
        entity = (("account", "customer"), ("opportunity", "order"))[number % 2][side]
        operation = self._dice.choice(["update"] * 8 + ["delete", None])
        amount = Decimal(self._dice.choice([100, 100, 120]))
        fields: dict[str, Any] = {"name": self._dice.choice(["Acme", "Acme", "Acne"])}
        if number % 2:
            fields = {"total" if side else "amount": amount}
        minutes = (datetime.now(UTC) - BEGIN).total_seconds() / 60
        event = Event(minutes, minutes, entity, key, key, operation, tuple(fields.items()))  # type: ignore[arg-type]
        record = event.row(0).record
        topic = self._topics.state[entity]  # type: ignore[index]
        value = None if record is None else self._codec.encode(topic, record)
        self._producer.produce(topic.name, value, key.encode(), partition_for(key, topic.partitions))
        self._producer.flush(10)
        self._last.pop((entity, key), None)
        if record is not None:
            self._last[entity, key] = record
        self.outcome.writes += 1

    # -- at rest

    def _wanted(self) -> set[Name]:
        """What differs now, the slow and obvious way."""
        found: set[Name] = set()
        for key in {key for _, key in self._last}:
            for name in ("account", "opportunity"):
                pair = PAIRS[name]
                erp = self._last.get((pair.erp, key))
                seen = compare(pair, key, self._last.get((pair.crm, key)), [] if erp is None else [erp])
                found |= {(name, key, one.kind) for one in seen.differences}
        return found

    def _open(self) -> set[Name]:
        return {(one.entity, one.key, one.kind) for one in self._history().open()}

    def _history(self) -> DriftHistory:
        return read_history(self._settings.bootstrap, "bench.kills", self._topics.drift, self._codec)

    def _rest(self) -> None:
        """Until what is open is what differs; a reconciler that never gets there is judged as it stands."""
        deadline, wanted = time.monotonic() + _PATIENCE_S, self._wanted()
        time.sleep(3)  # what was begun is finished, and what would be told wrongly is told
        while time.monotonic() < deadline and self._open() != wanted:
            time.sleep(0.5)

    def _judge(self) -> None:
        outcome, wanted = self.outcome, self._wanted()
        raw = Counter[str]()
        history = self._history_counting(raw)
        found = {(one.entity, one.key, one.kind) for one in history.open()}
        outcome.lost, outcome.invented = sorted(wanted - found), sorted(found - wanted)
        outcome.told = raw.total()
        outcome.repeated = raw.total() - len(raw)
        for drift_id, story in history.stories.items():
            before = "closed"
            for one in story:
                outcome.opened += one.status == "opened"
                outcome.closed += one.status == "closed"
                if one.status not in {"closed": ("opened",)}.get(before, ("changed", "closed")):
                    outcome.out_of_order.append(f"{drift_id}: {one.status} after {before}")
                before = one.status

    def _rebuild(self) -> None:
        """From the topics alone, into an empty folder."""
        for seconds in (2, 4, 8, 16, 32, 64):  # on a busy machine it takes long to begin
            with self._nursery.born(self._folder / "rebuilt"):
                time.sleep(seconds)
            self.outcome.rebuilt_differs = self._differing()
            if not self.outcome.rebuilt_differs:
                return

    def _history_counting(self, raw: Counter[str]) -> DriftHistory:
        class Counting(DriftHistory):
            def add(self, drift: Any) -> None:
                raw[drift.model_dump_json()] += 1
                super().add(drift)

        return read_history(
            self._settings.bootstrap, "bench.kills", self._topics.drift, self._codec, history=Counting()
        )

    def _differing(self) -> int:
        """Keys of the killed one's state that the rebuilt one has otherwise, or only one of them has."""
        found: list[dict[bytes, bytes]] = []
        for name in ("state", "rebuilt"):
            store = RocksStore(self._folder / name)
            try:
                found.append({key: value for kind in _STATE for key, value in store.scan(kind)})
            finally:
                store.close()
        one, other = found
        return sum(one.get(key) != other.get(key) for key in one.keys() | other.keys())

    @contextmanager
    def _own_topics(self) -> Iterator[None]:
        admin = AdminClient({"bootstrap.servers": self._settings.bootstrap})
        made = admin.create_topics(
            [NewTopic(one.name, one.partitions, 1, config=one.config()) for one in self._topics.every]
        )
        for future in made.values():
            future.result(timeout=30)
        try:
            yield
        finally:
            for future in admin.delete_topics([one.name for one in self._topics.every]).values():
                future.result(timeout=30)
