"""`meshline bench duplicates`: how well likely duplicates are found, on labelled pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ops.cli.failure import FOUND


def duplicates(
    each: Annotated[int, typer.Option(min=1, help="Pairs of every class.")] = 160,
    seed: Annotated[int, typer.Option(help="The same seed is the same pairs.")] = 1,
    report: Annotated[Path | None, typer.Option(help="A folder for duplicates.json.")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")] = False,
) -> None:
    """Precision and recall of the duplicate score at the shipped threshold, by class and overall.

    Exit 0 when the goals are met, 100 when not.
    """
    from ops.bench.duplicates.measure import measure  # noqa: PLC0415 - only loaded where it runs

    result = measure(seed, each)
    if report is not None:
        report.mkdir(parents=True, exist_ok=True)
        (report / "duplicates.json").write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    typer.echo(json.dumps(result, indent=2) if json_output else _told(result))
    raise typer.Exit(0 if result["met"] else FOUND)


def _told(result: dict[str, Any]) -> str:
    head = (
        f"{result['pairs']:,} pairs from {len(result['countries'])} countries at {result['threshold']}: "
        f"precision {result['precision']:.1%}, recall {result['recall']:.1%}"
    )
    rows = [
        f"{kind:24} {'duplicates' if row['same'] else 'different':11} {row['found']:4} of {row['pairs']} found"
        for kind, row in result["by_class"].items()
    ]
    return "\n".join([head, *rows])
