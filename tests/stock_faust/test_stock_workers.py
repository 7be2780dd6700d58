"""Promises about whole workers on a real broker, asked of stock Faust and of ours: three messages, the second is bad.

F3 an agent raises; F5 a message cannot be decoded, and neither can its letter be written; F6 the broker refuses an
output; F11 an agent waits for ever. Promised: the bad message is not passed over, and a worker that hangs ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from streams.runtime.settings import Settings

PROGRAM = Path(__file__).with_name("promise_worker.py")
BAD = 1  #: the offset of the bad message
SECONDS = 45.0
TROUBLES = {"F3": "raises", "F5": "undecodable", "F6": "output refused", "F11": "stuck"}
SYSTEMS = ("stock", "ours")


class Ended(NamedTuple):
    met: bool  #: the worker came to the bad message
    committed: int
    code: int | None  #: None: it still ran when it was stopped


class Case:
    """One worker with its own topic and group."""

    def __init__(self, bootstrap: str, tag: str, system: str, trouble: str, folder: Path) -> None:
        self.group = f"{tag}-{system}-{trouble.replace(' ', '-')}"
        self._bootstrap = bootstrap
        self.met = folder / f"{self.group}.met"
        task = {
            "met": str(self.met),
            "bootstrap": bootstrap,
            "group": self.group,
            "in": self.group,
            "refusing": f"{tag}-refusing",
            "system": system,
            "trouble": trouble,
            "folder": str(folder / self.group),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(PROGRAM), "worker", "-l", "error", "--without-web"],
            env={**os.environ, "TASK": json.dumps(task)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def committed(self) -> int:
        consumer = Consumer({"bootstrap.servers": self._bootstrap, "group.id": self.group})
        try:
            return max(0, consumer.committed([TopicPartition(self.group, 0)], timeout=10)[0].offset)
        finally:
            consumer.close()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def topics(tag: str) -> list[NewTopic]:
    names = [f"{tag}-{system}-{trouble.replace(' ', '-')}" for system in SYSTEMS for trouble in TROUBLES.values()]
    small = NewTopic(f"{tag}-refusing", 1, 1, config={"max.message.bytes": "1000"})
    return [small, *(NewTopic(name, 1, 1) for name in names)]


@pytest.fixture(scope="module")
def ended(stack_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Ended]]:
    """All workers at once; each has ended, or passed the bad message over, or had time enough for either."""
    bootstrap, tag = stack_settings.bootstrap, f"stock-test-{uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": bootstrap})
    made = topics(tag)
    for future in admin.create_topics(made).values():
        future.result()
    producer = Producer({"bootstrap.servers": bootstrap})
    for topic in made[1:]:
        for value in (b"1", b"bad", b"3"):
            producer.produce(topic.topic, value)
    assert producer.flush(20) == 0
    folder = tmp_path_factory.mktemp("stock")
    cases = {(s, t): Case(bootstrap, tag, s, t, folder) for t in TROUBLES.values() for s in SYSTEMS}
    try:
        yield watch(cases)
    finally:
        for case in cases.values():
            case.end()
        for future in admin.delete_topics([topic.topic for topic in made]).values():
            future.result()


def watch(cases: dict[tuple[str, str], Case]) -> dict[tuple[str, str], Ended]:
    found: dict[Any, Ended] = {}
    stands: dict[Any, float] = {}
    deadline = time.monotonic() + SECONDS
    while len(found) < len(cases) and time.monotonic() < deadline:
        for key, case in cases.items():
            if key in found:
                continue
            code, committed = case.process.poll(), case.committed()
            if case.met.exists():
                stands.setdefault(key, time.monotonic())
            hangs = key[1] == "stuck" and time.monotonic() - stands.get(key, deadline) > 12  # patience is 2 s
            if code is not None or committed > BAD or hangs:
                found[key] = Ended(case.met.exists(), committed, code)
        time.sleep(0.1)
    return found | {
        key: Ended(case.met.exists(), case.committed(), None) for key, case in cases.items() if key not in found
    }


def kept(end: Ended) -> bool:
    """The promise: the bad message is not passed over, and the worker ends with an exit code that says so."""
    return end.committed <= BAD and (end.code or 0) != 0


@pytest.mark.parametrize("defect", TROUBLES)
def test_a_stock_worker_breaks_it(defect: str, ended: dict[tuple[str, str], Ended]) -> None:
    end = ended["stock", TROUBLES[defect]]
    assert end.met or end.committed > BAD, end
    assert not kept(end), f"stock Faust keeps {defect} now: {end}"


@pytest.mark.parametrize("defect", TROUBLES)
def test_our_worker_keeps_it(defect: str, ended: dict[tuple[str, str], Ended]) -> None:
    end = ended["ours", TROUBLES[defect]]
    assert end.met, end
    assert kept(end), end
