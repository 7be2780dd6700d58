"""`meshline bench`: MeshLine beside its peers, on one broker, in one run."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ops.cli import bench_gate
from ops.cli.bench_duplicates import duplicates
from ops.cli.bench_parking import parking
from ops.cli.failure import FOUND, say, told
from ops.cli.reconcile_bench import reconcile
from ops.demo.progress import Progress
from streams.runtime.clock import system_clock
from streams.runtime.settings import home_folder

_SHOWN = 12  #: points of a curve that are printed; of more, the last


def register(app: typer.Typer) -> None:
    bench = typer.Typer(no_args_is_help=True, help="Measure MeshLine beside its peers.")
    bench.callback()(_bench)
    bench.command("line")(line)
    bench.command("page")(page)
    bench.command("reconcile")(reconcile)
    bench.command("duplicates")(duplicates)
    bench.command("parking")(parking)
    bench_gate.extend(bench)
    app.add_typer(bench, name="bench")


def _bench() -> None:
    """Measure MeshLine beside its peers."""


def line(
    quick: Annotated[bool, typer.Option("--quick", help="Less of everything: under four minutes.")] = False,
    workload: Annotated[list[str] | None, typer.Option(help="W0 to W4, a curve, or soak; may be repeated.")] = None,
    system: Annotated[list[str] | None, typer.Option(help="Only these systems; may be repeated.")] = None,
    repeats: Annotated[int, typer.Option(min=0, help="Turns of every system; 3, or 1 with --quick.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed is the same messages.")] = 1,
    minutes: Annotated[float, typer.Option(min=0.5, help="How long the soak is.")] = 30,
    report: Annotated[Path | None, typer.Option(help="A folder for the results and the plots.")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="The rows as JSON on stdout.")] = False,
) -> None:
    """The delivery layer beside Faust, Quix Streams, Bytewax, Kafka Streams, parallel-consumer and a bare loop.

    Each runs in an environment of its own, made on first use. The broker is the bench's own unless MESHLINE_BOOTSTRAP
    is set. Curves, where one thing grows: backlog, payload, partitions, keys, workers. Exit 0 when every goal that was
    measured is met, 100 when not.
    """
    from ops.bench.line.bench import QUICK, USUAL, WORKLOADS, Bench, Request  # noqa: PLC0415
    from ops.bench.line.errors import BenchFailed  # noqa: PLC0415
    from ops.bench.line.lineup import BY_NAME  # noqa: PLC0415
    from ops.bench.line.plots import drawing  # noqa: PLC0415
    from ops.bench.line.report import save  # noqa: PLC0415
    from ops.local.errors import LocalPartsError  # noqa: PLC0415

    _known("--workload", workload or [], WORKLOADS)
    _known("--system", system or [], tuple(BY_NAME))
    request = Request(
        workload or (QUICK if quick else USUAL), system or (), repeats or (1 if quick else 3), quick, seed, minutes
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the broker is stopped on the way out
    progress = Progress(Console(stderr=True, highlight=False))
    try:
        with told():
            if report is not None:
                drawing()
            result = Bench(request, home_folder() / "bench", progress.tell).run(system_clock())
            if report is not None:
                for path in save(result, report):
                    progress.tell(f"written: {path}")
    except (BenchFailed, LocalPartsError) as error:
        say(f"[red]failed[/]  {str(error) or type(error).__doc__}")
        raise typer.Exit(1) from None
    finally:
        progress.close()
    if json_output:
        typer.echo(json.dumps(result["rows"], indent=2))
    else:
        _print(result)
    if not all(goal["met"] for goal in result["goals"]):
        raise typer.Exit(FOUND)


def page() -> None:
    """The README's section of the last full result of `bench line` that was kept."""
    from ops.bench.line import page as readme  # noqa: PLC0415
    from ops.bench.line.report import KEPT, kept_curves  # noqa: PLC0415

    if not KEPT.exists():
        say(f"[red]failed[/]  no result was kept yet: meshline bench line --report {KEPT.parent} makes one")
        raise typer.Exit(1)
    typer.echo(readme.page(json.loads(KEPT.read_text("utf-8")), kept_curves()), nl=False)


def _known(option: str, names: list[str], known: tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(known)}", param_hint=option)


def _print(result: dict[str, Any]) -> None:
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True, width=130)
    table = Table(box=None, pad_edge=False)
    for heading in ("", "system"):
        table.add_column(heading, no_wrap=True)
    for heading in ("messages/s", "least..greatest", "to ours", "CPU s/million", "MB", "lost", "doubled"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in result["rows"]:
        table.add_row(*_cells(row))
    console.print(table)
    for name, curve in result["curves"].items():
        shown = curve["points"] if len(curve["points"]) <= _SHOWN else curve["points"][-1:]
        points = ", ".join(f"{point['x']:,}: {point['y']:,.0f}" for point in shown)
        console.print(f"[bold]{name}[/]  {curve['title']}  {points}  {curve.get('remark', '')}")
    for goal in result["goals"]:
        word = "[green]met   [/]" if goal["met"] else "[red]missed[/]"
        bound = f"at least {goal['least']:g}" if goal["least"] is not None else f"at most {goal['most']:g}"
        console.print(f"{word} {goal['workload']}  {goal['value']:g} {goal['what']} ({bound})")


def _cells(row: dict[str, Any]) -> list[str]:
    if "failed" in row:
        return [row["workload"], row["system"], "failed", row["failed"][:90]]
    if "p99_ms" in row:
        told = f"p50 {row['p50_ms']:.1f} ms, p99 {row['p99_ms']:.1f} ms"
        return [row["workload"], row["system"], f"{row['msgs_per_s']:,.0f}", told]
    least, greatest = row["spread"]
    ratio = "" if row["ratio_to_ours"] is None else f"{row['ratio_to_ours']:.2f}"
    return [
        row["workload"],
        row["system"],
        f"{row['msgs_per_s']:,.0f}",
        f"{least:,.0f}..{greatest:,.0f}",
        ratio,
        f"{row['cpu_s_per_million']:,.1f}",
        f"{row['peak_mb']}",
        str(row["lost"] or ""),
        str(row["doubled"] or ""),
    ]
