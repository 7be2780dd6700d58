"""Where a campaign plays: brokers, topics, the loader, and the group's offsets."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from ops.chaos.delivery.errors import ChaosError
from ops.chaos.delivery.observe import OPEN_TRANSACTION


class Topics:
    """The input and the output of one campaign, and how far its group is."""

    def __init__(self, bootstrap: str, tag: str, partitions: int, copies: int) -> None:
        self.bootstrap = bootstrap
        self.group = tag
        self.input, self.output = f"{tag}-in", f"{tag}-out"
        self.partitions = partitions
        self._copies = copies
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 2})
        # not of the group: it only asks. Uncommitted: an open transaction must not keep the answer back
        self._asking = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": tag,
                "enable.auto.commit": False,
                "isolation.level": "read_uncommitted",
                "log_level": 2,
            }
        )

    def make(self) -> None:
        new = [NewTopic(name, self.partitions, self._copies) for name in (self.input, self.output)]
        for future in self._admin.create_topics(new).values():
            future.result()

    def remove(self) -> None:
        self._asking.close()
        for future in self._admin.delete_topics([self.input, self.output]).values():
            future.result()

    def behind(self) -> dict[int, tuple[int, int]]:
        """Of each partition that is not finished: the group's offset, and the end. Raises KafkaException."""
        places = [TopicPartition(self.input, i) for i in range(self.partitions)]
        committed = {one.partition: max(0, one.offset) for one in self._asking.committed(places, timeout=10)}
        found = {}
        for place in places:
            _, end = self._asking.get_watermark_offsets(place, timeout=10)
            if committed[place.partition] != end:
                found[place.partition] = (committed[place.partition], end)
        return found

    def passed(self) -> int:
        """Records before the group's offsets; -1 when nobody answers just now."""
        offsets = self.offsets()
        return sum(offsets) if offsets else -1

    def offsets(self) -> list[int]:
        """The group's, by partition; none when nobody answers just now."""
        try:
            places = [TopicPartition(self.input, i) for i in range(self.partitions)]
            return [max(0, one.offset) for one in self._asking.committed(places, timeout=3)]
        except KafkaException:
            return []

    def await_passed(self, count: int, seconds: float, meanwhile: Callable[[], None]) -> None:
        """Until so many records are finished. Raises ChaosError."""
        deadline = time.monotonic() + seconds
        while self.passed() < count:
            if time.monotonic() > deadline:
                raise ChaosError(f"the workers did not pass {count} records within {seconds:.0f} s")
            meanwhile()

    def await_finished(self, seconds: float, meanwhile: Callable[[], None]) -> dict[int, tuple[int, int]]:
        """Until nothing is left; else what is, after `seconds` without any progress."""
        deadline = time.monotonic() + seconds
        left: dict[int, tuple[int, int]] = {}
        while True:
            try:
                now = self.behind()
            except KafkaException:
                now = left or {-1: (0, 0)}
            if not now:
                return {}
            if now != left:
                left, deadline = now, time.monotonic() + seconds
            if time.monotonic() > deadline:
                return left
            meanwhile()


class Loading:
    """The loader's process, from outside."""

    def __init__(self, topics: Topics, ledger: Path, seed: int, messages: int, keys: int) -> None:
        task = {
            "bootstrap": topics.bootstrap,
            "topic": topics.input,
            "ledger": str(ledger),
            "seed": seed,
            "messages": messages,
            "keys": keys,
        }
        argv = [sys.executable, "-P", "-m", "ops.chaos.delivery.load", json.dumps(task)]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.acknowledged = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.acknowledged = int(line)

    def allow(self, up_to: int) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(f"{up_to}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise ChaosError("the loader has ended") from None

    def finish(self, seconds: float) -> None:
        """Wait for its end. Raises ChaosError."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise ChaosError(f"the loader was not through after {seconds:.0f} s") from None
        self._reader.join()
        if code:
            raise ChaosError(f"the loader failed with exit code {code}")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


def observe(topics: Topics, ledger: Path, isolation: str = "read_committed", patience: float = 60.0) -> bool:
    """Run the observer; False: a transaction stayed open. Raises ChaosError when it fails."""
    task = {
        "bootstrap": topics.bootstrap,
        "topic": topics.output,
        "partitions": topics.partitions,
        "isolation": isolation,
        "ledger": str(ledger),
        "patience": patience,
    }
    argv = [sys.executable, "-P", "-m", "ops.chaos.delivery.observe", json.dumps(task)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode not in (0, OPEN_TRANSACTION):
        raise ChaosError(f"the observer failed: {done.stderr.strip()[-400:]}")
    return done.returncode == 0
