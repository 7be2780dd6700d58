"""What Faust's users know keeps working: hooks, tasks, timers, signals, commands, agents; and what ends a worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from transport_rig import Rig, rig, until

from streams.runtime.settings import Settings

PROGRAM = Path(__file__).with_name("transport_agents.py")
QUICK = {"consumer": {"session.timeout.ms": 6000, "heartbeat.interval.ms": 300}}
MODES = pytest.mark.parametrize("delivery", ["at-least-once", "exactly-once"])


class Workers:
    """Starts workers of `transport_agents.py`, and leaves none behind."""

    def __init__(self, parts: Rig, folder: Path) -> None:
        self.parts, self.folder = parts, folder
        self.seen = folder / "seen"
        self.errors = folder / "errors"
        self.started: list[subprocess.Popen[str]] = []

    def start(self, *, inputs: list[str], out: str, engine: dict[str, Any], **task: Any) -> subprocess.Popen[str]:
        command = task.pop("command", ["worker", "-l", "warn"])
        given = {"bootstrap": self.parts.bootstrap, "group": self.parts.tag, "in": inputs, "out": out}
        name = task.pop("name", "w0")
        engine = QUICK | {"transactional_id": f"{self.parts.tag}-{name}"} | engine
        environ = {**os.environ, "TASK": json.dumps(given | {"engine": engine, "seen": str(self.seen)} | task)}
        with self.errors.open("a", encoding="utf-8") as errors:
            argv = [sys.executable, str(PROGRAM), *command]
            self.started.append(
                subprocess.Popen(argv, env=environ, stdout=subprocess.DEVNULL, stderr=errors, text=True)
            )
        return self.started[-1]

    def notes(self) -> list[str]:
        return self.seen.read_text("utf-8").splitlines() if self.seen.exists() else []

    def end(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()


@pytest.fixture
def parts(stack_settings: Settings) -> Iterator[Rig]:
    with rig(stack_settings.bootstrap) as made:
        yield made


@pytest.fixture
def workers(parts: Rig, tmp_path: Path) -> Iterator[Workers]:
    made = Workers(parts, tmp_path)
    try:
        yield made
    finally:
        made.end()


def numbers(count: int) -> list[bytes]:
    return [b"%012d" % i for i in range(count)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_hooks_tasks_and_timers_run_and_a_signal_drains(parts: Rig, workers: Workers, number: int) -> None:
    source, out = parts.topic("in"), parts.topic("out")
    parts.fill(source, numbers(30))
    engine = {"delivery": "exactly-once", "batch_size": 30}
    worker = workers.start(inputs=[source], out=out, engine=engine, kind="slow", seconds=1.5)
    until(lambda: {"assigned", "startup", "tick", "worker_init"} <= set(workers.notes()))
    worker.send_signal(number)
    assert worker.wait(30) == 0, workers.errors.read_text()
    done = parts.committed(source)
    assert len(parts.read(out)) == done, "what was begun is finished and committed, or not begun"


def test_commands_of_the_app_run(parts: Rig, workers: Workers) -> None:
    source = parts.topic("in")
    worker = workers.start(inputs=[source], out=source, engine={}, command=["say-hello"])
    assert worker.wait(30) == 0, workers.errors.read_text()
    assert "hello" in workers.notes()


def test_two_agents_on_one_topic_are_one_transaction_through_kills(parts: Rig, workers: Workers) -> None:
    source, out = parts.topic("in", 2), parts.topic("out")
    parts.fill(source, numbers(600))
    engine = {"delivery": "exactly-once", "batch_size": 40, "cycle_size": 80, "group_instance_id": "w0"}
    task: dict[str, Any] = {
        "inputs": [source],
        "out": out,
        "engine": engine,
        "agents": 2,
        "kind": "slow",
        "seconds": 0.1,
    }
    for _ in range(2):
        worker = workers.start(**task)
        before = parts.committed(source)
        until(lambda before=before: parts.committed(source) > before)
        worker.kill()
        worker.wait()
    worker = workers.start(**task)
    until(lambda: parts.committed(source) >= 600)
    worker.terminate()
    assert worker.wait(30) == 0, workers.errors.read_text()
    assert Counter((m.key(), m.value()) for m in parts.read(out)) == {
        (agent, value): 1 for agent in (b"first", b"second") for value in numbers(600)
    }


@MODES
def test_concurrent_actors_keep_the_order_of_each_partition(parts: Rig, workers: Workers, delivery: str) -> None:
    source, out = parts.topic("in", 4), parts.topic("out")
    parts.fill(source, numbers(2000))
    engine = {"delivery": delivery, "batch_size": 50}
    worker = workers.start(inputs=[source], out=out, engine=engine, concurrency=4, kind="slow", seconds=0.01)
    until(lambda: parts.committed(source) >= 2000)
    worker.terminate()
    assert worker.wait(30) == 0, workers.errors.read_text()
    values = [m.value() or b"" for m in parts.read(out)]
    assert sorted(values) == numbers(2000)
    for partition in range(4):
        mine = [value for value in values if int(value) % 4 == partition]
        assert mine == sorted(mine)


@MODES
def test_an_agent_slower_than_the_poll_interval_keeps_its_partitions(
    parts: Rig, workers: Workers, delivery: str
) -> None:
    source, out = parts.topic("in"), parts.topic("out")
    parts.fill(source, numbers(3))
    consumer = {"session.timeout.ms": 6000, "max.poll.interval.ms": 6000}
    worker = workers.start(
        inputs=[source], out=out, engine={"delivery": delivery, "consumer": consumer}, kind="slow", seconds=8
    )
    until(lambda: parts.committed(source) == 3)
    worker.terminate()
    assert worker.wait(30) == 0
    assert [m.value() for m in parts.read(out)] == numbers(3), "nothing was taken away and repeated"
    assert workers.notes().count("assigned") == 1


def test_an_output_that_is_too_large_becomes_a_letter(parts: Rig, workers: Workers) -> None:
    source, out = parts.topic("in"), parts.topic("out")
    parts.fill(source, [b"1", b"x" * 50_000, b"3"])
    engine = {"delivery": "exactly-once", "max_message_bytes": 10_000}
    worker = workers.start(inputs=[source], out=out, engine=engine)
    until(lambda: parts.committed(source) == 3)
    worker.terminate()
    assert worker.wait(30) == 0
    first, letter, last = parts.read(out)
    assert (first.value(), letter.key(), last.value()) == (b"1", b"letter", b"3")
    assert b"more than the 10000 that are allowed" in (letter.value() or b"")


@pytest.mark.parametrize(("kind", "code"), [("stuck", 1), ("blocks the loop", 70)])
def test_a_stall_is_named_and_ends_the_worker(parts: Rig, workers: Workers, kind: str, code: int) -> None:
    source, out = parts.topic("in"), parts.topic("out")
    parts.fill(source, numbers(3))
    engine = {"stall_timeout": 2.0, "drain_timeout": 0.5}
    worker = workers.start(inputs=[source], out=out, engine=engine, kind=kind)
    assert worker.wait(60) == code, workers.errors.read_text()
    said = workers.errors.read_text()
    assert f"{source}[0]" in said
    assert "agent first" in said
    assert "stalled" in " ".join(workers.notes())
    assert parts.committed(source) == 0


@MODES
def test_memory_is_bounded_under_a_backlog_of_large_messages(parts: Rig, workers: Workers, delivery: str) -> None:
    """240 MB wait, in messages of 800 kB; the agent is slow."""
    source, out = parts.topic("in", 2), parts.topic("out")
    parts.fill(source, [bytes(800_000)] * 300)
    engine = {
        "delivery": delivery,
        "batch_size": 20,
        "buffer_bytes": 16 * 1024 * 1024,
        "consumer": {"queued.max.messages.kbytes": 16_384, "fetch.max.bytes": 8_000_000},
        "producer": {"queue.buffering.max.kbytes": 32_768},
    }
    worker = workers.start(inputs=[source], out=out, engine=engine, kind="slow", seconds=0.05)
    until(lambda: parts.committed(source) >= 300, 60)
    worker.terminate()
    assert worker.wait(30) == 0, workers.errors.read_text()
    peak = max(int(line.split()[1]) for line in workers.notes() if line.startswith("peak"))
    assert peak < 200, f"{peak} MB; an empty worker takes 90, the bounds are 16 + 16 + 32 MB and what is on its way"


@MODES
def test_a_worker_that_comes_back_in_time_moves_no_partitions(parts: Rig, workers: Workers, delivery: str) -> None:
    """Static membership: killed and started again within the session's time."""
    source, out = parts.topic("in", 4), parts.topic("out")
    parts.fill(source, numbers(800))
    engine = {"delivery": delivery, "batch_size": 10, "cycle_size": 10}
    task: dict[str, Any] = {"inputs": [source], "out": out, "kind": "slow", "seconds": 0.1}

    def owners() -> dict[str, str]:
        return dict(note.split()[1:] for note in workers.notes() if note.startswith("owns"))

    for name in ("w0", "w1"):
        workers.start(**task, engine=engine | {"group_instance_id": name}, name=name)
    until(lambda: owners() == {"w0": "2", "w1": "2"} and parts.committed(source) > 0)
    before = [note for note in workers.notes() if note.startswith("owns w0")]
    workers.started[1].kill()
    workers.started[1].wait()
    again = workers.start(**task, engine=engine | {"group_instance_id": "w1"}, name="w1")
    until(lambda: parts.committed(source) >= 800)
    owned = [note for note in workers.notes() if note.startswith("owns w0")]
    # the first rebalance may be told once more at its end; a partition that moved would be another number
    assert set(owned[len(before) :]) <= {"owns w0 2"}, "the other was disturbed"
    for worker in (workers.started[0], again):
        worker.terminate()
        assert worker.wait(30) == 0, workers.errors.read_text()
    values = Counter(m.value() for m in parts.read(out))
    assert sorted(values) == numbers(800)
    if delivery == "exactly-once":
        assert max(values.values()) == 1
