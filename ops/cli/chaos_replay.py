"""`meshline chaos replay`: are letters that are sent again had once, in order, whoever dies meanwhile?"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from ops.chaos.delivery.errors import ChaosError
from ops.cli.failure import FOUND, say, told
from ops.local.errors import LocalPartsError
from streams.runtime.clock import system_clock
from streams.runtime.settings import load_settings

if TYPE_CHECKING:
    from ops.chaos.replay.judge import Verdict
    from ops.chaos.replay.witness import Witness


class ErpKind(StrEnum):
    """Which ERP is killed, and asked."""

    TRYTON = "tryton"
    FILE = "file"


Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]


def extend(chaos: typer.Typer) -> None:
    """Add the command to the group `chaos`."""
    chaos.command()(replay)


def replay(
    *,
    letters: Annotated[int, typer.Option(min=1, help="Letters of a run: four of each customer, and orders.")] = 1000,
    runs: Annotated[int, typer.Option(min=1, help="Runs; each draws other deaths.")] = 1,
    first: Annotated[int, typer.Option(min=0, help="The number of the first run, to go on from earlier ones.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed draws the same deaths.")] = 1,
    kills: Annotated[int, typer.Option(min=0, help="SIGKILLs in a run: so many of each.")] = 6,
    erp: Annotated[ErpKind, typer.Option(help="Tryton of the trial's own, or a file with a log.")] = ErpKind.TRYTON,
    keep: Annotated[bool, typer.Option("--keep", help="Keep each run in ops/chaos/results as it ends.")] = False,
    json_output: Json = False,
) -> None:
    """Send letters again while the replayer, the sink worker and the ERP are killed at random steps.

    The ERP is the witness: a Tryton with a database of its own that writes down what is written. The broker is the
    trial's own, the tables are a schema of their own in the running PostgreSQL. While letters run, newer versions of
    some records come live: those must stay.
    Exit 0 when every letter had its effect once, in order, or was stale; 100 when not.
    """
    from ops.chaos.replay.kept import RESULTS, keep_run  # noqa: PLC0415 - the parts are only loaded where they run
    from ops.chaos.replay.run import Plan, carry_out  # noqa: PLC0415

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended on the way out
    plan, tell = Plan(letters, runs, seed, kills, first), _progress()

    def kept(number: int, verdict: Verdict, seconds: float) -> None:
        if keep:
            keep_run(plan, erp.value, number, verdict, seconds, system_clock(), RESULTS)

    try:
        with told(), _witness(erp, tell) as witness:
            settings = load_settings()
            settings.need("registry_url", "operations_url")
            verdict = carry_out(settings, plan, witness, tell, kept)
    except (ChaosError, LocalPartsError) as error:
        say(f"[red]no verdict[/]  {error or type(error).__doc__}")
        raise typer.Exit(1) from None
    found = asdict(verdict) | {"letters": letters, "runs": runs, "seed": seed, "erp": erp.value}
    typer.echo(json.dumps(found) if json_output else "\n".join(f"{name:17} {value}" for name, value in found.items()))
    if not verdict.clean:
        raise typer.Exit(FOUND)


@contextmanager
def _witness(erp: ErpKind, tell: Callable[[str], None]) -> Iterator[Witness]:
    from ops.chaos.replay.tryton import TrytonWitness  # noqa: PLC0415
    from ops.chaos.replay.witness import FileWitness  # noqa: PLC0415

    if erp is ErpKind.FILE:
        yield FileWitness()
        return
    tell("starting an ERP")
    with TemporaryDirectory(prefix="meshline-chaos-erp-") as folder, TrytonWitness(Path(folder) / "home") as witness:
        tell("the ERP is up")
        yield witness


def _progress() -> Callable[[str], None]:
    begun = time.monotonic()
    return lambda words: say(f"[dim]{time.monotonic() - begun:7.1f} s[/]  {words}")
