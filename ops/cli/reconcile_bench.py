"""`meshline bench reconcile`: labelled histories through the reconciler, and the score of what it told."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console

from ops.cli.failure import FOUND, say


def reconcile(
    keys: Annotated[int, typer.Option(min=1, help="Records with a history each.")] = 10_000,
    damaged: Annotated[int, typer.Option(min=0, help="How many of them are damaged, and put right later.")] = 1_000,
    seed: Annotated[int, typer.Option(help="The same seed is the same histories.")] = 1,
    restarts: Annotated[int, typer.Option(min=0, help="A new reconciler after every so many steps; 0: never.")] = 100,
    json_output: Annotated[bool, typer.Option("--json", help="The score as JSON on stdout.")] = False,
) -> None:
    """Labelled histories of two sides through the reconciler: is each damage told once, and nothing else?

    Rows come twice, late, out of order, from wrong clocks; one side falls silent. Exit 0 when the score is perfect,
    100 when a drift was missed, told twice, told wrongly, or told where there is none.
    """
    from ops.bench.reconcile.bench import run  # noqa: PLC0415 - the reconciler is only loaded where it runs
    from ops.bench.reconcile.play import Request  # noqa: PLC0415

    every = max(1, keys // damaged) if damaged else 0
    facts = run(Request(keys, seed, every, restart_every=restarts)).facts()
    if json_output:
        typer.echo(json.dumps(facts))
    else:
        _show(facts)
    if not facts["perfect"]:
        say("[red]not perfect[/]  " + "; ".join(facts["examples"][:3]))
        raise typer.Exit(FOUND)


def _show(facts: dict[str, Any]) -> None:
    out = Console(highlight=False, markup=False)
    for name, value in facts.items():
        if name not in ("by_kind", "examples"):
            out.print(f"{name:20} {value}")
    for kind, row in facts["by_kind"].items():
        out.print(f"{kind:20} injected {row['injected']}, precision {row['precision']}, recall {row['recall']}")
