"""`meshline chaos delivery|results`: is the delivery layer as good as its word?"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ops.chaos.delivery.campaign import LONG, Campaign, Guarantee
from ops.chaos.delivery.crash_points import POINTS, CrashPoint
from ops.chaos.delivery.crashing import crash_everywhere
from ops.chaos.delivery.errors import ChaosError
from ops.chaos.delivery.faults import draw, expected_seconds
from ops.chaos.delivery.mutants.catalogue import MUTANTS
from ops.chaos.delivery.mutants.copy import check_all
from ops.chaos.delivery.mutants.trial import try_all
from ops.chaos.delivery.report import Report, save, saved
from ops.chaos.delivery.run import carry_out
from ops.cli import chaos_fuzz, chaos_preview, chaos_replay
from ops.cli.failure import FOUND, say, told
from ops.local.cluster import Cluster
from ops.local.errors import LocalPartsError
from streams.runtime.clock import system_clock

Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
_LONG_CRASHES = 20


def register(app: typer.Typer) -> None:
    chaos = typer.Typer(help="Trials by fire of single parts, on brokers of their own.", no_args_is_help=True)
    chaos.command()(delivery)
    chaos.command()(results)
    chaos_fuzz.extend(chaos)
    chaos_replay.extend(chaos)
    chaos_preview.extend(chaos)
    app.add_typer(chaos, name="chaos")


def delivery(  # noqa: PLR0913 - each is an option
    *,
    seed: Annotated[int, typer.Option(help="The same seed draws the same records and faults.")] = 1,
    messages: Annotated[int, typer.Option(min=100, help="Records in.")] = 100_000,
    kills: Annotated[int, typer.Option(min=0, help="SIGKILLs of workers and brokers; other faults come between.")] = 20,
    workers: Annotated[int, typer.Option(min=1, help="Workers at once.")] = 3,
    brokers: Annotated[int, typer.Option(help="1, or 3 with three copies of everything.")] = 1,
    for_: Annotated[float | None, typer.Option("--for", help="Seconds after which no new fault begins.")] = None,
    at_least_once: Annotated[bool, typer.Option("--at-least-once", help="That guarantee: judged by loss.")] = False,
    mutants: Annotated[bool, typer.Option(help="Also try mutants of the layer: each must be caught.")] = True,
    crashes: Annotated[int, typer.Option(min=0, help="Deaths at each crash point; 0: none.")] = 2,
    point: Annotated[list[str] | None, typer.Option(help="Only this crash point; may be repeated.")] = None,
    long: Annotated[bool, typer.Option("--long", help="200 kills, 2,000,000 records, 3 brokers; kept.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the parts that were run; --long does.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print the plan.")] = False,
    json_output: Json = False,
) -> None:
    """Strike workers and brokers at random while records pass, and compare what came out with what went in.

    Exit 0 when nothing is lost, doubled or out of order and every mutant is caught; 100 when something was found.
    """
    guarantee: Guarantee = "at-least-once" if at_least_once else "exactly-once"
    sizes: dict[str, Any] = {"messages": messages, "kills": kills, "workers": workers, "brokers": brokers}
    if long:
        sizes, crashes = dict(LONG), max(crashes, _LONG_CRASHES)
    try:
        campaign = Campaign(seed=seed, guarantee=guarantee, bound=for_, **sizes)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    points = _named(point or [])
    if dry_run:
        return _print_plan(campaign, mutants, crashes, len(points), json_output)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended on the way out
    report = _guarded(lambda: _run(campaign, points, mutants=mutants, crashes=crashes, thorough=long))
    if long or keep:
        save(report, system_clock())
    typer.echo(json.dumps(report.data(), indent=2)) if json_output else _print(report.data())
    for line in report.trouble():
        say(f"[red]found[/]  {line}")
    if not report.good:
        raise typer.Exit(FOUND)
    return None


def _named(names: list[str]) -> tuple[CrashPoint, ...]:
    """The crash points of these names; all when there are none."""
    known = {one.name: one for one in POINTS}
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"no crash point is called {name!r}; there are: {', '.join(known)}")
    return tuple(known[name] for name in names) or POINTS


def _run(campaign: Campaign, points: Sequence[CrashPoint], *, mutants: bool, crashes: int, thorough: bool) -> Report:
    tell = _progress()
    if mutants:
        check_all(MUTANTS)  # before the hours, not after
    outcome = carry_out(campaign, tell)
    if not mutants and not crashes:
        return Report(outcome)
    with Cluster(Path(tempfile.mkdtemp(prefix="meshline-chaos-")), campaign.brokers) as cluster:
        rows = crash_everywhere(points, crashes, cluster.bootstrap, tell, copies=cluster.copies) if crashes else ()
        trials = try_all(MUTANTS, cluster.bootstrap, tell, copies=cluster.copies, thorough=thorough) if mutants else ()
    return Report(outcome, trials, rows)


def _progress() -> Callable[[str], None]:
    begun = time.monotonic()
    return lambda words: say(f"[dim]{time.monotonic() - begun:7.1f} s[/]  {words}")


def _guarded(run: Callable[[], Report]) -> Report:
    try:
        with told():
            return run()
    except (ChaosError, LocalPartsError) as error:
        say(f"[red]no verdict[/]  {error or type(error).__doc__}")
        raise typer.Exit(1) from None


def _print_plan(campaign: Campaign, mutants: bool, crashes: int, points: int, json_output: bool) -> None:
    faults = draw(campaign)
    plan = {
        "campaign": campaign.data(),
        "faults": [{"kind": str(one.kind), "hold": one.hold, "gap": one.gap} for one in faults],
        "seconds": round(expected_seconds(faults)),
        "crash_points": points if crashes else 0,
        "times_each": crashes,
        "mutants": len(MUTANTS) if mutants else 0,
    }
    if json_output:
        return typer.echo(json.dumps(plan, indent=2))
    for number, one in enumerate(faults, 1):
        lasting = f" for {one.hold:.1f} s" if one.hold else ""
        typer.echo(f"{number:>4}  {one.kind}{lasting}, then {one.gap:.1f} s")
    typer.echo(
        f"{campaign.messages:,} records, {campaign.workers} workers, {campaign.brokers} broker(s); "
        f"{campaign.guarantee}; about {plan['seconds']} s of faults; "
        f"{plan['crash_points']} crash points {crashes} times; {plan['mutants']} mutants"
    )
    return None


def results(json_output: Json = False) -> None:
    """The last full run that was kept."""
    found = saved()
    if found is None:
        say("no full run was kept yet: meshline chaos delivery --long")
        raise typer.Exit(1)
    if json_output:
        typer.echo(json.dumps(found, indent=2))
    else:
        dates = ", ".join(f"{part.replace('_', ' ')} of {date}" for part, date in found["dates"].items())
        typer.echo(f"{dates}; {found['machine']['cpus']} CPUs, seed {found['campaign']['seed']}")
        _print(found)


def _print(data: dict[str, Any]) -> None:
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for row in _rows(data):
        table.add_row(*row)
    console.print(table)
    console.print(
        "[green]Nothing lost, doubled or out of order.[/]" if data["good"] else "[red]Something was found.[/]"
    )


def _rows(data: dict[str, Any]) -> list[tuple[str, str, str]]:
    campaign = data["campaign"]
    faults = ", ".join(f"{count} {kind}" for kind, count in sorted(data["faults"].items()))
    rows = [
        ("in", f"{data['inputs']:,}", f"acknowledged records; {campaign['workers']} workers, {campaign['guarantee']}"),
        ("out", f"{data['outputs']:,}", f"read back; {campaign['brokers']} broker(s)"),
        *((name.replace("_", " "), str(data[name]), "") for name in ("lost", "duplicates", "order_violations")),
        ("kills", str(data["kills"]), f"among {sum(data['faults'].values())} faults: {faults}"),
    ]
    if data["crash_points"]:
        clean = sum(row["clean"] for row in data["crash_points"])
        told_ = f"deaths at {len(data['crash_points'])} crash points, {clean} of them clean"
        rows.append(("crash points", str(data["crash_deaths"]), told_))
    if data["mutants"]:
        rows.append(("mutants", str(data["mutants"]), f"of the layer, {data['mutants_caught']} caught"))
    versions = ", ".join(f"{name} {version}" for name, version in data["versions"].items())
    return [*rows, ("took", f"{data['seconds']:.0f} s", f"the campaign alone; {versions}")]
