"""Jobs in the operations database: made with their items in one transaction, moved as `states` allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ops.access.people import Actor
from ops.audit.store import append
from ops.cases.desk import Desk
from ops.cases.errors import BadAsk, NotFound
from ops.replay.answers import Step
from ops.replay.asks import NewJob
from ops.replay.choosing import choose, claimed, letters_of
from ops.replay.course import Counts
from ops.replay.edits.levels import Level
from ops.replay.edits.store import edit_row, newest_edits, numbers_of, put_edits
from ops.replay.errors import NothingChosen, NotSo
from ops.replay.order import Item, frozen, with_edits
from ops.replay.patches.model import Patch
from ops.replay.patches.versions import patch_letters
from ops.replay.redirecting import allowed_target
from ops.replay.second import Alone, Weight, why_second
from ops.replay.states import OVER, ItemState, JobMove, JobState, job_after
from ops.replay.tables import replay_items, replay_jobs

ACTION = "letter.replay"
CANCELLED = "the job was cancelled"
SENT_AND_CANCELLED = "it was sent; the job was cancelled before its end was seen"
_CLAIMS = 7420933  #: of the lock under which letters are claimed


async def create_job(
    desk: Desk,
    actor: Actor,
    asked: NewJob,
    job_id: str,
    positions: Mapping[str, int],
    cap: int,
    patch: Patch | None = None,
) -> list[Item]:
    """Freeze the selection. `positions`: the ends of the topics now, from where ends are looked for.

    `patch` makes the versions that are sent. Raises NothingChosen, NotFound, BadAsk.
    """
    now = desk.clock()
    async with desk.database.begin() as connection:
        await connection.exec_driver_sql(f"select pg_advisory_xact_lock({_CLAIMS})")
        chosen = await choose(connection, asked.selection, desk.codec)
        if not chosen:
            raise NothingChosen("no letter with an open case matches: meshline dlq list")
        ids = [one.letter_id for one in chosen]
        edits = await newest_edits(connection, ids)
        if patch is not None:
            edits |= await _patched(desk, actor, connection, patch, edits, ids, job_id)
        redirect = allowed_target(asked.to, chosen, desk.settings.replay.redirects)
        items = with_edits(frozen(chosen, cap, await claimed(connection, ids), redirect), edits)
        going = {item.letter_id for item in items if item.state is ItemState.WAITING}
        weights = [weight_of(one, edits.get(one.letter_id)) for one in chosen if one.letter_id in going]
        title = patch.title if patch is not None else ""
        needs = why_second(weights, Alone.of(desk.settings.replay), patch=title, redirect=redirect)
        selection = asked.selection.model_dump(mode="json", exclude_defaults=True)
        row = _row(actor, asked, needs, now) | {"redirect": redirect, "patch": title}
        row |= {"job_id": job_id, "selection": selection, "positions": dict(positions)}
        await connection.execute(insert(replay_jobs).values(row))
        rows = [asdict(item) | {"job_id": job_id, "state": item.state.value} for item in items]
        for start in range(0, len(rows), 1000):
            await connection.execute(insert(replay_items), rows[start : start + 1000])
        told = {"query": selection, "letters": [item.letter_id for item in items], "job": job_id}
        act = desk.act(actor, ACTION, job_id, asked.why, after={"state": row["state"]}, selection=told)
        await append(connection, act, now, desk.audit_key)
    return items


async def _patched(
    desk: Desk,
    actor: Actor,
    connection: AsyncConnection,
    patch: Patch,
    edits: Mapping[str, Any],
    ids: Sequence[str],
    job_id: str,
) -> dict[str, Any]:
    """The versions that a patch makes, kept for this job alone."""
    rows = await letters_of(connection, ids)
    outcome, numbers = patch_letters(patch, rows, edits, desk.codec), await numbers_of(connection, ids)
    kept = [
        edit_row(
            row,
            edits.get(row.letter_id),
            one.made,
            one.levels,
            one.level,
            edit_id=desk.new_id(),
            number=numbers.get(row.letter_id, 0) + 1,
            job_id=job_id,
            why=patch.why,
            by=actor.name,
            at=desk.clock(),
        )
        for row in rows
        if (one := outcome.patched.get(row.letter_id)) is not None
    ]
    await put_edits(connection, kept)
    return await newest_edits(connection, ids, job_id)


def weight_of(letter: Any, edit: Any) -> Weight:
    """Of a letter, and the version of it that would be sent."""
    return Weight(letter.money, letter.currency, None if edit is None else Level(edit.level))


def _row(actor: Actor, asked: NewJob, needs: str, now: datetime) -> dict[str, Any]:
    state = JobState.PROPOSED if needs else JobState.PLANNED
    row: dict[str, Any] = {"state": state.value, "why": asked.why, "canary": asked.canary, "rate": asked.rate}
    row |= {"created_by": actor.name, "created_role": actor.role.value, "created_at": now, "updated_at": now}
    row |= {"runner": "worker" if asked.detach else "here", "epoch": 0, "overlook": 0, "note": ""}
    return row | {"needs": needs, "approval": "", "approved_by": ""}


async def one_job(connection: AsyncConnection, prefix: str, *, lock: bool = False) -> Any:
    """The job's row. Raises NotFound, BadAsk."""
    query = select(replay_jobs).where(replay_jobs.c.job_id.startswith(prefix, autoescape=True)).limit(2)
    rows = (await connection.execute(query.with_for_update() if lock else query)).all()
    if not rows:
        raise NotFound(f"there is no replay job whose id begins with {prefix!r}: meshline dlq jobs")
    if len(rows) > 1:
        raise BadAsk(f"more than one job has an id that begins with {prefix!r}: give more characters")
    return rows[0]


