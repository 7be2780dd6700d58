"""`meshline chaos replay`: are letters that are sent again had once, in order, whoever dies meanwhile?"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

import typer

from ops.chaos.delivery.errors import ChaosError
from ops.cli.failure import FOUND, say, told
from ops.local.errors import LocalPartsError
from streams.runtime.settings import load_settings

Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]


def extend(chaos: typer.Typer) -> None:
    """Add the command to the group `chaos`."""
    chaos.command()(replay)


def replay(
    letters: Annotated[int, typer.Option(min=1, help="Letters of a run, four of each record.")] = 1000,
    runs: Annotated[int, typer.Option(min=1, help="Runs; each draws other deaths.")] = 1,
    seed: Annotated[int, typer.Option(help="The same seed draws the same deaths.")] = 1,
    kills: Annotated[int, typer.Option(min=0, help="SIGKILLs of the replayer and of the sink worker, each.")] = 6,
    json_output: Json = False,
) -> None:
    """Send letters again while the replayer and the sink worker are killed at random steps; the ERP is the witness.

    The broker is the trial's own, the tables are a schema of their own in the running PostgreSQL, and the ERP is a
    file that logs every change. While letters run, newer versions of some records come live: those must stay.
    Exit 0 when every letter had its effect once, in order, or was stale; 100 when not.
    """
    from ops.chaos.replay.run import carry_out  # noqa: PLC0415 - the parts are only loaded where they run

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended on the way out
    try:
        with told():
            settings = load_settings()
            settings.need("registry_url", "operations_url")
            verdict = carry_out(settings, letters, runs, seed, kills, _progress())
    except (ChaosError, LocalPartsError) as error:
        say(f"[red]no verdict[/]  {error or type(error).__doc__}")
        raise typer.Exit(1) from None
    found = asdict(verdict) | {"letters": letters, "runs": runs, "seed": seed, "erp": "file"}
    typer.echo(json.dumps(found) if json_output else "\n".join(f"{name:17} {value}" for name, value in found.items()))
    if not verdict.clean:
        raise typer.Exit(FOUND)


def _progress() -> Callable[[str], None]:
    begun = time.monotonic()
    return lambda words: say(f"[dim]{time.monotonic() - begun:7.1f} s[/]  {words}")
