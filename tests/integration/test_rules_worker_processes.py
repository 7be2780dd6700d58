"""The same as `test_rules_forecast_under_load.py` with worker processes on a broker of their own, killed now and then.

It takes minutes: MESHLINE_LONG=1 runs it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from ops.chaos.replay.stage import Stage, set_up
from ops.local.cluster import Cluster
from schemas.codec import Codec
from schemas.partition import partition_for
from schemas.records import Stamped
from schemas.registry import ConfluentRegistry
from streams.letters.outbox import Outbox, Outgoing
from streams.runtime.reading import read_to_the_end
from streams.runtime.settings import Settings
from tests.integration.operations import play
from tests.integration.rules_rig import OUTCOMES, TOPICS, Happened, customers, deals, foretold, judge
from tests.integration.test_rules_activation import back, put

LONG = os.environ.get("MESHLINE_LONG") == "1"
COUNT, ACCOUNTS, PIECE = 2000, 100, 125


class Processes:
    """Workers of the command line, by slot; ended by their own pids."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._running = stage, dict[str, subprocess.Popen[bytes]]()

    def start(self, slot: str) -> None:
        environ = {**self._stage.environ, "MESHLINE_WORKER__SLOT": slot, "MESHLINE_WORKER__BATCH_SIZE": "25"}
        with (self._stage.folder / f"worker-{slot}.log").open("ab") as log:
            argv = [sys.executable, "-m", "ops.cli", "worker", "streams"]
            self._running[slot] = subprocess.Popen(argv, env=environ, stdout=log, stderr=log)

    def kill(self, slot: str) -> None:
        self._running[slot].send_signal(signal.SIGKILL)
        self._running.pop(slot).wait()

    def end(self) -> None:
        for one in self._running.values():
            one.terminate()
        for one in self._running.values():
            one.wait(30)


@contextmanager
def processes(stage: Stage) -> Iterator[Processes]:
    made = Processes(stage)
    try:
        yield made
    finally:
        made.end()


def from_broker(stage: Stage) -> Happened:
    found = Happened()
    for message in read_to_the_end(stage.settings.bootstrap, "judge", OUTCOMES):
        found.take(message.topic(), message.headers())
    return found


def until_decided(stage: Stage, count: int, seconds: float = 240) -> Happened:
    deadline = time.monotonic() + seconds
    while len((found := from_broker(stage)).sets) < count:
        assert time.monotonic() < deadline, f"{len(found.sets)} of {count} were decided"
    return found


@pytest.mark.skipif(not LONG, reason="processes on a broker of their own; MESHLINE_LONG=1 runs it")
def test_the_same_with_worker_processes_that_are_killed(stack_settings: Settings, tmp_path: Path) -> None:
    dice = Random(8)
    with (
        closing(ConfluentRegistry(stack_settings.registry_url)) as registry,
        Cluster(tmp_path / "kafka", 1) as cluster,
        set_up(stack_settings, cluster.bootstrap, tmp_path) as stage,
    ):
        events = [*customers("p", ACCOUNTS), *deals("p", COUNT, ACCOUNTS, dice)]
        said, _ = foretold(events)
        outbox, codec = Outbox(cluster.bootstrap), Codec(registry)
        with processes(stage) as workers:
            for slot in ("0", "1"):
                workers.start(slot)
            outbox.send_all_now([_outgoing(event, codec) for event in events[:ACCOUNTS]])
            until_decided(stage, ACCOUNTS)
            changes, kills = 0, 0
            for first in range(ACCOUNTS, len(events), PIECE):
                outbox.send_all_now([_outgoing(event, codec) for event in events[first : first + PIECE]])
                until_decided(stage, first - PIECE // 2)  # what is left is decided on both sides of the change
                play(stage.settings.operations_url, _Turn(changes, said.plain()))
                changes += 1
                if changes % 4 == 0:
                    workers.kill(slot := str(changes // 4 % 2))
                    workers.start(slot)
                    kills += 1
            happened = until_decided(stage, len(events))
        verdict = judge(events, happened)
        told = {"events": verdict.events, "by_set": verdict.by_set, "changes": changes, "kills": kills}
        sys.stdout.write(f"{json.dumps(told)}\n")  # pytest -s shows it
        assert verdict.clean, verdict
        assert min(verdict.by_set.values()) > COUNT / 20
        assert len(verdict.by_set) == 2


class _Turn:
    """Activates, or reverts: every other time."""

    def __init__(self, number: int, said: dict[str, object]) -> None:
        self._number, self._said = number, said

    async def __call__(self, database: AsyncEngine) -> None:
        if self._number % 2:
            await back(database)
        else:
            await put(database, 1000, {**self._said, "changed": 0, "money": {}})


def _outgoing(event: Stamped, codec: Codec) -> Outgoing:
    topic, meta = TOPICS[type(event)], event.meta
    place = partition_for(meta.account_id, topic.partitions)
    return Outgoing(topic.name, meta.key.encode(), codec.encode(topic, event), (), place)
