"""`meshline dlq replay --dry-run` and `meshline dlq preview`: what sending letters would come to, letter by letter."""

from __future__ import annotations

import json

import typer
from rich.console import Console

from ops.cli.failure import FOUND, say
from ops.replay.answers import Previewed, WouldBe


def tell_preview(found: Previewed, json_output: bool) -> None:
    """Print it. Exit 100 where a letter would fail again, or nobody can tell."""
    if json_output:
        typer.echo(found.model_dump_json())
    else:
        out = Console(highlight=False, markup=False, soft_wrap=True)
        for one in found.items[:200]:
            _print(out, one)
        verdicts = ", ".join(f"{count} {says}" for says, count in sorted(found.verdicts.items()))
        say(f"{found.letters} letters would: {verdicts}")
        say(f"Nothing was sent or written. The mark of this preview: {found.preview}")
    if not found.good:
        raise typer.Exit(FOUND)


def _print(out: Console, one: WouldBe) -> None:
    why = f"{one.reason}: {one.detail}" if one.reason else one.detail
    out.print(f"{one.letter_id[:12]}  {one.says:9} {one.record}  {why[:300]}")
    if one.call is not None:
        then = f", then {', '.join(one.call.then)}" if one.call.then else ""
        out.print(f"              {one.call.method} {json.dumps(one.call.body, default=str)[:2000]}{then}")
    for change in one.diff:
        out.print(f"              {change.field}: {change.now} -> {change.then}")
