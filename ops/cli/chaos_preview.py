"""`meshline chaos preview`: does a preview say what then happens?"""

from __future__ import annotations

import asyncio
import json
import platform
from pathlib import Path
from typing import Annotated, Any

import typer

from ops.cli.failure import FOUND, say, told
from streams.runtime.clock import system_clock
from streams.runtime.logs import configure_logs
from streams.runtime.settings import load_settings

Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]


def extend(chaos: typer.Typer) -> None:
    """Add the command to the group `chaos`."""
    chaos.command()(preview)


def preview(
    letters: Annotated[int, typer.Option(min=1, help="Letters, of every kind.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same letters.")] = 1,
    report: Annotated[Path | None, typer.Option(help="A folder for preview.json.")] = None,
    json_output: Json = False,
) -> None:
    """Preview mixed letters, then send them through the same code, and compare: verdict and reason, letter by letter.

    The agents, the ledger and the operations database are the real ones, in a schema of their own; the ERP is one in
    memory that refuses what a real one would. Exit 0 when at least 99 % of the verdicts were right, 100 when not.
    """
    from ops.chaos.preview.campaign import try_previews  # noqa: PLC0415 - the parts are loaded where they run
    from ops.chaos.replay.stage import own_tables  # noqa: PLC0415

    configure_logs("console", "error")
    with told():
        settings = load_settings()
        settings.need("operations_url")
        with own_tables(settings.operations_url) as url:
            result = asyncio.run(try_previews(settings, url, letters, seed, say))
    found: dict[str, Any] = {"date": f"{system_clock():%Y-%m-%d}", "python": platform.python_version(), "seed": seed}
    found |= {"letters": result.letters, "agreed": result.agreed, "share": round(result.share, 4), "erp": "memory"}
    found |= {"verdicts": dict(sorted(result.verdicts.items())), "wrong": result.wrong[:50]}
    if report is not None:
        report.mkdir(parents=True, exist_ok=True)
        (report / "preview.json").write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    typer.echo(json.dumps(found) if json_output else _lines(found))
    if not result.good:
        raise typer.Exit(FOUND)


def _lines(found: dict[str, Any]) -> str:
    lines = [f"{count:6} {name}" for name, count in found["verdicts"].items()]
    lines += [
        f"wrong: {one['letter']} {one['record']} said {one['said']}, came {one['came']}" for one in found["wrong"]
    ]
    return "\n".join([*lines, f"{found['agreed']} of {found['letters']} verdicts were right ({found['share']:.1%})"])
