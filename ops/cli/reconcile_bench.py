"""`meshline bench reconcile`: labelled histories through the reconciler, and the score of what it told."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from ops.cli.failure import FOUND, say, told
from schemas.registry import RegistryUnavailable
from streams.runtime.settings import load_settings

_RACE_PAIRS = 20_000


def reconcile(
    keys: Annotated[int, typer.Option(min=1, help="Records with a history each.")] = 10_000,
    damaged: Annotated[int, typer.Option(min=0, help="How many of them are damaged, and put right later.")] = 1_000,
    seed: Annotated[int, typer.Option(help="The same seed is the same histories.")] = 1,
    restarts: Annotated[int, typer.Option(min=0, help="A new reconciler after every so many steps; 0: never.")] = 100,
    kills: Annotated[int, typer.Option(min=0, help="Instead: so many kill -9 of a reconciler over the broker.")] = 0,
    peer: Annotated[bool, typer.Option(help="Race Quix Streams over a broker, where one is up.")] = True,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the result among the project's, and in its README.")
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="The score as JSON on stdout.")] = False,
) -> None:
    """Labelled histories of two sides through the reconciler: is each damage told once, and nothing else?

    Rows come twice, late, out of order, from wrong clocks; one side falls silent. Exit 0 when the score is perfect,
    100 when a drift was missed, told twice, told wrongly, or told where there is none. With --kills the reconciler is
    a process over topics of its own that is killed again and again, and then compared with a rebuild, byte for byte.
    """
    if kills:
        _kill(kills, seed, keep, json_output)
        return
    from ops.bench.reconcile.bench import run  # noqa: PLC0415 - the reconciler is only loaded where it runs
    from ops.bench.reconcile.play import Request  # noqa: PLC0415

    every = max(1, keys // damaged) if damaged else 0
    report = run(Request(keys, seed, every, restart_every=restarts))
    facts = replace(report, race=_race(keys) if peer else None).facts()
    if keep:
        _keep("run", facts)
    if json_output:
        typer.echo(json.dumps(facts))
    else:
        _show(facts)
    if not facts["perfect"]:
        say("[red]not perfect[/]  " + "; ".join(facts["examples"][:3]))
        raise typer.Exit(FOUND)


def _race(keys: int) -> Any:
    """None, and why, where there is no broker or no peer."""
    from confluent_kafka import KafkaException  # noqa: PLC0415

    from ops.bench.reconcile.race import RaceFailed, race  # noqa: PLC0415
    from ops.local.errors import LocalPartsError  # noqa: PLC0415

    settings = load_settings()
    if not settings.bootstrap or not settings.registry_url:
        say("[yellow]no race[/]  it takes a broker: meshline up")
        return None
    try:
        with tempfile.TemporaryDirectory(prefix="meshline-race-") as folder:
            return race(settings, Path(folder), min(keys, _RACE_PAIRS))
    except (RaceFailed, LocalPartsError, KafkaException, RegistryUnavailable) as error:
        say(f"[yellow]no race[/]  {str(error).splitlines()[0]}")
        return None


def _keep(kind: str, facts: dict[str, Any]) -> None:
    from ops.bench.reconcile.kept import KEPT, README, keep, load, written  # noqa: PLC0415

    keep(kind, facts, datetime.now(UTC))
    README.write_text(written(README.read_text("utf-8"), load(KEPT)), "utf-8")


def _kill(kills: int, seed: int, keep: bool, json_output: bool) -> None:
    from ops.bench.reconcile.kills import Campaign  # noqa: PLC0415

    with told(), tempfile.TemporaryDirectory(prefix="meshline-kills-") as folder:
        settings = load_settings()
        settings.need("bootstrap", "registry_url")
        outcome = Campaign(settings, Path(folder), seed).run(kills)
    facts = {**asdict(outcome), "right": outcome.right}
    if keep:
        _keep("kills", facts)
    if json_output:
        typer.echo(json.dumps(facts))
    else:
        out = Console(highlight=False, markup=False)
        for name, value in facts.items():
            out.print(f"{name:20} {value}")
    if not outcome.right:
        raise typer.Exit(FOUND)


def _show(facts: dict[str, Any]) -> None:
    out = Console(highlight=False, markup=False)
    for name, value in facts.items():
        if name not in ("by_kind", "examples"):
            out.print(f"{name:20} {value}")
    for kind, row in facts["by_kind"].items():
        out.print(f"{kind:20} injected {row['injected']}, precision {row['precision']}, recall {row['recall']}")
