"""`meshline dlq replay|preview|jobs|pause|resume|cancel`: letters through their stages again, as a job."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.console import Console

from ops.access.people import Actor
from ops.cases.desk import Desk
from ops.cli.asking import at_the_desk, index_letters
from ops.cli.failure import FOUND, say
from ops.cli.replay_preview import Previewed, look_ahead, tell_preview
from ops.replay.asks import NewJob, OneJob, Selection
from ops.replay.course import Counts
from ops.replay.jobs import ACTION, all_jobs, items_of, one_job, steer
from ops.replay.order import Item
from ops.replay.pace import eta
from ops.replay.run import Progress
from ops.replay.service import carry_out, choose_only, plan
from ops.replay.states import ItemState, JobMove, JobState
from schemas.reasons import Reason
from streams.runtime.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
JobId = Annotated[str, typer.Argument(help="The job's id, or its first characters.")]
Why = Annotated[str, typer.Option(help="The reason; it is kept in the audit.")]


def extend(dlq: typer.Typer) -> None:
    """Add the commands to the group `dlq`."""
    for command in (replay, preview, jobs, pause, resume, cancel):
        dlq.command()(command)


def replay(  # noqa: PLR0913 - each is an option
    letters: Annotated[list[str] | None, typer.Argument(help="Letters by id, or its first characters.")] = None,
    *,
    why: Annotated[str, typer.Option(help="What was done about the cause; kept with the replay.")],
    id_: Annotated[list[str] | None, typer.Option("--id", help="The same; may be given several times.")] = None,
    reason: Annotated[Reason | None, typer.Option(help="Only letters with this reason.")] = None,
    key: Annotated[str | None, typer.Option(help="Only letters about this record.")] = None,
    entity: Annotated[str | None, typer.Option(help="Only letters about this kind of record.")] = None,
    account_id: Annotated[str | None, typer.Option("--account", help="Only letters of this account.")] = None,
    group: Annotated[str | None, typer.Option(help="Only letters of this group.")] = None,
    schema_id: Annotated[int | None, typer.Option(help="Only records written with this schema.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only letters that failed since then, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Only letters that failed before then, UTC.")] = None,
    canary: Annotated[int, typer.Option(min=0, help="So many first; the rest when all of them went well.")] = 0,
    rate: Annotated[float, typer.Option(min=0.01, help="Letters a second, at most; less while live events wait.")] = 50,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--preview", help="Say what each would come to, and the call; send nothing.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Send letters through the stages that refused them, in order, and watch each to its end.

    The selection is frozen when the command is given; without ids it takes letters with open cases only. A repeat
    changes nothing twice, and nothing newer is overwritten. Exit 0 when every letter came to a good end, 100 when not.
    """
    chosen: dict[str, Any] = {
        "ids": (*(letters or ()), *(id_ or ())),
        "since": since and since.replace(tzinfo=UTC),
        "until": until and until.replace(tzinfo=UTC),
    }
    chosen |= {"reason": reason, "key": key, "entity": entity, "account_id": account_id}
    chosen |= {"group": group, "schema_id": schema_id}

    async def work(desk: Desk, actor: Actor, settings: Settings) -> dict[str, Any] | Previewed:
        selection = Selection.model_validate({name: value for name, value in chosen.items() if value})
        asked = NewJob(selection=selection, why=why, canary=canary, rate=rate)
        await desk.admit(actor, ACTION, asked)
        await index_letters(desk, settings)
        if dry_run:
            return await look_ahead(desk, settings, await choose_only(desk, settings, selection))
        job_id = uuid4().hex[:12]
        items = await plan(desk, actor, settings, asked, job_id)
        return await _run(desk, actor, settings, items, job_id)

    done = at_the_desk(work)
    _tell(done, json_output) if isinstance(done, dict) else tell_preview(done, json_output)


def preview(job_id: JobId, json_output: Json = False) -> None:
    """What the letters that a job has not sent yet would come to now: the verdict, the call, the fields."""

    async def work(desk: Desk, actor: Actor, settings: Settings) -> Previewed:
        await desk.admit(actor, ACTION, OneJob(job_id=job_id))
        async with desk.database.connect() as connection:
            items = await items_of(connection, (await one_job(connection, job_id)).job_id)
        return await look_ahead(desk, settings, [item for item in items if item.state is ItemState.WAITING])

    tell_preview(at_the_desk(work), json_output)


