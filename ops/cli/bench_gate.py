"""`meshline bench gate`: the schema gate's speed beside the registry's, and its verdicts beside what readers do."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from ops.cli.failure import FOUND, say

_GOAL_SECONDS, _GOAL_ALARMS = 1.0, 0.02
Mutations = Annotated[int, typer.Option(min=0, help="Also judge so many generated changes by real readers.")]
Seed = Annotated[int, typer.Option(help="The same seed draws the same changes.")]
Report = Annotated[Path | None, typer.Option(help="A folder for gate.json.")]
Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]


def extend(bench: typer.Typer) -> None:
    """Add the commands to the group `bench`."""
    bench.command()(gate)
    bench.command(name="gate-page")(gate_page)


def gate(mutations: Mutations = 0, seed: Seed = 1, report: Report = None, json_output: Json = False) -> None:
    """Check 50 subjects of 10 versions, FULL_TRANSITIVE, beside the same work through the registry's HTTP API.

    With --mutations, generated single changes of MeshLine's own schemas are labelled by what Java's and Python's
    readers do with real bytes: the gate must miss none that harms. Exit 0 when the goals are met, 100 when not.
    """
    from ops.bench.gate.race import race  # noqa: PLC0415
    from ops.cli.schemas_check import refused  # noqa: PLC0415
    from ops.local.errors import LocalPartsError  # noqa: PLC0415
    from streams.runtime.settings import load_settings  # noqa: PLC0415

    bases = own_schemas()
    with refused():
        run = race(bases, load_settings().registry_url or None)
    result: dict[str, Any] = {"race": asdict(run)}
    met = run.gate_s < _GOAL_SECONDS
    if mutations:
        from ops.bench.gate.trial import try_changes  # noqa: PLC0415

        try:
            trial = try_changes(bases, mutations, seed, _progress(mutations))
        except LocalPartsError as error:
            say(f"[red]failed[/]  {str(error) or type(error).__doc__}")
            raise typer.Exit(1) from None
        result["mutations"] = {**asdict(trial), "alarm_share": trial.alarm_share}
        met = met and not trial.missed and trial.alarm_share < _GOAL_ALARMS
    if report is not None:
        report.mkdir(parents=True, exist_ok=True)
        (report / "gate.json").write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    typer.echo(json.dumps(result, indent=2) if json_output else _told(result))
    raise typer.Exit(0 if met else FOUND)


def gate_page() -> None:
    """The README's table of the last result of `bench gate --mutations` that was kept."""
    from ops.bench.gate.page import KEPT, page  # noqa: PLC0415

    if not KEPT.exists():
        say(f"[red]failed[/]  no result was kept yet: meshline bench gate --mutations 1500 --report {KEPT.parent}")
        raise typer.Exit(1)
    typer.echo(page(json.loads(KEPT.read_text("utf-8"))), nl=False)


def own_schemas() -> list[Any]:
    """The newest version of each of our own schemas."""
    from schemas.released import newest_schema  # noqa: PLC0415
    from schemas.topics import TOPICS  # noqa: PLC0415

    records = dict.fromkeys(topic.record for topic in TOPICS if topic.record is not None)
    return [newest_schema(record) for record in records]


def _progress(count: int) -> Any:
    console = Console(stderr=True, highlight=False)

    def told(done: int) -> None:
        if done % 100 == 0 or done == count:
            console.print(f"{done:,} of {count:,} changes judged", end="\r" if sys.stderr.isatty() else "\n")

    return told


def _told(result: dict[str, Any]) -> str:
    run = result["race"]
    lines = [
        f"gate      {run['schemas']} schemas, FULL_TRANSITIVE: {run['gate_s']:.2f} s (median of "
        f"{len(run['gate_turns_s'])}; {run['gate_cpu_s']:.2f} s of processor; goal under {_GOAL_SECONDS:.0f} s)"
    ]
    if run["registry_s"] is None:
        lines.append("registry  not asked: MESHLINE_REGISTRY_URL is not set")
    else:
        lines.append(f"registry  the same through HTTP: {run['registry_s']:.2f} s, {run['registry_requests']} requests")
    trial = result.get("mutations")
    if trial:
        lines += [
            f"changes   {trial['tried']:,} of {trial['possible']:,} tried: {trial['harmful']:,} harmful, "
            f"{len(trial['missed'])} of them missed; {trial['tried'] - trial['harmful']:,} harmless, "
            f"{len(trial['alarms'])} false alarms ({trial['alarm_share']:.1%}; goal under {_GOAL_ALARMS:.0%})",
            f"          of the harmful, Java's own checker accepts {trial['accepted_by_avro']:,}, and "
            f"{trial['only_java']:,} leave Python readers right",
            *(f"missed    {line}" for line in trial["missed"][:20]),
            *(f"alarm     {line}" for line in trial["alarms"][:20]),
        ]
    return "\n".join(lines)
