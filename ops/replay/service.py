"""A replay on the real parts: made, and run by this process."""

from __future__ import annotations

from collections.abc import Callable

from ops.access.people import Actor
from ops.cases.desk import Desk
from ops.replay.asks import NewJob
from ops.replay.course import Counts, Limits
from ops.replay.jobs import create_job
from ops.replay.order import Item
from ops.replay.run import Patience, Progress, Turn, nobody
from ops.replay.states import JobState
from ops.replay.watch import Lag, Watch, ends_now
from streams.runtime.settings import Settings


async def plan(desk: Desk, actor: Actor, settings: Settings, asked: NewJob, job_id: str) -> list[Item]:
    """Freeze a job. The ends of topics are taken first: what comes of its letters is behind them."""
    positions = await ends_now(settings.bootstrap)
    return await create_job(desk, actor, asked, job_id, positions, settings.replay.cap)


async def carry_out(
    desk: Desk,
    actor: Actor,
    settings: Settings,
    job_id: str,
    tell: Callable[[Progress], None] = nobody,
    step: Callable[[str], None] = nobody,
) -> tuple[JobState, str, Counts]:
    """Run a job from wherever it stands. See `Turn.run` for what it raises."""
    own = settings.replay
    limits = Limits(ratio=own.failures, least=own.least, window=own.window)
    patience = Patience(limits, own.lag_limit, own.silence.total_seconds())
    watch = Watch(settings.bootstrap, f"{settings.worker.group}.replay", desk.codec)
    lag = Lag(settings.bootstrap, settings.worker.group)
    try:
        return await Turn(desk, actor, watch, lag.count, patience, tell, step).run(job_id)
    finally:
        watch.close()
        lag.close()
