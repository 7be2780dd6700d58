"""`meshline dlq list|show|replay`: see what failed and why, and send one letter through its stage again."""

from __future__ import annotations

import getpass
import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from sqlalchemy import create_engine, func, insert, select

from ops.cli.failure import say, told
from schemas.codec import Codec, Undecodable
from schemas.reasons import Reason, catalogue
from schemas.registry import ConfluentRegistry
from streams.letters.inbox import LetterView, read_letters
from streams.letters.outbox import Outbox
from streams.letters.replay import replayed
from streams.runtime.database import driver_url
from streams.runtime.settings import Settings, load_settings
from streams.runtime.tables import replays

Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
ReasonOption = Annotated[Reason | None, typer.Option(help="Only letters with this reason.")]


def register(app: typer.Typer) -> None:
    dlq = typer.Typer(help="Dead letters: list, show, replay.", no_args_is_help=True)
    dlq.command("list")(list_)
    dlq.command()(show)
    dlq.command()(replay)
    app.add_typer(dlq, name="dlq")


def list_(
    reason: ReasonOption = None,
    key: Annotated[str | None, typer.Option(help="Only letters about this record.")] = None,
    limit: Annotated[int, typer.Option(help="The newest so many.")] = 50,
    json_output: Json = False,
) -> None:
    """Dead letters, newest last, with how often each was replayed."""
    with told():
        settings = _settings()
        found = read_letters(settings.bootstrap, [reason] if reason else None)
        counts = _replay_counts(settings)
    letters = [letter for letter in found if key is None or letter.key == key]
    if json_output:
        typer.echo(json.dumps([_facts(letter, counts) for letter in letters[-limit:]]))
        return
    out = Console(highlight=False, markup=False, soft_wrap=True)
    for letter in letters[-limit:]:
        record = f"{letter.entity} {letter.key}".strip() or letter.origin
        again = counts.get(letter.letter_id, 0)
        failed_at = letter.failed_at[:19].replace("T", " ")
        head = f"{letter.letter_id[:12]}  {failed_at}  {letter.reason.value:24} {record}"
        out.print(head + (f"  replayed {again}x" if again else ""))
        out.print(f"              {letter.detail[:300]}")
    more = f" (the newest {limit} are shown)" if len(letters) > limit else ""
    say(f"{len(letters)} letters{more}. See one whole: meshline dlq show <letter>")


def show(
    letter_id: Annotated[str, typer.Argument(help="The letter's id, or its first characters.")],
    json_output: Json = False,
) -> None:
    """One letter: what happened, to which record, what to do, and the record itself."""
    with told():
        settings = _settings()
        letter = _one(read_letters(settings.bootstrap), letter_id)
        counts = _replay_counts(settings)
        payload = _payload(letter, settings)
    if json_output:
        typer.echo(json.dumps({**_facts(letter, counts), "payload": payload}, default=str))
        return
    entry = catalogue()[letter.reason]
    unread = "a record that could not be read" if letter.reason is Reason.UNDECODABLE else "the raw record below"
    about = f"{letter.entity} {letter.key}" if letter.key else unread
    out = Console(highlight=False, markup=False, soft_wrap=True)
    out.print(f"What happened   {letter.reason.value}: {entry.meaning}")
    out.print(f"                {letter.detail}")
    out.print(f"To which record {about}" + (f", account {letter.account_id}" if letter.account_id else ""))
    out.print(f"                read from {letter.origin}, event {letter.event_id}")
    out.print(
        f"When            first {letter.first_failed_at[:19]}, last {letter.failed_at[:19]} UTC, "
        f"attempts {letter.attempts}"
    )
    out.print(f"Stage           {letter.stage}" + (f", sink {letter.sink}" if letter.sink else ""))
    out.print(
        f"Owner           {entry.owner}, backup {entry.backup}; class {entry.impact}, to be resolved within {entry.sla}"
    )
    out.print(f"What to do      {entry.action}")
    if letter.suggestion:
        out.print(f"                {letter.suggestion}")
    out.print(f"                runbook: ops/runbooks/{letter.reason.value}.md")
    if entry.retryable:
        out.print(f'What to type    meshline dlq replay {letter.letter_id[:12]} --why "..."')
    out.print(f"Replayed        {counts.get(letter.letter_id, 0)} times")
    out.print("The record")
    out.print(json.dumps(payload, indent=2, default=str, ensure_ascii=False))


