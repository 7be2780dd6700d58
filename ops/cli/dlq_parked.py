"""`meshline dlq parked|unblock|skip`: what waits behind letters, and the switch of who is on call."""

from __future__ import annotations

from typing import Annotated, get_args

import typer
from rich.console import Console

from ops.cli.asking import ask
from ops.cli.failure import say
from ops.parking.verbs import ParkedEvent, ParkedPage, Unblocked
from schemas.records import Entity

Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
Why = Annotated[str, typer.Option(help="The reason; it is kept in the audit.")]


def extend(dlq: typer.Typer) -> None:
    """Add the commands to the group."""
    dlq.command("parked")(parked)
    dlq.command("unblock")(unblock)
    dlq.command("skip")(skip)


def parked(
    key: Annotated[str | None, typer.Option(help="Only this record, with its single events.")] = None,
    limit: Annotated[int, typer.Option(help="The longest waiting so many.")] = 50,
    json_output: Json = False,
) -> None:
    """Records whose events wait behind an open letter: how many, since when, behind which letter, whose it is."""
    page = ask("parking.list", ParkedPage, key=key, limit=limit)
    if json_output:
        typer.echo(page.model_dump_json())
        return
    out = Console(highlight=False, markup=False, soft_wrap=True)
    for one in page.parked:
        record = f"{one.entity} {one.key}"
        behind = ", ".join(letter[:12] for letter in one.letters) or "nothing: they are on their way"
        out.print(f"{record:32} {one.events:5} events since {one.since:%Y-%m-%d %H:%M:%S}  {one.owner}")
        out.print(f"    behind {behind} {' '.join(one.reasons)}")
    for event in page.single:
        what = f", will be {event.instead}" if event.instead else ""
        out.print(f"    {event.event_id}  {event.operation}  {event.state}{what}")
    say(f"{page.events} events of {page.records} records are parked. What to do: meshline dlq show <letter>")


def unblock(
    entity: Annotated[str, typer.Argument(help=f"One of {', '.join(get_args(Entity))}.")],
    key: Annotated[str, typer.Argument(help="The record's id.")],
    why: Why,
    json_output: Json = False,
) -> None:
    """Stop blocking a record: what waits behind its letters goes on now, and the letters stay open."""
    done = ask("parking.unblock", Unblocked, entity=entity, key=key, why=why)
    if json_output:
        typer.echo(done.model_dump_json())
        return
    say(f"{entity} {key} is blocked no more; {done.events} events go on. Still open: {', '.join(done.letters)}")


def skip(
    event_id: Annotated[str, typer.Argument(help="The parked event (meshline dlq parked --key).")],
    why: Why,
    json_output: Json = False,
) -> None:
    """Skip one parked event: when its turn comes it is recorded as skipped and not decided."""
    event = ask("parking.skip", ParkedEvent, event_id=event_id, why=why)
    if json_output:
        typer.echo(event.model_dump_json())
        return
    say(f"{event.entity} {event.key}: event {event.event_id} will be skipped when its turn comes")
