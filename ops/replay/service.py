"""A replay on the real parts, run by this process."""

from __future__ import annotations

from collections.abc import Callable

from ops.access.people import Actor
from ops.cases.desk import Desk
from ops.replay.approving import confirm
from ops.replay.course import Counts, Limits
from ops.replay.run import Patience, Progress, Turn, nobody
from ops.replay.states import JobState
from ops.replay.watch import Lag, Watch
from streams.runtime.settings import Settings


async def carry_out(
    desk: Desk,
    actor: Actor,
    settings: Settings,
    job_id: str,
    tell: Callable[[Progress], None] = nobody,
    step: Callable[[str], None] = nobody,
) -> tuple[JobState, str, Counts]:
    """Run a job from wherever it stands. See `Turn.run` for what it raises."""
    await confirm(desk, actor, job_id)
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
