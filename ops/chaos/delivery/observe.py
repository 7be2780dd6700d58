"""The observer, a process of its own: `python -m ops.chaos.delivery.observe JSON`.

Reads a topic from its start to its end into the ledger of outputs, under `read_committed` unless told otherwise.
First it waits until no transaction is open on the topic: what a dead worker left open hides what comes after it.
Exit code 3: one stayed open, and what can be seen was read.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, IsolationLevel, KafkaError, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from ops.chaos.delivery.ledger import open_outputs
from ops.chaos.delivery.wire import derived_key, digest, key_name, parse_value

OPEN_TRANSACTION = 3
_STRANGE = -1  #: key and seq of a record that no campaign has written


def ends(admin: AdminClient, topic: str, partitions: int, isolation: IsolationLevel) -> dict[int, int]:
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    asked = {TopicPartition(topic, i): latest for i in range(partitions)}
    found = admin.list_offsets(asked, isolation_level=isolation, request_timeout=10)
    return {place.partition: future.result().offset for place, future in found.items()}


def wait_until_closed(admin: AdminClient, topic: str, partitions: int, seconds: float) -> bool:
    """Until what committed readers may see is all that there is."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        visible = ends(admin, topic, partitions, IsolationLevel.READ_COMMITTED)
        if visible == ends(admin, topic, partitions, IsolationLevel.READ_UNCOMMITTED):
            return True
        time.sleep(0.3)
    return False


def row_of(message: Any) -> tuple[int, int, int, int, bytes]:
    """A line of the ledger. A record with the wrong key is a stranger's."""
    value = message.value() or b""
    try:
        key, seq = parse_value(value)
    except ValueError:
        key = seq = _STRANGE
    if key != _STRANGE and message.key() != derived_key(key_name(key)):
        key = seq = _STRANGE
    return message.partition(), message.offset(), key, seq, digest(value)


def read(bootstrap: str, topic: str, partitions: int, isolation: str, ledger: sqlite3.Connection) -> None:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"{topic}-observer",
            "isolation.level": isolation,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.queue.backoff.ms": 5,
            "log_level": 2,
        }
    )
    consumer.assign([TopicPartition(topic, i, 0) for i in range(partitions)])
    ended: set[int] = set()
    while len(ended) < partitions:
        with ledger:
            ledger.executemany("insert into outputs values (?, ?, ?, ?, ?)", _rows(consumer.consume(5000, 0.5), ended))
    consumer.close()


def _rows(messages: Iterable[Any], ended: set[int]) -> list[tuple[int, int, int, int, bytes]]:
    rows = []
    for message in messages:
        error = message.error()
        if error is None:
            rows.append(row_of(message))
        elif error.code() == KafkaError._PARTITION_EOF:
            ended.add(message.partition())
        elif error.fatal():
            raise SystemExit(f"observer: {error.str()}")
    return rows


def main() -> None:
    task: dict[str, Any] = json.loads(sys.argv[1])
    topic, partitions = task["topic"], task["partitions"]
    admin = AdminClient({"bootstrap.servers": task["bootstrap"], "log_level": 2})
    committed = task["isolation"] == "read_committed"
    closed = not committed or wait_until_closed(admin, topic, partitions, task["patience"])
    read(task["bootstrap"], topic, partitions, task["isolation"], open_outputs(Path(task["ledger"])))
    if not closed:
        raise SystemExit(OPEN_TRANSACTION)


if __name__ == "__main__":
    main()
