"""`meshline dlq list|show|import`: see what failed and why. Sending letters again is in `replay`."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from ops.access.people import Actor
from ops.cases import answers
from ops.cases.asks import OneTopic
from ops.cases.desk import Desk
from ops.cases.importing import ACTION, Imported, import_letters
from ops.cli import dlq_edit, dlq_parked, dlq_patch, replay
from ops.cli.asking import ask, at_the_desk
from ops.cli.failure import FOUND, say
from schemas.reasons import Reason, catalogue
from streams.letters.foreign import Family
from streams.runtime.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
ReasonOption = Annotated[Reason | None, typer.Option(help="Only letters with this reason.")]


def register(app: typer.Typer) -> None:
    dlq = typer.Typer(help="Dead letters: list, show, replay.", no_args_is_help=True)
    dlq.command("list")(list_)
    dlq.command()(show)
    dlq.command("import")(import_)
    dlq_parked.extend(dlq)
    replay.extend(dlq)
    dlq_edit.extend(dlq)
    dlq_patch.extend(dlq)
    app.add_typer(dlq, name="dlq")


def list_(
    reason: ReasonOption = None,
    key: Annotated[str | None, typer.Option(help="Only letters about this record.")] = None,
    account_id: Annotated[str | None, typer.Option("--account", help="Only letters of this account.")] = None,
    group: Annotated[str | None, typer.Option(help="Only letters of this group.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only letters that failed since then, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Only letters that failed before then, UTC.")] = None,
    limit: Annotated[int, typer.Option(help="The newest so many.")] = 50,
    json_output: Json = False,
) -> None:
    """Dead letters, newest last, with how often each was replayed."""
    page = ask(
        "letter.list",
        answers.LetterPage,
        fresh=True,
        reason=reason,
        key=key,
        account_id=account_id,
        group=group,
        since=since and since.replace(tzinfo=UTC),
        until=until and until.replace(tzinfo=UTC),
        limit=limit,
    )
    letters = page.letters[::-1]
    if json_output:
        typer.echo(json.dumps([letter.model_dump(mode="json") for letter in letters]))
        return
    out = Console(highlight=False, markup=False, soft_wrap=True)
    for letter in letters:
        record = f"{letter.entity} {letter.key}".strip() or letter.origin
        head = f"{letter.letter_id[:12]}  {letter.failed_at:%Y-%m-%d %H:%M:%S}  {letter.reason:24} {record}"
        out.print(head + (f"  replayed {letter.replays}x" if letter.replays else ""))
        out.print(f"              {letter.detail[:300]}")
    more = f" (the newest {limit} are shown)" if page.total > limit else ""
    say(f"{page.total} letters{more}. See one whole: meshline dlq show <letter>")


def show(
    letter_id: Annotated[str, typer.Argument(help="The letter's id, or its first characters.")],
    reveal: Annotated[bool, typer.Option(help="Personal data unmasked; that is kept in the audit.")] = False,
    json_output: Json = False,
) -> None:
    """One letter: what happened, to which record, what to do, and the record itself."""
    letter = ask("letter.show", answers.LetterWhole, fresh=True, letter_id=letter_id, reveal=reveal)
    if json_output:
        typer.echo(letter.model_dump_json())
        return
    entry = catalogue()[Reason(letter.reason)]
    unread = "a record that could not be read" if letter.reason == Reason.UNDECODABLE else "the raw record below"
    about = f"{letter.entity} {letter.key}" if letter.key else unread
    out = Console(highlight=False, markup=False, soft_wrap=True)
    out.print(f"What happened   {letter.reason}: {entry.meaning}")
    out.print(f"                {letter.detail}")
    out.print(f"To which record {about}" + (f", account {letter.account_id}" if letter.account_id else ""))
    out.print(f"                read from {letter.origin}, event {letter.event_id}")
    times = f"attempts {letter.attempts}, came {letter.failures} times"
    out.print(f"When            first {letter.first_failed_at:%F %T}, last {letter.failed_at:%F %T} UTC, {times}")
    out.print(f"Stage           {letter.stage}" + (f", sink {letter.sink}" if letter.sink else ""))
    facts = {"error": letter.error_class, "HTTP": letter.http_status, "schema id": letter.schema_id}
    known = [f"{name} {value}" for name, value in facts.items() if value]
    if known:
        out.print(f"Facts           {', '.join(known)}")
    out.print(
        f"Owner           {entry.owner}, backup {entry.backup}; class {entry.impact}, to be resolved within {entry.sla}"
    )
    out.print(f"What to do      {entry.action}")
    if letter.suggestion:
        out.print(f"                {letter.suggestion}")
    out.print(f"                runbook: ops/runbooks/{letter.reason}.md")
    out.print(f"The case        meshline case show {letter.letter_id[:12]}; its group: {letter.group_id[:13]}")
    if letter.parked:
        out.print(f"Behind it       {letter.parked} events are parked since {letter.parked_since:%F %T} UTC:")
        out.print(f"                meshline dlq parked --key {letter.key}")
    if entry.retryable:
        out.print(f'What to type    meshline dlq replay {letter.letter_id[:12]} --why "..."')
    out.print(f"Replayed        {letter.replays} times")
    out.print("The record" + ("" if letter.revealed else " (personal data is masked; --reveal shows it)"))
    out.print(json.dumps(letter.payload, indent=2, ensure_ascii=False))


def import_(
    family: Annotated[Family, typer.Option(help="Who wrote them.")],
    topic: Annotated[str, typer.Option(help="Their dead-letter topic.")],
    why: Annotated[str, typer.Option(help="The reason; it is kept in the audit.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be imported; write nothing.")] = False,
    json_output: Json = False,
) -> None:
    """Letters that others wrote become ours. Exit 100 when a record is no letter of the family."""

    async def work(desk: Desk, actor: Actor, settings: Settings) -> Imported:
        await desk.admit(actor, ACTION, OneTopic(topic=topic, why=why))
        return await import_letters(desk, actor, settings.bootstrap, family, topic, why, dry_run=dry_run)

    done = at_the_desk(work)
    refused = done.refused or []
    if json_output:
        typer.echo(json.dumps(asdict(done)))
    else:
        for line in refused[:20]:
            say(f"[yellow]left out[/]  {line}")
        verb = "would be letters" if dry_run else "are letters now"
        wrote = done.read - len(refused)
        say(f"{wrote} of {done.read} records {verb}; {done.fetched} fetched from their source, {done.gone} gone there")
    if refused:
        raise typer.Exit(FOUND)
