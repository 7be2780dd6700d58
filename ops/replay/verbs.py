"""The verbs of a replay: what the service, the HTTP API and the command line offer alike."""

from __future__ import annotations

from ops.access.people import Actor
from ops.audit.store import append
from ops.cases.desk import Desk
from ops.replay import answers, asks
from ops.replay import undo as undoing
from ops.replay.jobs import all_jobs, create_job, items_of, one_job, steer
from ops.replay.states import JobMove

REVEAL = "letter.reveal"


async def create(desk: Desk, actor: Actor, ask: asks.NewJob) -> answers.JobWhole:
    """Send letters through the stages that refused them, as a job: the selection is frozen now."""
    job_id = desk.new_id()
    # The ends of topics are taken first: what comes of its letters is behind them.
    await create_job(desk, actor, ask, job_id, await desk.ends(), desk.settings.replay.cap)
    return await show(desk, actor, asks.OneJob(job_id=job_id))


async def look_ahead(desk: Desk, actor: Actor, ask: asks.LookAhead) -> answers.Previewed:
    """What letters would come to now: verdict, exact call, changed fields. Nothing is sent or written."""
    from ops.replay.looking import previewed  # noqa: PLC0415 - loads the agents and the sinks

    if ask.reveal:
        await desk.admit(actor, REVEAL, ask)
        subject = ask.job_id or "preview"
        async with desk.database.begin() as connection:
            act = desk.act(actor, REVEAL, subject, "personal data was shown in a preview")
            await append(connection, act, desk.clock(), desk.audit_key)
    return await previewed(desk, ask)


async def list_jobs(desk: Desk, actor: Actor, ask: asks.ListJobs) -> answers.JobPage:
    """Replay jobs, the newest first."""
    async with desk.database.connect() as connection:
        found = await all_jobs(connection, ask.limit)
    return answers.JobPage(jobs=[answers.job_line(job, counts) for job, counts in found])


async def show(desk: Desk, actor: Actor, ask: asks.OneJob) -> answers.JobWhole:
    """One job with each of its letters."""
    async with desk.database.connect() as connection:
        job = await one_job(connection, ask.job_id)
        return answers.job_whole(job, await items_of(connection, job.job_id))


async def pause(desk: Desk, actor: Actor, ask: asks.Steer) -> answers.Step:
    """Let a job rest: what is under way comes to its end, nothing more is sent."""
    return await steer(desk, actor, ask.job_id, JobMove.PAUSE, ask.why)


async def cancel(desk: Desk, actor: Actor, ask: asks.Steer) -> answers.Step:
    """End a job: letters that were not sent keep their cases open, and are free for another job."""
    return await steer(desk, actor, ask.job_id, JobMove.CANCEL, ask.why)


async def resume(desk: Desk, actor: Actor, ask: asks.Resume) -> answers.Step:
    """Go on with a job that rests, stopped itself, or whose process died, from where it stands."""
    return await steer(desk, actor, ask.job_id, JobMove.RESUME, ask.why, runner="worker" if ask.detach else "here")


async def approve(desk: Desk, actor: Actor, ask: asks.Approve) -> answers.Step:
    """Agree to a job of somebody else, as its preview shows it; whatever changes after that voids it."""
    from ops.replay import approving  # noqa: PLC0415 - loads the agents and the sinks

    return await approving.approve(desk, actor, ask)


async def undo(desk: Desk, actor: Actor, ask: asks.Undo) -> answers.Undone:
    """Write back what was there before a job's letters, where the target allows and nothing was written since."""
    return await undoing.undo(desk, actor, ask)
