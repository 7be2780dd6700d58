"""The loader, a process of its own: `python -m ops.chaos.delivery.load JSON`.

Each record is in the ledger, on the disk, before it is sent, and is marked there once the broker has acknowledged it.
How far it may go comes on stdin, a number of records per line, so that there is work for as long as there are faults;
it answers with the number acknowledged so far. The end of stdin is its end.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from ops.chaos.delivery.ledger import open_inputs
from ops.chaos.delivery.wire import digest, key_name, records

_BLOCK = 2000
Mark = tuple[int, int, int]  #: partition, offset, number of the record


class Loader:
    """Blocks of records: ledger, broker, ledger."""

    def __init__(self, bootstrap: str, topic: str, ledger: Path, source: Iterator[tuple[int, int, bytes]]) -> None:
        self._topic = topic
        self._ledger = open_inputs(ledger)
        self._source = source
        self._marks: list[Mark] = []
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "acks": "all",
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "linger.ms": 5,
                # brokers come and go; giving up would only make inputs of which nobody knows
                "delivery.timeout.ms": 600_000,
                "queue.buffering.max.messages": 200_000,
                "log_level": 2,
            }
        )
        self.sent = 0
        self.acknowledged = 0

    def load(self, up_to: int) -> int:
        """Send until `up_to` records are sent, and wait for their acknowledgements; how many came so far."""
        while self.sent < up_to:
            block = list(islice(self._source, min(_BLOCK, up_to - self.sent)))
            if not block:
                break
            self._enter(block)
        self._producer.flush()
        self._mark()
        return self.acknowledged

    def _enter(self, block: list[tuple[int, int, bytes]]) -> None:
        rows = [(self.sent + i, key, seq, digest(value)) for i, (key, seq, value) in enumerate(block)]
        with self._ledger:
            self._ledger.executemany("insert into inputs (n, key, seq, digest) values (?, ?, ?, ?)", rows)
        for (number, *_), (key, _, value) in zip(rows, block, strict=True):
            self._produce(number, key_name(key), value)
        self.sent += len(block)
        self._mark()

    def _produce(self, number: int, key: bytes, value: bytes) -> None:
        def acknowledged(error: Any, message: Any) -> None:
            if error is None:
                self._marks.append((message.partition(), message.offset(), number))

        while True:
            try:
                self._producer.produce(self._topic, value, key, on_delivery=acknowledged)
            except BufferError:
                self._producer.poll(0.1)
            else:
                self._producer.poll(0)
                return

    def _mark(self) -> None:
        marks, self._marks = self._marks, []
        with self._ledger:
            self._ledger.executemany("update inputs set partition = ?, place = ? where n = ?", marks)
        self.acknowledged += len(marks)


def main() -> None:
    task: dict[str, Any] = json.loads(sys.argv[1])
    source = records(task["seed"], task["messages"], task["keys"])
    loader = Loader(task["bootstrap"], task["topic"], Path(task["ledger"]), source)
    for line in sys.stdin:
        sys.stdout.write(f"{loader.load(int(line))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