def jobs(
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 20,
    json_output: Json = False,
) -> None:
    """Replay jobs, the newest first."""

    async def work(desk: Desk, actor: Actor, settings: Settings) -> list[dict[str, Any]]:
        await desk.admit(actor, "letter.list", OneJob(job_id="0"))
        async with desk.database.connect() as connection:
            return [_row(job, counts) for job, counts in await all_jobs(connection, limit)]

    found = at_the_desk(work)
    if json_output:
        typer.echo(json.dumps(found))
        return
    out = Console(highlight=False, markup=False, soft_wrap=True)
    for one in found:
        out.print(f"{one['job_id']}  {one['created_at']:.19}  {one['state']:9} {_counts(one)}  {one['created_by']}")
        out.print(f"              {one['why']}" + (f" ({one['note']})" if one["note"] else ""))
    say(f"{len(found)} jobs")


def pause(job_id: JobId, why: Why = "", json_output: Json = False) -> None:
    """Let a job rest: what is under way comes to its end, nothing more is sent. `resume` goes on."""
    _steer(job_id, JobMove.PAUSE, why, json_output)


def cancel(job_id: JobId, why: Why, json_output: Json = False) -> None:
    """End a job: letters that were not sent keep their cases open, and are free for another job."""
    _steer(job_id, JobMove.CANCEL, why, json_output)


def resume(job_id: JobId, why: Why = "", json_output: Json = False) -> None:
    """Go on with a job that rests, stopped itself, or whose process died, from where it stands."""

    async def work(desk: Desk, actor: Actor, settings: Settings) -> dict[str, Any]:
        await desk.admit(actor, ACTION, OneJob(job_id=job_id, why=why))
        async with desk.database.connect() as connection:
            whole_id = (await one_job(connection, job_id)).job_id
            items = await items_of(connection, whole_id)
        return await _run(desk, actor, settings, items, whole_id)

    _tell(at_the_desk(work), json_output)


async def _run(desk: Desk, actor: Actor, settings: Settings, items: list[Item], job_id: str) -> dict[str, Any]:
    say(f"job {job_id}: {len(items)} letters. To stop it: meshline dlq pause {job_id}")
    state, note, _ = await carry_out(desk, actor, settings, job_id, _progress(len(items)))
    async with desk.database.connect() as connection:
        job, after = await one_job(connection, job_id), await items_of(connection, job_id)
    told = _row(job, Counts.of(after)) | {"state": state.value, "note": note or job.note}
    names = ("letter_id", "record", "note")
    return told | {
        "items": [{name: getattr(one, name) for name in names} | {"state": one.state.value} for one in after]
    }


def _progress(total: int) -> Callable[[Progress], None]:
    begun, last = time.monotonic(), [0.0]
    live = sys.stderr.isatty()

    def tell(progress: Progress) -> None:
        now = time.monotonic()
        if now - last[0] < (0.5 if live else 5.0):
            return
        last[0] = now
        counts = progress.counts
        left = eta(counts.ended, total, now - begun)
        words = f"{counts.ended} of {total} have an end, {counts.sent} under way, {counts.failed} failed again"
        words += f", about {left:.0f} s to go" if left is not None else ""
        words += f"; slowed down, {progress.lag} live events wait" if progress.lag and progress.rate <= 0 else ""
        typer.echo("\r" + words if live else words, nl=not live, err=True)

    return tell


def _steer(job_id: str, move: JobMove, why: str, json_output: bool) -> None:
    async def work(desk: Desk, actor: Actor, settings: Settings) -> JobState:
        await desk.admit(actor, ACTION, OneJob(job_id=job_id, why=why))
        return await steer(desk, actor, job_id, move, why)

    state = at_the_desk(work)
    if json_output:
        typer.echo(json.dumps({"job_id": job_id, "state": state.value}))
    else:
        say(f"job {job_id} is {state.value}")


def _row(job: Any, counts: Counts) -> dict[str, Any]:
    names = ("job_id", "state", "why", "created_by", "note", "selection")
    row = {name: getattr(job, name) for name in names} | {"created_at": job.created_at.isoformat()}
    return row | {"letters": counts.total} | {state.value: getattr(counts, state.value) for state in ItemState}


def _counts(row: dict[str, Any]) -> str:
    named = [f"{row[state.value]} {state.value}" for state in ItemState if row[state.value]]
    return f"{row['letters']} letters: {', '.join(named)}"


def _tell(done: dict[str, Any], json_output: bool) -> None:
    if json_output:
        typer.echo(json.dumps(done))
    else:
        out = Console(highlight=False, markup=False, soft_wrap=True)
        for item in done["items"][:200]:
            out.print(f"{item['letter_id'][:12]}  {item['state']:8} {item['record']}  {item['note'][:200]}")
        say(f"job {done['job_id']} is {done['state']}, {_counts(done)}" + (f": {done['note']}" if done["note"] else ""))
        if done["state"] in ("paused", "stopped"):
            say(f"To go on: meshline dlq resume {done['job_id']}; to end it: meshline dlq cancel {done['job_id']}")
    good = done["state"] == JobState.DONE.value and not done["failed"] and not done["left"]
    if not good:
        raise typer.Exit(FOUND)
