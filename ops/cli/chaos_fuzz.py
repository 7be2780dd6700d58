"""`meshline chaos fuzz`: hostile schema files for the gate, hostile records for the codec."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from ops.cli.bench_gate import own_schemas
from ops.cli.failure import FOUND

Schemas = Annotated[int, typer.Option(min=0, help="Damaged schema files.")]
Records = Annotated[int, typer.Option(min=0, help="Damaged records.")]
Seed = Annotated[int, typer.Option(help="The same seed makes the same damage.")]
Report = Annotated[Path | None, typer.Option(help="A folder for fuzz.json.")]
Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]


def extend(chaos: typer.Typer) -> None:
    """Add the command to the group `chaos`."""
    chaos.command()(fuzz)


def fuzz(
    schemas: Schemas = 100_000,
    records: Records = 1_000_000,
    seed: Seed = 1,
    report: Report = None,
    json_output: Json = False,
) -> None:
    """Damage schema files and records at random: nothing may crash, hang, or be accepted that no reader can use.

    What passes is held to fastavro. Exit 0 when nothing slipped through, 100 when something did.
    """
    from ops.chaos.fuzz.schema_files import fuzz_schema_files  # noqa: PLC0415
    from ops.chaos.fuzz.wire_records import fuzz_records  # noqa: PLC0415

    own = own_schemas()
    start = time.monotonic()
    files = fuzz_schema_files(
        [json.dumps(schema, indent=2) for schema in own], schemas, seed, _progress("files", schemas)
    )
    between = time.monotonic()
    wire = fuzz_records(own, records, seed, _progress("records", records))
    seconds = (between - start, time.monotonic() - between)
    parts = zip(("schema files", "records"), (files, wire), seconds, strict=True)
    result = {name: {**asdict(outcome), "seconds": round(spent, 1)} for name, outcome, spent in parts}
    result = {name: part for name, part in result.items() if part["inputs"]}
    if report is not None:
        _save(report / "fuzz.json", result)
    typer.echo(json.dumps(result, indent=2) if json_output else _told(result))
    raise typer.Exit(0 if files.clean and wire.clean else FOUND)


def _save(path: Path, result: dict[str, Any]) -> None:
    """Keep the result; a part that did not run this time stays as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    path.write_text(json.dumps({**kept, **result}, indent=2) + "\n", "utf-8")


def _progress(what: str, count: int) -> Any:
    console = Console(stderr=True, highlight=False)
    step = max(count // 20, 1)

    def told(done: int) -> None:
        if done % step == 0:
            console.print(f"{done:,} of {count:,} {what}", end="\r" if sys.stderr.isatty() else "\n")

    return told


def _told(result: dict[str, Any]) -> str:
    lines = []
    for name, part in result.items():
        verdicts = ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(part["verdicts"].items()))
        lines.append(f"{name:13} {part['inputs']:,} in {part['seconds']:,.0f} s: {verdicts or 'none'}")
        lines.append(f"{'':13} slowest {part['slowest_s'] * 1000:,.0f} ms ({part['slowest'][:100]})")
        for kind in ("crashes", "hangs", "wrongly_accepted"):
            lines += [f"{'':13} {kind.replace('_', ' ')}: {line}" for line in part[kind]]
        if not any(part[kind] for kind in ("crashes", "hangs", "wrongly_accepted")):
            lines.append(f"{'':13} no crash, no hang, nothing accepted that should not be")
    return "\n".join(lines)