async def items_of(connection: AsyncConnection, job_id: str) -> list[Item]:
    """In their order."""
    query = select(replay_items).where(replay_items.c.job_id == job_id).order_by(replay_items.c.place)
    names = Item.__slots__
    rows = (await connection.execute(query)).all()
    return [Item(**{**{name: getattr(row, name) for name in names}, "state": ItemState(row.state)}) for row in rows]


async def all_jobs(connection: AsyncConnection, limit: int) -> Sequence[tuple[Any, Counts]]:
    """The newest jobs with how their items stand."""
    rows = (await connection.execute(select(replay_jobs).order_by(replay_jobs.c.created_at.desc()).limit(limit))).all()
    mine = replay_items.c.job_id.in_([row.job_id for row in rows])
    columns = (replay_items.c.job_id, replay_items.c.state)
    query = select(*columns, func.count()).where(mine).group_by(*columns)
    counts: dict[str, dict[str, int]] = {}
    for job_id, state, count in (await connection.execute(query)).all():
        counts.setdefault(job_id, {})[state] = count
    return [(row, Counts(**counts.get(row.job_id, {}))) for row in rows]


async def move_job(connection: AsyncConnection, job: Any, move: JobMove, now: datetime, note: str = "") -> JobState:
    """Write the state that a move leads to. `job` is the row, locked. Raises NotSo.

    Letters of a cancelled job are free for others again. Who resumes a job that stopped itself has seen its failures:
    the canaries are over, and those are not counted again.
    """
    to = job_after(JobState(job.state), move)
    if to is None:
        raise NotSo(f"the job is {job.state}: it cannot {move.value}")
    values: dict[str, Any] = {
        "state": to.value,
        "note": note,
        "updated_at": now,
        "ended_at": now if to in OVER else None,
    }
    if move is JobMove.RESUME and job.state == JobState.STOPPED.value:
        mine = (replay_items.c.job_id == job.job_id) & (replay_items.c.state == ItemState.FAILED.value)
        failed = select(func.count()).select_from(replay_items).where(mine)
        values |= {"canary": 0, "overlook": failed.scalar_subquery()}
    await connection.execute(update(replay_jobs).where(replay_jobs.c.job_id == job.job_id).values(**values))
    if to is JobState.CANCELLED:
        for state, words in ((ItemState.WAITING, CANCELLED), (ItemState.SENT, SENT_AND_CANCELLED)):
            mine = (replay_items.c.job_id == job.job_id) & (replay_items.c.state == state.value)
            left = {"state": ItemState.LEFT.value, "note": words, "ended_at": now}
            await connection.execute(update(replay_items).where(mine).values(**left))
    return to


async def steer(desk: Desk, actor: Actor, job_id: str, move: JobMove, why: str, runner: str = "") -> Step:
    """A person pauses, cancels or resumes a job. `runner`: who runs it from now on. Raises NotSo, NotFound, BadAsk."""
    now = desk.clock()
    async with desk.database.begin() as connection:
        job = await one_job(connection, job_id, lock=True)
        note = f"by {actor.name}" + (f": {why}" if why else "")
        to = await move_job(connection, job, move, now, note)
        if runner:
            values = {"runner": runner, "epoch": replay_jobs.c.epoch + 1}  # whoever runs it now leaves off
            await connection.execute(update(replay_jobs).where(replay_jobs.c.job_id == job.job_id).values(**values))
        act = desk.act(actor, ACTION, job.job_id, why, before={"state": job.state}, after={"state": to.value})
        await append(connection, act, now, desk.audit_key)
    return Step(job_id=job.job_id, state=to.value, note=note)
