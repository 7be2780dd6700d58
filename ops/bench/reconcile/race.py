"""Ours and the same interval join on Quix Streams, over the same rows on one broker, one after the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from ops.bench.line.environments import python_of
from ops.bench.reconcile.events import Event
from reconciler.topics import ReconcilerTopics
from schemas.codec import Codec
from schemas.partition import partition_for
from schemas.registry import ConfluentRegistry
from streams.runtime.settings import Settings

PEER = Path(__file__).with_name("peers") / "quix_join.py"
_AVRO = Path(__file__).parents[3] / "schemas" / "avro"
_ENTITIES = ("account", "customer")
_DIFFERS_EVERY = 100
_LONGEST_S = 900
_SILENCE_S = 8.0
_QUICK = {"MESHLINE_OPERATIONS_URL": "", "MESHLINE_RECONCILER__TICK": "PT0.2S"}


class RaceFailed(Exception):
    """A system of the race ended without a result."""


@dataclass(frozen=True, slots=True)
class Race:
    """Rows per second of both, from the first row read to the last one done with, each in a process of its own."""

    rows: int
    ours_events_per_s: float
    peer_events_per_s: float
    peer_compared: int


def race(settings: Settings, folder: Path, pairs: int) -> Race:
    """Over topics of its own, removed afterwards. Raises RaceFailed, NotAvailable, KafkaException."""
    prefix = f"race-{uuid.uuid4().hex[:8]}-"
    topics = ReconcilerTopics().prefixed(prefix)
    with _own_topics(settings, topics, f"{prefix}out"):
        _fill(settings, topics, pairs)
        rows = 2 * pairs
        addresses = {"MESHLINE_BOOTSTRAP": settings.bootstrap, "MESHLINE_REGISTRY_URL": settings.registry_url}
        argv = [sys.executable, "-m", "ops.bench.reconcile.ours", str(folder / "ours"), prefix, str(rows)]
        ours = _ran(argv, _QUICK | addresses)
        names = {entity: topics.state[entity].name for entity in _ENTITIES}  # type: ignore[index]
        schemas = {entity: _newest_schema(entity.capitalize()) for entity in _ENTITIES}
        job = {"bootstrap": settings.bootstrap, "group": f"{prefix}peer", "folder": str(folder / "peer")}
        job |= {"topics": names, "out": f"{prefix}out", "schemas": schemas, "silence_s": _SILENCE_S}  # type: ignore[dict-item]
        peer = _ran([str(python_of("quix")), str(PEER), json.dumps(job)], {})
    if peer["rows"] != rows:
        raise RaceFailed(f"the peer read {peer['rows']} of {rows} rows")
    return Race(rows, round(rows / ours["seconds"], 1), round(rows / peer["seconds"], 1), peer["compared"])


def _fill(settings: Settings, topics: ReconcilerTopics, pairs: int) -> None:
    """Both sides of each account; one in a hundred differs."""
    codec = Codec(ConfluentRegistry(settings.registry_url))
    producer = Producer({"bootstrap.servers": settings.bootstrap, "linger.ms": 20, "enable.idempotence": True})
    for number in range(pairs):
        key = f"race-{number}"
        for entity in _ENTITIES:
            name = "Acne" if entity == "customer" and number % _DIFFERS_EVERY == 0 else "Acme"
            fields = (("name", name), ("tax_id", key))
            record = Event(1.0, 1.0, entity, key, key, "update", fields).row(0).record  # type: ignore[arg-type]
            topic = topics.state[entity]  # type: ignore[index]
            assert record is not None
            value = codec.encode(topic, record)
            producer.produce(topic.name, value, key.encode(), partition_for(key, topic.partitions))
        producer.poll(0)
    producer.flush(60)


def _newest_schema(record: str) -> str:
    versions = sorted((_AVRO / record).glob("v*.avsc"), key=lambda path: int(path.stem[1:]))
    return versions[-1].read_text("utf-8")


def _ran(argv: list[str], env: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        argv, env=os.environ | env, capture_output=True, text=True, timeout=_LONGEST_S, check=False, cwd=os.getcwd()
    )
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        raise RaceFailed((done.stderr.strip() or f"exit code {done.returncode}")[-500:])
    found: dict[str, Any] = json.loads(lines[-1])
    return found


@contextmanager
def _own_topics(settings: Settings, topics: ReconcilerTopics, out: str) -> Iterator[None]:
    admin = AdminClient({"bootstrap.servers": settings.bootstrap})
    wanted = [NewTopic(one.name, one.partitions, 1, config=one.config()) for one in topics.every]
    names = [*(one.name for one in topics.every), out]
    for future in admin.create_topics([*wanted, NewTopic(out, 4, 1)]).values():
        future.result(timeout=30)
    try:
        yield
    finally:
        for future in admin.delete_topics(names).values():
            future.result(timeout=30)
