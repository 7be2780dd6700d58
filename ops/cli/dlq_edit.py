"""`meshline dlq edit|versions`: a letter's record corrected before it is sent again."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from ops.cli.asking import ask
from ops.cli.failure import say
from ops.replay.answers import Version, Versions

Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
LetterId = Annotated[str, typer.Argument(help="The letter's id, or its first characters.")]


def extend(dlq: typer.Typer) -> None:
    """Add the commands to the group `dlq`."""
    for command in (edit, versions):
        dlq.command()(command)


def edit(
    letter_id: LetterId,
    fields: Annotated[list[str], typer.Option("--field", help="field=value, such as lines.0.sku=SKU-7.")],
    why: Annotated[str, typer.Option(help="The reason; it is kept in the audit.")],
    json_output: Json = False,
) -> None:
    """Change fields before the letter is sent again. The original is kept; an empty value is none."""
    wrong = [one for one in fields if "=" not in one]
    if wrong:
        raise typer.BadParameter(f"{wrong[0]!r} is not field=value", param_hint="--field")
    values = {name: value or None for name, value in (one.split("=", 1) for one in fields)}
    made = ask("letter.edit", Version, fresh=True, letter_id=letter_id, fields=values, why=why)
    if json_output:
        typer.echo(made.model_dump_json())
        return
    _print(made)
    short = made.letter_id[:12]
    say(f'Look: meshline dlq preview --id {short}; then: meshline dlq replay {short} --why "..."')


def versions(letter_id: LetterId, json_output: Json = False) -> None:
    """What people changed in a letter. The newest version is what is sent."""
    found = ask("letter.versions", Versions, letter_id=letter_id)
    if json_output:
        typer.echo(found.model_dump_json())
        return
    for one in found.versions:
        _print(one)
    say(f"{len(found.versions)} versions; the original is kept: meshline dlq show {found.letter_id[:12]}")


def _print(one: Version) -> None:
    out = Console(highlight=False, markup=False, soft_wrap=True)
    out.print(f"version {one.number}  {one.edited_at:%Y-%m-%d %H:%M:%S}  {one.edited_by} ({one.level}): {one.why}")
    for change in one.changes:
        out.print(f"           {change['field']}: {change['before']} -> {change['after']}")
