"""Running a job at the command line, and telling how it stands."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

from ops.access.people import Actor
from ops.cases.desk import Desk
from ops.cli.failure import FOUND, say
from ops.replay.answers import JobLine, JobPage, JobWhole, Step, Undone, job_whole
from ops.replay.jobs import items_of, one_job
from ops.replay.pace import eta
from ops.replay.states import ItemState
from streams.runtime.settings import Settings

if TYPE_CHECKING:
    from ops.replay.run import Progress

_STANDING = ("paused", "stopped")


async def run(desk: Desk, actor: Actor, settings: Settings, job: JobWhole) -> JobWhole:
    """The job to its end, stop or rest, by this process. One that somebody must agree to first is left as it is."""
    from ops.replay.service import carry_out  # noqa: PLC0415 - loads the agents

    if job.state == "proposed":
        return job
    say(f"job {job.job_id}: {job.letters} letters. To stop it: meshline dlq pause {job.job_id} --why ...")
    _, note, _ = await carry_out(desk, actor, settings, job.job_id, _progress(job.letters))
    async with desk.database.connect() as connection:
        whole = job_whole(await one_job(connection, job.job_id), await items_of(connection, job.job_id))
    return whole.model_copy(update={"note": note or whole.note})


def job(done: JobWhole, json_output: bool) -> None:
    """Exit 100 unless every letter came to a good end; a job that is still under way is none of this."""
    if json_output:
        typer.echo(done.model_dump_json())
    else:
        out = _out()
        for item in done.items[:200]:
            edited = "  edited" if item.edit_id else ""
            out.print(f"{item.letter_id[:12]}  {item.state:8} {item.record}  {item.note[:200]}{edited}")
        say(f"job {done.job_id} is {done.state}, {counts(done)}" + (f": {done.note}" if done.note else ""))
        if done.state == "proposed":
            say(f"A second person must agree: {done.needs}")
            say(
                f"They type: meshline dlq preview {done.job_id}, then: meshline dlq approve {done.job_id} --preview ..."
            )
            say(f"Then it is run by: meshline dlq resume {done.job_id} --why ...") if done.runner == "here" else None
        if done.state in _STANDING:
            end = f"to end it: meshline dlq cancel {done.job_id} --why ..."
            say(f"To go on: meshline dlq resume {done.job_id} --why ...; {end}")
    if not done.good and done.state not in ("planned", "running"):
        raise typer.Exit(FOUND)


def page(found: JobPage, json_output: bool) -> None:
    if json_output:
        typer.echo(found.model_dump_json())
        return
    out = _out()
    for one in found.jobs:
        out.print(f"{one.job_id}  {one.created_at:%Y-%m-%d %H:%M:%S}  {one.state:9} {counts(one)}  {one.created_by}")
        out.print(f"              {one.why}" + (f" ({one.note})" if one.note else ""))
    say(f"{len(found.jobs)} jobs. See one whole: meshline dlq job <job>")


def step(done: Step, json_output: bool) -> None:
    if json_output:
        typer.echo(done.model_dump_json())
    else:
        say(f"job {done.job_id} is {done.state}")


def undone(done: Undone, json_output: bool) -> None:
    if json_output:
        typer.echo(done.model_dump_json())
    else:
        for item in done.items:
            _out().print(f"{item.letter_id[:12]}  {'undoing' if item.done else 'stays  '}  {item.record}  {item.note}")
        say(f"{sum(one.done for one in done.items)} of {len(done.items)} effects are being undone")
    if not all(one.done for one in done.items):
        raise typer.Exit(FOUND)


def counts(job: JobLine) -> str:
    named = [f"{getattr(job, state.value)} {state.value}" for state in ItemState if getattr(job, state.value)]
    return f"{job.letters} letters: {', '.join(named)}"


def _progress(total: int) -> Callable[[Progress], None]:
    begun, last = time.monotonic(), [0.0]
    live = sys.stderr.isatty()

    def tell(progress: Progress) -> None:
        now = time.monotonic()
        if now - last[0] < (0.5 if live else 5.0):
            return
        last[0] = now
        found = progress.counts
        left = eta(found.ended, total, now - begun)
        words = f"{found.ended} of {total} have an end, {found.sent} under way, {found.failed} failed again"
        words += f", about {left:.0f} s to go" if left is not None else ""
        words += f"; slowed down, {progress.lag} live events wait" if progress.lag and progress.rate <= 0 else ""
        typer.echo("\r" + words if live else words, nl=not live, err=True)

    return tell


def _out() -> Any:
    return Console(highlight=False, markup=False, soft_wrap=True)
