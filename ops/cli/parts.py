"""`meshline up|down|status`: the local parts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ops.cli.failure import told
from ops.cli.patience import Patience
from ops.local.errors import LocalPartsError, PartFailed
from ops.local.stack import Report, Stack, as_json
from streams.runtime.settings import home_folder, load_settings

Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
Only = Annotated[list[str] | None, typer.Argument(help="Only these parts and what they need.")]
_FIRST_TIME = "The first time on a machine it downloads and sets up; that takes a few minutes"
_MARK = {"started": "up", "running": "was up", "given": "yours", "stopped": "stopped", "down": "was down"}


def register(app: typer.Typer) -> None:
    app.command()(up)
    app.command()(down)
    app.command()(status)


def up(only: Only = None, json_output: Json = False) -> None:
    """Start the local parts that are not running: Kafka, registry, PostgreSQL, Connect, Tryton."""
    console = Console(stderr=True, highlight=False)
    stack = Stack(home_folder())
    line = _line(console)
    with Patience(console, stack.titles(only or ()), _FIRST_TIME) as patience:

        def tell(report: Report) -> None:
            patience.told(report.title)
            line(report)

        reports = _guarded(console, lambda: stack.up(tell, only or (), waiting=lambda: _waiting(console)))
    if not only:
        _prepare(console)
    if json_output:
        typer.echo(as_json(reports))


def _prepare(console: Console) -> None:
    """Tables, topics and schemas: what a worker needs beside the parts."""
    from ops.prepare import prepare  # noqa: PLC0415 - it loads the database's and the broker's clients

    begun = time.monotonic()
    with told():
        prepare(load_settings())
    console.print(f"[green]{'ready':8}[/] {'tables, topics, schemas':28} {time.monotonic() - begun:6.1f} s")


def down(
    wipe: Annotated[bool, typer.Option("--wipe", help="Also remove the data folder.")] = False,
    json_output: Json = False,
) -> None:
    """Stop the parts that `up` started. Data stays, unless --wipe."""
    console = Console(stderr=True, highlight=False)
    reports = _guarded(console, lambda: Stack(home_folder()).down(_line(console), wipe, lambda: _waiting(console)))
    if json_output:
        typer.echo(as_json(reports))


def status(json_output: Json = False) -> None:
    """Ask every part whether it answers. Exit 0 when all do, else 1."""
    console = Console(stderr=True, highlight=False)
    reports = _guarded(console, lambda: Stack(home_folder()).status())
    if json_output:
        typer.echo(as_json(reports))
    else:
        Console(highlight=False).print(_table(reports), soft_wrap=True)
    if not all(report.answers for report in reports):
        raise typer.Exit(1)


def _guarded(console: Console, act: Callable[[], list[Report]]) -> list[Report]:
    """Run it; a failure is told in words, and the exit code is 1."""
    try:
        return act()
    except PartFailed as failure:
        console.print(f"[red]failed[/]  {failure}", soft_wrap=True)
        for line in failure.log:
            console.print(f"        {line}", markup=False, soft_wrap=True)
        console.print(f"[bold]Try:[/] {failure.advice}", soft_wrap=True)
    except LocalPartsError as error:
        console.print(f"[red]failed[/]  {error or type(error).__doc__}", soft_wrap=True)
    raise typer.Exit(1)


def _line(console: Console) -> Callable[[Report], None]:
    def tell(report: Report) -> None:
        where = f"port {report.port}" if report.port else ""
        mark = _MARK[report.state]
        console.print(f"[green]{mark:8}[/] {report.title:28} {report.seconds:6.1f} s  {where}")

    return tell


def _waiting(console: Console) -> None:
    console.print("another `meshline up` or `down` works on this data folder; waiting for it")


def _table(reports: list[Report]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading, justify in (
        ("part", "left"),
        ("answers", "left"),
        ("port", "right"),
        ("pid", "right"),
        ("up", "right"),
    ):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    table.add_column("memory", justify="right")
    table.add_column("")
    for one in reports:
        answers = "[green]yes[/]" if one.answers else "[red]no[/]"
        up_for = f"{one.seconds:.0f} s" if one.pid else ""
        memory = f"{one.memory_mb} MB" if one.pid else ""
        table.add_row(one.title, answers, str(one.port or ""), str(one.pid or ""), up_for, memory, one.detail)
    return table
