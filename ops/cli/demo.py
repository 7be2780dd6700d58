"""`meshline demo`: a day in a minute, on the real parts, with its trouble; and the report."""

from __future__ import annotations

import json
import signal
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ops.books.errors import BooksUnreadable
from ops.cli.failure import FOUND, say, told
from ops.demo.day import Day, Size
from ops.demo.errors import DemoFailed
from ops.demo.progress import Progress
from ops.demo.report import Report
from streams.runtime.clock import system_clock
from streams.runtime.settings import home_folder, load_settings

_NEEDED = ("bootstrap", "registry_url", "operations_url", "crm_url", "erp_url", "erp_database_url")


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    seed: Annotated[int, typer.Option(help="The same seed is the same day.")] = 1,
    accounts: Annotated[int, typer.Option(min=8, help="Customer accounts.")] = 200,
    opportunities: Annotated[int, typer.Option(min=12, help="Opportunities, besides those in trouble.")] = 300,
    json_output: Annotated[bool, typer.Option("--json", help="The report as JSON on stdout.")] = False,
) -> None:
    """Run a realistic day through the line and read the result back from the systems.

    Exit 0 when every order is in the ERP once, both sides agree and the books balance; 100 when not.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the workers are stopped on the way out
    progress = Progress(Console(stderr=True, highlight=False))
    try:
        with told():
            settings = load_settings()
            settings.need(*_NEEDED)
            size = Size(seed, accounts, opportunities)
            report = Day(settings, home_folder(), size, system_clock, progress).run()
    except (DemoFailed, BooksUnreadable) as error:
        progress.close()
        say(f"[red]failed[/]  {error}")
        raise typer.Exit(1) from None
    finally:
        progress.close()
    seconds = round(progress.seconds, 1)
    if json_output:
        typer.echo(json.dumps({**report.data, "seconds": seconds}, indent=2, ensure_ascii=False))
    else:
        _print(report, seconds)
    if not report.good:
        raise typer.Exit(FOUND)


def _print(report: Report, seconds: float) -> None:
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    console.print("\n[bold]The day[/]")
    for note in report.notes:
        console.print(f"  {note}", markup=False)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    for row in _rows(report.data):
        table.add_row(*row)
    console.print("\n[bold]The report[/], read back from Kafka, the ERP and the CRM")
    console.print(table)
    for difference in report.differences:
        console.print(f"[red]difference[/]  {difference}")
    verdict = "[green]Everything is where it must be, and the books balance.[/]"
    console.print(verdict if report.good else f"[red]{len(report.differences)} differences.[/]", f"{seconds:.0f} s")


def _rows(data: Any) -> list[tuple[str, str, str]]:
    def by(name: str) -> str:
        return ", ".join(f"{count} {label}" for label, count in data[name].items())

    latency = data["latency_ms"]
    return [
        ("in", str(data["accepted"]), "events"),
        ("applied", str(data["applied"]), ""),
        ("dead-lettered", str(data["dead_lettered"]), by("dead_lettered_by_reason")),
        ("held", str(data["held"]), ""),
        ("skipped", str(data["skipped"]), by("skipped_by_why")),
        ("in flight", str(data["in_flight"]), ""),
        ("drift", str(data["drift"]), by("drift_by_cause")),
        ("orders in the ERP", str(data["erp_orders_found"]), f"of {data['erp_orders_expected']} expected"),
        ("sold", "", ", ".join(f"{total} {currency}" for currency, total in data["erp_totals"].items())),
        ("invoices", "", ", ".join(f"{count} {state}" for state, count in data["invoices"].items())),
        ("twice in the ERP", str(data["duplicates_in_erp"]), ""),
        ("latency", f"{latency['p50']} ms", f"p50; p95 {latency['p95']} ms, p99 {latency['p99']} ms, trouble included"),
    ]
