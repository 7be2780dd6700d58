"""`meshline dlq replay|preview|jobs|job|pause|resume|cancel`: letters through their stages again, as a job."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from ops.access.people import Actor
from ops.cases.desk import Desk
from ops.cases.service import do
from ops.cli import replay_told as tell
from ops.cli.asking import ask, at_the_desk, index_letters
from ops.cli.failure import say
from ops.cli.replay_preview import tell_preview
from ops.replay import answers, asks
from schemas.reasons import Reason
from streams.runtime.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
JobId = Annotated[str, typer.Argument(help="The job's id, or its first characters.")]
Why = Annotated[str, typer.Option(help="The reason; it is kept in the audit.")]
Reveal = Annotated[bool, typer.Option(help="Personal data unmasked; that is kept in the audit.")]
Detach = Annotated[bool, typer.Option("--detach", help="Let the cases worker run it, and do not wait.")]

Ids = Annotated[list[str] | None, typer.Option("--id", help="Letters by id, or its first characters.")]
ReasonOf = Annotated[Reason | None, typer.Option("--reason", help="Only letters with this reason.")]
Key = Annotated[str | None, typer.Option(help="Only letters about this record.")]
EntityOf = Annotated[str | None, typer.Option("--entity", help="Only letters about this kind of record.")]
Account = Annotated[str | None, typer.Option("--account", help="Only letters of this account.")]
Group = Annotated[str | None, typer.Option(help="Only letters of this group.")]
SchemaId = Annotated[int | None, typer.Option(help="Only records written with this schema.")]
Since = Annotated[datetime | None, typer.Option(help="Only letters that failed since then, UTC.")]
Until = Annotated[datetime | None, typer.Option(help="Only letters that failed before then, UTC.")]


def extend(dlq: typer.Typer) -> None:
    """Add the commands to the group `dlq`."""
    for command in (replay, preview, jobs, job, pause, resume, cancel, approve, undo):
        dlq.command()(command)


def replay(  # noqa: PLR0913 - each is an option
    letters: Annotated[list[str] | None, typer.Argument(help="Letters by id, or its first characters.")] = None,
    *,
    why: Annotated[str, typer.Option(help="What was done about the cause; kept with the replay.")],
    id_: Ids = None,
    reason: ReasonOf = None,
    key: Key = None,
    entity: EntityOf = None,
    account_id: Account = None,
    group: Group = None,
    schema_id: SchemaId = None,
    since: Since = None,
    until: Until = None,
    canary: Annotated[int, typer.Option(min=0, help="So many first; the rest when all of them went well.")] = 0,
    rate: Annotated[float, typer.Option(min=0.01, help="Letters a second, at most; less while live events wait.")] = 50,
    detach: Detach = False,
    to: Annotated[str, typer.Option(help="Send them to this topic instead; the settings say which are allowed.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--preview", help="Say what each would come to, and the call; send nothing.")
    ] = False,
    reveal: Reveal = False,
    json_output: Json = False,
) -> None:
    """Send letters through the stages that refused them, in order, and watch each to its end.

    The selection is frozen when the command is given; without ids it takes letters with open cases only. A repeat
    changes nothing twice, and nothing newer is overwritten. Exit 0 when every letter came to a good end, 100 when not.
    """
    ids = (*(letters or ()), *(id_ or ()))
    chosen = selected(ids, reason, key, entity, account_id, group, schema_id, since, until)
    if dry_run:
        tell_preview(looked(json_output, selection=chosen, reveal=reveal), json_output)
        return

    async def work(desk: Desk, actor: Actor, settings: Settings) -> answers.JobWhole:
        await index_letters(desk, settings)
        asked = asks.NewJob(
            selection=asks.Selection.model_validate(chosen), why=why, canary=canary, rate=rate, detach=detach, to=to
        )
        made = await do(desk, actor, "letter.replay", asked)
        assert isinstance(made, answers.JobWhole)
        return made if detach else await tell.run(desk, actor, settings, made)

    tell.job(at_the_desk(work), json_output)


def preview(  # noqa: PLR0913, PLR0917 - each is an option
    job_id: Annotated[str | None, typer.Argument(help="A job, by its first characters.")] = None,
    id_: Ids = None,
    reason: ReasonOf = None,
    key: Key = None,
    entity: EntityOf = None,
    account_id: Account = None,
    group: Group = None,
    schema_id: SchemaId = None,
    since: Since = None,
    until: Until = None,
    reveal: Reveal = False,
    json_output: Json = False,
) -> None:
    """What letters would come to now, or those that a job has not sent yet: the verdict, the call, the fields."""
    chosen = selected(id_ or (), reason, key, entity, account_id, group, schema_id, since, until)
    asked = {"job_id": job_id} if job_id else {"selection": chosen}
    tell_preview(looked(json_output, **asked, reveal=reveal), json_output)


def jobs(
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 20, json_output: Json = False
) -> None:
    """Replay jobs, the newest first."""
    tell.page(ask("replay.list", answers.JobPage, limit=limit), json_output)


def job(job_id: JobId, json_output: Json = False) -> None:
    """One job with each of its letters. Exit 100 when one did not come to a good end."""
    tell.job(ask("replay.show", answers.JobWhole, job_id=job_id), json_output)


def pause(job_id: JobId, why: Why, json_output: Json = False) -> None:
    """Let a job rest: what is under way comes to its end, nothing more is sent. `resume` goes on."""
    tell.step(ask("replay.pause", answers.Step, job_id=job_id, why=why), json_output)


def cancel(job_id: JobId, why: Why, json_output: Json = False) -> None:
    """End a job: letters that were not sent keep their cases open, and are free for another job."""
    tell.step(ask("replay.cancel", answers.Step, job_id=job_id, why=why), json_output)


def resume(job_id: JobId, why: Why, detach: Detach = False, json_output: Json = False) -> None:
    """Go on with a job that rests, stopped itself, or whose process died, from where it stands."""

    async def work(desk: Desk, actor: Actor, settings: Settings) -> answers.JobWhole:
        await do(desk, actor, "replay.resume", asks.Resume(job_id=job_id, why=why, detach=detach))
        found = await do(desk, actor, "replay.show", asks.OneJob(job_id=job_id))
        assert isinstance(found, answers.JobWhole)
        return found if detach else await tell.run(desk, actor, settings, found)

    tell.job(at_the_desk(work), json_output)


def approve(
    job_id: JobId,
    preview: Annotated[str, typer.Option(help="The mark that `meshline dlq preview <job>` showed.")],
    why: Why,
    json_output: Json = False,
) -> None:
    """Agree to somebody else's job, exactly as its preview showed it. It then runs, or is resumed by who made it."""
    tell.step(ask("replay.approve", answers.Step, job_id=job_id, preview=preview, why=why), json_output)


def undo(job_id: JobId, why: Why, id_: Ids = None, json_output: Json = False) -> None:
    """Write back what was there before, where that can be done. Exit 100 when a letter stays as it is."""
    tell.undone(ask("replay.undo", answers.Undone, job_id=job_id, why=why, ids=tuple(id_ or ())), json_output)


def selected(  # noqa: PLR0913, PLR0917 - what a selection can say
    ids: Any, reason: Any, key: Any, entity: Any, account_id: Any, group: Any, schema_id: Any, since: Any, until: Any
) -> dict[str, Any]:
    """The fields of a selection that were given."""
    chosen = {"ids": tuple(ids), "reason": reason, "key": key, "entity": entity, "account_id": account_id}
    chosen |= {"group": group, "schema_id": schema_id}
    chosen |= {"since": since and since.replace(tzinfo=UTC), "until": until and until.replace(tzinfo=UTC)}
    return {name: value for name, value in chosen.items() if value}


def looked(quiet: bool, **fields: Any) -> answers.Previewed:
    """A preview with the letters that came meanwhile."""
    if not quiet:
        say("looking at each letter; nothing is sent or written")
    return ask("letter.preview", answers.Previewed, fresh=True, **fields)
