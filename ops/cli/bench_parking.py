"""`meshline bench parking`: what open letters cost the records that have none."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from ops.cli.failure import FOUND, say, told


def parking(
    keys: Annotated[int, typer.Option(min=20, help="Records.")] = 10_000,
    poison: Annotated[float, typer.Option(min=0.001, max=0.9, help="Share of them that has an open letter.")] = 0.05,
    rate: Annotated[int, typer.Option(min=1, help="Events per second, of all records together.")] = 200,
    seconds: Annotated[float, typer.Option(min=1, help="How long each phase is.")] = 15.0,
    turns: Annotated[int, typer.Option(min=1, help="Phases of each kind, clean and poisoned in turns.")] = 3,
    seed: Annotated[int, typer.Option(help="The same seed is the same load.")] = 1,
    report: Annotated[Path | None, typer.Option(help="A folder for parking.json.")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")] = False,
) -> None:
    """The p99 of records without a letter, with and without poisoned ones beside them, in one run.

    On a broker and a database of the bench's own. Exit 0 when the ratio is at most 1.2, everything came out, and in
    order; 100 when not.
    """
    from ops.bench.parking.bench import BenchStuck, Request, Stopped, run  # noqa: PLC0415 - only loaded where it runs

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # while its parts start or stop; the measuring has its own
    with tempfile.TemporaryDirectory(prefix="meshline-parking-") as folder, told():
        try:
            result = run(Request(keys, poison, rate, seconds, turns, seed), Path(folder), say)
        except (BenchStuck, Stopped) as error:
            say(f"[red]failed[/]  {error or type(error).__doc__}")
            raise typer.Exit(1) from None
    text = json.dumps(result, indent=2)
    if report is not None:
        report.mkdir(parents=True, exist_ok=True)
        (report / "parking.json").write_text(text + "\n", "utf-8")
    if json_output:
        typer.echo(text)
    clean, poisoned = result["clean"], result["poisoned"]
    say(
        f"p99 {clean['p99_ms']} ms clean, {poisoned['p99_ms']} ms beside {poisoned['parked']} parked events: "
        f"{result['ratio']} times (goal: at most {result['goal']}); lost {result['lost']}, out of order "
        f"{result['misordered']}"
    )
    raise typer.Exit(0 if result["met"] else FOUND)
