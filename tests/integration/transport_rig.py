"""Topics, workers and an independent checker for the transport's tests. It shares no code with the transport."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

WORKER = Path(__file__).with_name("transport_worker.py")


class Worker:
    """A Faust worker in a process of its own."""

    def __init__(self, task: dict[str, Any]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(WORKER), "worker", "-l", "warn"],
            env={**os.environ, "TASK": json.dumps(task)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.working = threading.Event()  #: it got its first batch
        self.errors: list[str] = []
        self._readers = [threading.Thread(target=self._read_out), threading.Thread(target=self._read_errors)]
        for reader in self._readers:
            reader.start()

    def _read_out(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("GO"):
                self.working.set()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors.extend(self.process.stderr)

    def end(self, *, kill: bool = False, seconds: float = 30) -> int:
        """Stop it (SIGTERM, or kill -9) and give its exit code."""
        if self.process.poll() is None:
            self.process.kill() if kill else self.process.terminate()
        return self.wait(seconds)

    def wait(self, seconds: float = 30) -> int:
        try:
            code = self.process.wait(seconds)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            for reader in self._readers:
                reader.join()
            for pipe in (self.process.stdout, self.process.stderr):
                assert pipe is not None
                pipe.close()
        return code


class Rig:
    """Topics of its own, and what is in them."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.tag = f"transport-test-{uuid4().hex[:8]}"
        self._admin = AdminClient({"bootstrap.servers": bootstrap})
        self.topics: dict[str, int] = {}
        self._workers: list[Worker] = []

    def topic(self, name: str, partitions: int = 1) -> str:
        full = f"{self.tag}-{name}"
        for future in self._admin.create_topics([NewTopic(full, partitions, 1)]).values():
            future.result()
        self.topics[full] = partitions
        return full

    def fill(self, topic: str, values: list[bytes]) -> None:
        """Round-robin over the partitions; the key names the partition, so order per key can be checked."""
        producer = Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 5})
        for i, value in enumerate(values):
            partition = i % self.topics[topic]
            producer.produce(topic, value, f"{topic}/{partition}", partition, headers=[("n", b"%d" % i)])
            producer.poll(0)
        assert producer.flush(30) == 0

    def worker(self, *, inputs: list[str], out: str, engine: dict[str, Any], **task: Any) -> Worker:
        given = {"bootstrap": self.bootstrap, "group": self.tag, "in": inputs, "out": out, "engine": engine}
        self._workers.append(Worker(given | task))
        return self._workers[-1]

    def committed(self, topic: str) -> int:
        """Offsets committed for the group, summed up."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": self.tag})
        try:
            places = [TopicPartition(topic, i) for i in range(self.topics[topic])]
            return sum(max(0, place.offset) for place in consumer.committed(places, timeout=10))
        finally:
            consumer.close()

    def read(self, topic: str) -> list[Message]:
        """Everything that is committed in the topic, partition by partition."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": f"{self.tag}-checker",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
            }
        )
        consumer.assign([TopicPartition(topic, i, 0) for i in range(self.topics[topic])])
        messages, ended = [], set()
        while len(ended) < self.topics[topic]:
            for message in consumer.consume(10_000, 0.2):
                if message.error() is not None:
                    ended.add(message.partition())
                else:
                    messages.append(message)
        consumer.close()
        return messages

    def close(self) -> None:
        for worker in self._workers:
            if worker.process.poll() is None:
                worker.end(kill=True)
        for future in self._admin.delete_topics(list(self.topics)).values():
            future.result()


@contextmanager
def rig(bootstrap: str) -> Iterator[Rig]:
    made = Rig(bootstrap)
    try:
        yield made
    finally:
        made.close()


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
