"""The two processes that are killed: the replayer and the sink worker. Each dies of its own hand after some steps.

CHAOS_TASK='{"role": "replayer", "job": "...", "erp": "/tmp/erp.db", "die_after": 17}' python -m ops.chaos.replay.victim
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ops.access.people import Actor
from ops.access.roles import Role
from ops.cases.errors import NotFound
from ops.cases.open import open_desk
from ops.chaos.replay.erp import FileErp
from ops.cli.asking import index_letters
from ops.replay.asks import NewJob, Selection
from ops.replay.jobs import create_job, one_job
from ops.replay.service import carry_out
from ops.replay.states import JobState
from schemas.reasons import Reason
from sinks.worker import run_sinks
from streams.runtime.logs import configure_logs
from streams.runtime.settings import Settings, load_settings

CHAOS = Actor("chaos", Role.ADMIN, "cli")
REASON = Reason.ERP_REJECTED


def dying(after: int) -> Callable[[str], None]:
    """A step that ends the process, without any farewell, the nth time; 0: never."""
    left = [after]

    def step(_: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

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


async def sinks(settings: Settings, erp: Path, step: Callable[[str], None]) -> int:
    """The real sink worker over the ERP in a file, until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await run_sinks(settings, [FileErp(erp, step)], stop)
    return 0


def main(task: dict[str, Any]) -> int:
    settings = load_settings()
    configure_logs("console", "warning")
    step = dying(task["die_after"])
    if task["role"] == "sinks":
        return asyncio.run(sinks(settings, Path(task["erp"]), step))
    return asyncio.run(replayer(settings, task["job"], task["canary"], step))


if __name__ == "__main__":
    raise SystemExit(main(json.loads(os.environ["CHAOS_TASK"])))
