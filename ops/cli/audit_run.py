"""`meshline audit run`: mixed records through the real parts, then both systems compared field by field."""

from __future__ import annotations

import json
import signal
import sys
from typing import Annotated

import typer
from rich.console import Console

from ops.acceptance.drive import LEAST
from ops.acceptance.run import Asked
from ops.acceptance.run import run as run_
from ops.acceptance.witness.erp import ErpUnreadable
from ops.access.errors import NotLetIn
from ops.cli.failure import FOUND, say, told
from ops.demo.errors import DemoFailed
from ops.demo.progress import Progress
from ops.rules.errors import Refused
from streams.rules import RulesError
from streams.runtime.clock import system_clock
from streams.runtime.logs import configure_logs
from streams.runtime.settings import home_folder, load_settings

_SHOWN = 20


def extend(app: typer.Typer) -> None:
    app.command("run")(run)


def run(
    records: Annotated[int, typer.Option(min=LEAST, help="How many records, of all flows together.")] = 100,
    seed: Annotated[int, typer.Option(help="The same seed is the same work.")] = 1,
    workers: Annotated[bool, typer.Option(help="Start the line's workers; --no-workers where they run.")] = True,
    by: Annotated[
        str, typer.Option(help="Who switches billing by itself on for the run. With a token: its person.")
    ] = "acceptance",
    json_output: Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")] = False,
) -> None:
    """Drive records of all flows, then compare the CRM and the ERP. Exit 0 when every field and total agrees, else 100.

    The comparison reads both systems itself and shares no code with the line.
    """
    configure_logs("console", "warning")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the workers are stopped on the way out
    progress = Progress(Console(stderr=True, highlight=False))
    try:
        with told():
            settings = load_settings()
            settings.need("bootstrap", "registry_url", "operations_url", "crm_url", "erp_url")
            result = run_(settings, home_folder(), Asked(records, seed, workers, by), system_clock, progress.count)
    except (DemoFailed, ErpUnreadable, Refused, RulesError, NotLetIn) as error:
        say(f"[red]failed[/]  {error}")
        raise typer.Exit(1) from None
    finally:
        progress.close()
    wrong = [*result["mismatches"], *result["unexplained"]]
    if json_output:
        counts = {name: len(result[name]) for name in ("mismatches", "unexplained")}
        detail = {"differences": wrong, "seconds": round(progress.seconds, 1)}
        typer.echo(json.dumps({**result, **counts, **detail}, indent=2, ensure_ascii=False))
    else:
        _print(result, wrong)
    if wrong:
        raise typer.Exit(FOUND)


def _print(result: dict[str, object], wrong: list[str]) -> None:
    console = Console(file=sys.stdout, highlight=False, markup=False, soft_wrap=True)
    console.print(
        f"{result['records']} records, {result['fields_compared']} fields compared; by flow {result['flows']}"
    )
    totals = result["totals_by_currency"]
    assert isinstance(totals, dict)
    for currency, sums in totals.items():
        console.print(f"  {currency}  " + ", ".join(f"{name} {amount}" for name, amount in sums.items()))
    for line in wrong[:_SHOWN]:
        console.print(f"  {line}")
    console.print(f"{len(wrong)} differences" if wrong else "Every field and every total agrees.")
