"""`meshline schemas diff`: two versions compared, in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ops.cli.schemas_check import refused
from schemas.gate.errors import BadSchema, SourceUnreadable

Json = Annotated[bool, typer.Option("--json", help="The differences as JSON on stdout.")]
Old = Annotated[str, typer.Argument(metavar="OLD", help="A file, FILE@git:REF, or a record and version: Order@v1.")]
New = Annotated[str, typer.Argument(metavar="NEW", help="The same.")]


def extend(schemas: typer.Typer) -> None:
    """Add the command to the group `schemas`."""
    schemas.command()(diff)


def diff(old: Old, new: New, json_output: Json = False) -> None:
    """Say what is different in the NEW schema, and which differences the gate would stop."""
    from schemas.gate.describe import describe  # noqa: PLC0415
    from schemas.gate.parse import parse_schema  # noqa: PLC0415

    with refused():
        parsed = []
        for name in (old, new):
            try:
                parsed.append(parse_schema(_text(name)))
            except BadSchema as error:
                raise SourceUnreadable(f"{name}: {error.message}") from error
        found = describe(*parsed)
    if json_output:
        rows = [{"path": line.path, "text": line.text, "rule": line.rule or None} for line in found]
        typer.echo(json.dumps({"differences": rows}, indent=2, ensure_ascii=False))
        return
    for line in found:
        typer.echo(f"{line.rule or '  ok ':6} {line.text}")
    if not found:
        typer.echo("no difference that a reader could see")


def _text(name: str) -> str:
    """The schema that a name stands for. Raises SourceUnreadable."""
    from schemas.gate.sources import git_texts, installed_folder  # noqa: PLC0415

    place, _, version = name.rpartition("@")
    if version.startswith("git:") and place:
        path = Path(place)
        texts = git_texts(path.parent if path.parent.is_dir() else Path(), version.removeprefix("git:")).schemas
        if path.name not in texts:
            raise SourceUnreadable(f"{place} is not there at {version}")
        return texts[path.name]
    path = installed_folder() / "avro" / place / f"{version}.avsc" if place and not Path(name).exists() else Path(name)
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceUnreadable(f"{path} cannot be read: {error}") from error