def replay(
    letter_id: Annotated[str, typer.Argument(help="The letter's id, or its first characters.")],
    why: Annotated[str, typer.Option(help="What was done about the cause; kept with the replay.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent where; send nothing.")] = False,
    json_output: Json = False,
) -> None:
    """Send a letter's original bytes through the stage that refused it. A repeat changes nothing twice."""
    with told():
        settings = _settings()
        letter = _one(read_letters(settings.bootstrap), letter_id)
        outgoing = replayed(letter)
        if not dry_run:
            Outbox(settings.bootstrap).send_all_now([outgoing])
            _record_replay(settings, letter, why)
    if json_output:
        typer.echo(json.dumps({"letter_id": letter.letter_id, "topic": outgoing.topic, "sent": not dry_run}))
        return
    verb = "would go" if dry_run else "went"
    about = f"{letter.letter_id[:12]} ({letter.entity} {letter.key})"
    say(f"letter {about} {verb} to {outgoing.topic}, stage {letter.stage}")
    if not dry_run:
        say("If it fails again, the letter returns with a later time: meshline dlq show " + letter.letter_id[:12])


def _settings() -> Settings:
    settings = load_settings()
    settings.need("bootstrap", "operations_url", "registry_url")
    return settings


def _one(letters: list[LetterView], prefix: str) -> LetterView:
    found = [letter for letter in letters if letter.letter_id.startswith(prefix)]
    if len(found) == 1:
        return found[0]
    many = f"{len(found)} letters" if found else "no letter"
    say(f"[red]failed[/]  {many} with an id that starts with {prefix!r}: meshline dlq list")
    raise typer.Exit(1)


def _facts(letter: LetterView, counts: dict[str, int]) -> dict[str, Any]:
    names = [name for name in LetterView.__slots__ if name not in ("original", "topic", "partition", "offset")]
    facts = {name: str(getattr(letter, name)) for name in names}
    return {
        **facts,
        "attempts": letter.attempts,
        "replays": counts.get(letter.letter_id, 0),
        "owner": catalogue()[letter.reason].owner,
    }


def _payload(letter: LetterView, settings: Settings) -> Any:
    registry = ConfluentRegistry(settings.registry_url)
    try:
        record = Codec(registry).decode(letter.original.value).record
    except Undecodable as error:
        raw = letter.original.value or b""
        return {
            "undecodable": str(error),
            "bytes": len(raw),
            "starts_with": raw[:120].decode("utf-8", "backslashreplace"),
        }
    finally:
        registry.close()
    return {name: value for name, value in record.items() if value is not None}


def _replay_counts(settings: Settings) -> dict[str, int]:
    engine = create_engine(driver_url(settings.operations_url))
    try:
        with engine.connect() as connection:
            rows = connection.execute(select(replays.c.letter_id, func.count()).group_by(replays.c.letter_id))
            return {letter_id: count for letter_id, count in rows}
    finally:
        engine.dispose()


def _record_replay(settings: Settings, letter: LetterView, why: str) -> None:
    engine = create_engine(driver_url(settings.operations_url))
    row = {
        "letter_id": letter.letter_id,
        "event_id": letter.event_id,
        "replayed_by": getpass.getuser(),
        "why": why,
        "replayed_at": datetime.now(UTC),
    }
    with engine.begin() as connection:
        connection.execute(insert(replays).values(row))
    engine.dispose()
