"""Runs the jobs that nobody runs by hand: those made over HTTP, detached ones, and the worker's own retries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from zlib import crc32

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ops.access.people import Actor
from ops.access.roles import Role
from ops.cases.desk import Desk
from ops.replay.automation import send_by_itself
from ops.replay.errors import NotSo, TakenOver
from ops.replay.states import JobState
from ops.replay.tables import replay_jobs
from streams.runtime.logs import get_logger

log = get_logger("meshline.replay")
#: Runs a job to its end or rest: (desk, actor, job id).
Run = Callable[[Desk, Actor, str], Awaitable[object]]
_SPACE = 7420935  #: of the locks; who holds a job's runs it, and a dead process holds none


async def due_jobs(connection: AsyncConnection) -> list[tuple[str, Actor]]:
    """Jobs that a worker is to run, the oldest first, with the person whose they are."""
    mine = replay_jobs.c.runner == "worker"
    under_way = replay_jobs.c.state.in_([JobState.PLANNED.value, JobState.RUNNING.value])
    rows = (
        await connection.execute(select(replay_jobs).where(mine, under_way).order_by(replay_jobs.c.created_at))
    ).all()
    known = {role.value for role in Role}
    return [
        (
            row.job_id,
            Actor(row.created_by, Role(row.created_role) if row.created_role in known else Role.ON_CALL, "worker"),
        )
        for row in rows
    ]


async def run_due(desk: Desk, run: Run) -> int:
    """Run what is due, one job after another; how many. A job that another worker has is left to it."""
    async with desk.database.connect() as connection:
        jobs = await due_jobs(connection)
    count = 0
    for job_id, actor in jobs:
        async with _lease(desk, job_id) as ours:
            if not ours:
                continue
            count += 1
            try:
                await run(desk, actor, job_id)
            except (NotSo, TakenOver) as error:
                log.info("a job went elsewhere", job=job_id, why=str(error))
    return count


async def keep_running(desk: Desk, run: Run, stop: asyncio.Event, every_s: float = 1.0) -> None:
    """Until stopped. A job under way is left as it stands: the next worker goes on."""
    while not stop.is_set():
        await send_by_itself(desk)
        await run_due(desk, run)
        try:
            await asyncio.wait_for(stop.wait(), every_s)
        except TimeoutError:
            continue


@asynccontextmanager
async def _lease(desk: Desk, job_id: str) -> AsyncIterator[bool]:
    place = {"space": _SPACE, "job": crc32(job_id.encode()) - 2**31}
    async with desk.database.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        ours = bool(await connection.scalar(text("select pg_try_advisory_lock(:space, :job)"), place))
        try:
            yield ours
        finally:
            if ours:
                await connection.execute(text("select pg_advisory_unlock(:space, :job)"), place)
