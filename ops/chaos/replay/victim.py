r"""The two processes that are killed: the replayer and the sink worker. Each dies of its own hand after some steps.

CHAOS_TASK='{"role": "replayer", "job": "...", "erp": "", "die_after": 17, "within_s": 0.1, "canary": 3}' \
    python -m ops.chaos.replay.victim
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from random import random
from typing import Any

from ops.access.people import Actor
from ops.access.roles import Role
from ops.cases.errors import NotFound
from ops.cases.open import open_desk
from ops.chaos.replay.erp import FileErp
from ops.chaos.replay.stepping import SteppingSink
from ops.cli.asking import index_letters
from ops.replay.asks import NewJob, Selection
from ops.replay.jobs import create_job, one_job
from ops.replay.service import carry_out
from ops.replay.states import JobState
from schemas.reasons import Reason
from sinks.port import Sink
from sinks.tryton.sink import TrytonSink
from sinks.worker import run_sinks
from streams.runtime.logs import configure_logs
from streams.runtime.settings import Settings, load_settings

CHAOS = Actor("chaos", Role.ADMIN, "cli")
REASON = Reason.ERP_REJECTED


def dying(after: int, within_s: float = 0.0) -> Callable[[str], None]:
    """A step that ends the process, without any farewell, the nth time; 0: never.

    `within_s`: it lives on for a part of so many seconds, and dies in the middle of something.
    """
    left = [after]

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def step(_: str) -> None:
        left[0] -= 1
        if left[0] == 0 and within_s:
            threading.Timer(random() * within_s, die).start()
        elif left[0] == 0:
            die()

    return step


async def replayer(settings: Settings, job_id: str, canary: int, step: Callable[[str], None]) -> int:
    """Makes the job if it is not there, and runs it. Exit code 0 when it is done."""
    async with open_desk(settings) as desk:
        await index_letters(desk, settings)
        step("indexed")
        try:
            async with desk.database.connect() as connection:
                job = await one_job(connection, job_id)
            if job.state == JobState.DONE.value:
                return 0
        except NotFound:
            asked = NewJob(selection=Selection(reason=REASON), why="a trial", canary=canary, rate=10_000, detach=False)
            await create_job(desk, CHAOS, asked, job_id, await desk.ends(), settings.replay.cap)
        step("planned")
        state, note, counts = await carry_out(desk, CHAOS, settings, job_id, step=step)
    sys.stdout.write(f"{state} {note} {counts}\n")
    return 0 if state is JobState.DONE else 3


async def sinks(settings: Settings, erp: str, step: Callable[[str], None]) -> int:
    """The real sink worker over the ERP in a file, or over the real one, until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    sink: Sink = FileErp(Path(erp), step) if erp else SteppingSink(TrytonSink.of(settings), step)
    await run_sinks(settings, [sink], stop)
    return 0


def main(task: dict[str, Any]) -> int:
    settings = load_settings()
    configure_logs("console", "warning")
    step = dying(task["die_after"], task["within_s"])
    if task["role"] == "sinks":
        return asyncio.run(sinks(settings, task["erp"], step))
    return asyncio.run(replayer(settings, task["job"], task["canary"], step))


if __name__ == "__main__":
    raise SystemExit(main(json.loads(os.environ["CHAOS_TASK"])))
