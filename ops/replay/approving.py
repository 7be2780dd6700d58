"""A second person agrees to a job: to exactly what the preview showed, and to nothing else.

The mark of a preview covers the letters, the version of each, its verdict and the call. It is made anew when the job
begins: another version of a letter, or another state of the target, voids what was agreed to.
"""

from __future__ import annotations

from sqlalchemy import update

from ops.access.errors import Forbidden
from ops.access.people import Actor
from ops.audit.store import append
from ops.cases.desk import Desk
from ops.cases.errors import NotNow
from ops.replay.answers import Step
from ops.replay.asks import Approve
from ops.replay.edits.store import edits_by_id, newest_edits
from ops.replay.errors import NotSo
from ops.replay.jobs import ACTION, items_of, move_job, one_job
from ops.replay.looking import mark_of, verdicts_of
from ops.replay.order import Item
from ops.replay.states import ItemState, JobMove, JobState
from ops.replay.tables import replay_jobs

VOID = "what was agreed to is not what would be sent now: preview it, and have it approved again"


async def approve(desk: Desk, actor: Actor, ask: Approve) -> Step:
    """See `ops.replay.verbs.approve`."""
    async with desk.database.connect() as connection:
        job = await one_job(connection, ask.job_id)
        items = await items_of(connection, job.job_id)
        edits = await edits_by_id(connection, [item.edit_id for item in items if item.edit_id])
    if job.state != JobState.PROPOSED.value:
        raise NotSo(f"the job is {job.state}: nobody has to agree to it now")
    hands = {job.created_by, *(edit.edited_by for edit in edits.values())}
    if actor.name in hands:
        raise Forbidden(f"{actor.name} made this job or edited its letters: somebody else must agree")
    if await _mark(desk, items, job.redirect) != ask.preview:
        raise NotNow(f"it would not come to that any more: meshline dlq preview {job.job_id}")
    now = desk.clock()
    async with desk.database.begin() as connection:
        job = await one_job(connection, job.job_id, lock=True)
        to = await move_job(connection, job, JobMove.APPROVE, now, f"approved by {actor.name}")
        values = {"approval": ask.preview, "approved_by": actor.name}
        await connection.execute(update(replay_jobs).where(replay_jobs.c.job_id == job.job_id).values(**values))
        after = {"state": to.value, "preview": ask.preview}
        told = {"letters": [item.letter_id for item in items], "job": job.job_id}
        before = {"state": job.state}
        act = desk.act(actor, "replay.approve", job.job_id, ask.why, before=before, after=after, selection=told)
        await append(connection, act, now, desk.audit_key)
    return Step(job_id=job.job_id, state=to.value, note=f"approved by {actor.name}")


async def confirm(desk: Desk, actor: Actor, job_id: str) -> None:
    """Before a job begins: is what was agreed to what would be sent? Raises NotSo, and the job is proposed again."""
    async with desk.database.connect() as connection:
        job = await one_job(connection, job_id)
        items = await items_of(connection, job.job_id)
        edited = await newest_edits(connection, [item.letter_id for item in items], "")
    begun = any(item.state not in (ItemState.WAITING, ItemState.LEFT) for item in items)
    if begun or job.state not in (JobState.PLANNED.value, JobState.RUNNING.value):
        return
    newer = any(_newest(edited, item) for item in items) and not job.patch
    if not newer and (not job.needs or await _mark(desk, items, job.redirect) == job.approval):
        return
    now = desk.clock()
    async with desk.database.begin() as connection:
        job = await one_job(connection, job.job_id, lock=True)
        to = await move_job(connection, job, JobMove.VOID, now, VOID)
        values = {"approval": "", "approved_by": "", "needs": job.needs or "a letter was edited since it was made"}
        await connection.execute(update(replay_jobs).where(replay_jobs.c.job_id == job.job_id).values(**values))
        act = desk.act(actor, ACTION, job.job_id, VOID, before={"state": job.state}, after={"state": to.value})
        await append(connection, act, now, desk.audit_key)
    raise NotSo(VOID)


def _newest(edited: dict[str, object], item: Item) -> bool:
    """Whether a letter has a newer version than the one that was frozen."""
    edit = edited.get(item.letter_id)
    return edit is not None and getattr(edit, "edit_id", "") != item.edit_id


async def _mark(desk: Desk, items: list[Item], redirect: str) -> str:
    waiting = [one for one in items if one.state is ItemState.WAITING]
    return mark_of(await verdicts_of(desk, waiting, redirect), redirect)
