"""The broker of a bench: one of its own, or the one that MESHLINE_BOOTSTRAP names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.local.java import java
from ops.local.kafka import Kafka
from ops.local.process import Command
from ops.local.stack import Stack

_FIRST_TIER = "-XX:TieredStopAtLevel=1"


class BenchKafka(Kafka):
    """With both compilers and a larger heap: here it is to serve fast, not to start fast."""

    def command(self) -> Command:
        slow = super().command()
        argv = ["-Xmx1g" if word.startswith("-Xmx") else word for word in slow.argv if word != _FIRST_TIER]
        assert argv[0] == java()
        return Command(argv, slow.cwd, slow.env)


@contextmanager
def broker(folder: Path, tell: Callable[[str], None]) -> Iterator[str]:
    """The bootstrap address. Our own broker keeps its data in `folder` and is removed with it at the end."""
    given = os.environ.get("MESHLINE_BOOTSTRAP")
    if given:
        tell(f"broker: {given} (MESHLINE_BOOTSTRAP)")
        yield given
        return
    stack = Stack(folder, {}, lambda place: [BenchKafka(place)])
    try:
        report = stack.up(lambda _: None)[0]
        tell(f"broker: {report.title}, pid {report.pid}, in a folder of its own")
        yield f"127.0.0.1:{report.port}"
    finally:
        stack.down(lambda _: None, wipe=True)
