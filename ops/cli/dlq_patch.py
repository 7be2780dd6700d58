"""`meshline dlq patch check|preview|apply`: one reviewed, tested change for many letters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from ops.cli import replay_told as tell
from ops.cli.asking import ask
from ops.cli.failure import FOUND, say
from ops.cli.replay_preview import tell_preview
from ops.replay import answers

Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
File = Annotated[Path, typer.Argument(help="The patch: YAML; `ops/docs/patches.md` says what is in it.")]


def extend(dlq: typer.Typer) -> None:
    """Add the group to the group `dlq`."""
    patch = typer.Typer(help="One reviewed change for many letters.", no_args_is_help=True)
    for command in (check, preview, apply):
        patch.command()(command)
    dlq.add_typer(patch, name="patch")


def check(file: File) -> None:
    """Do its examples hold? Reads the file only. Exit 100 when one does not."""
    from pydantic import ValidationError  # noqa: PLC0415

    from ops.replay.patches.model import Patch  # noqa: PLC0415
    from ops.replay.patches.transform import faults_of  # noqa: PLC0415

    try:
        patch = Patch.model_validate(_read(file))
    except ValidationError as error:
        for one in error.errors():
            say(f"[red]failed[/]  {'.'.join(map(str, one['loc']))}: {one['msg']}")
        raise typer.Exit(2) from None
    faults = faults_of(patch)
    for fault in faults:
        say(f"[red]failed[/]  {fault}")
    if faults:
        raise typer.Exit(FOUND)
    say(f"{patch.title}: {len(patch.examples)} examples hold, each of {len(patch.changes)} changes is tried")


def preview(file: File, json_output: Json = False) -> None:
    """What its letters would come to as it changes them. Nothing is written."""
    tell_preview(ask("patch.preview", answers.Previewed, fresh=True, patch=_read(file)), json_output)


def apply(
    file: File,
    rate: Annotated[float, typer.Option(min=0.01, help="Letters a second, at most.")] = 50,
    detach: Annotated[bool, typer.Option("--detach", help="Let the cases worker run it once it is agreed to.")] = False,
    json_output: Json = False,
) -> None:
    """Make a job of its letters. A second person must agree to the job's preview before it runs."""
    asked: dict[str, Any] = {"patch": _read(file), "rate": rate, "detach": detach}
    tell.job(ask("patch.apply", answers.JobWhole, fresh=True, **asked), json_output)


def _read(file: Path) -> Any:
    try:
        return yaml.safe_load(file.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise typer.BadParameter(f"it cannot be read: {str(error).splitlines()[0]}", param_hint="FILE") from None
