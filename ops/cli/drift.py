"""`meshline drift`: where the two sides do not agree, what to do about it, and what billing waits for."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ops.cli import drift_billing, drift_repair
from ops.cli.drift_notify import notify
from ops.cli.failure import FOUND, say, told
from reconciler.errors import ReconcilerError
from reconciler.explain import advice, amount_text
from reconciler.history import DriftHistory, read_history
from schemas.codec import Codec
from schemas.records import Drift
from schemas.registry import ConfluentRegistry
from schemas.topics import DRIFT
from streams.runtime.settings import load_settings

Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
DriftId = Annotated[str, typer.Argument(help="The drift's id, or its first characters.")]
_AGO = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def register(app: typer.Typer) -> None:
    drift = typer.Typer(help="Differences between the two sides: list, show, explain, repair.", no_args_is_help=True)
    drift.command("list")(list_)
    drift.command()(show)
    drift.command()(explain)
    drift.command()(notify)
    drift_repair.register(drift, lambda prefix: _one(_history(), prefix)[-1], _history)
    drift_billing.register(drift)
    app.add_typer(drift, name="drift")


def list_(
    all_: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    since: Annotated[str, typer.Option(help="Only what was told since then: 2h, 3d, 2026-03-02T09:00.")] = "",
    json_output: Json = False,
) -> None:
    """Open drifts, the oldest last. Exit 100 when one is listed that is open, else 0."""
    now = datetime.now(UTC)
    after = _moment(since, now) if since else None
    history = _history()
    drifts = [
        drift
        for drift in (history.last() if all_ else history.open())
        if after is None or drift.observed_at.astimezone(UTC) >= after
    ]
    if json_output:
        typer.echo(json.dumps([facts_of(drift, now) for drift in drifts]))
    else:
        wide = None if sys.stdout.isatty() else 180  # a file or a pipe has no width of its own
        Console(highlight=False, markup=False, width=wide).print(table_of(drifts, now))
        still = sum(drift.status != "closed" for drift in drifts)
        say(f"{still} open. What to do about one: meshline drift explain <drift>" if still else "no open drift")
    _say_unreadable(history)
    if any(drift.status != "closed" for drift in drifts):
        raise typer.Exit(FOUND)


def show(drift_id: DriftId, json_output: Json = False) -> None:
    """One drift: everything that was told about it, in order."""
    now = datetime.now(UTC)
    story = _one(_history(), drift_id)
    if json_output:
        typer.echo(json.dumps({**facts_of(story[-1], now), "story": [facts_of(one, now) for one in story]}))
        return
    last = story[-1]
    out = Console(highlight=False, markup=False, soft_wrap=True)
    out.print(f"Drift       {last.drift_id}")
    out.print(f"Record      {last.entity} {last.key}, account {last.account_id}")
    out.print(f"Kind        {last.kind}, severity {last.severity}, {last.status}")
    out.print(f"Money       {money_of(last) or 'none'} (ERP minus CRM)")
    if last.at_stake is not None and last.currency is not None:
        out.print(f"At stake    {amount_text(last.at_stake, last.currency)}")
    out.print(f"Right is    {last.owner or 'not known'}; proposal: {last.proposal or 'none'}")
    if last.explained_by:
        out.print(f"Explained   by {last.explained_by}")
    out.print(f"Versions    CRM {_version(last.crm_version)}, ERP {_version(last.erp_version)}")
    for field in last.fields:
        out.print(f"Field       {field.name}: CRM {field.crm or 'empty'}, ERP {field.erp or 'empty'}")
    for one in story:
        out.print(f"{_time(one.observed_at)}  {one.status:8} {one.explanation}")


def explain(drift_id: DriftId, json_output: Json = False) -> None:
    """One drift in plain words: what differs, since when, and what to do."""
    now = datetime.now(UTC)
    last = _one(_history(), drift_id)[-1]
    if json_output:
        typer.echo(json.dumps({**facts_of(last, now), "what_to_do": advice(last)}))
        return
    out = Console(highlight=False, markup=False, soft_wrap=True)
    state = "is closed" if last.status == "closed" else f"has been open for {age_of(last, now)}"
    out.print(f"What differs  {last.explanation}")
    out.print(f"Since when    it {state}: opened {_time(last.opened_at)}, last told {_time(last.observed_at)} UTC")
    if money_of(last):
        out.print(f"Money         {money_of(last)}, ERP minus CRM")
    if last.explained_by and last.status != "closed":
        out.print(f"Explained by  {last.explained_by}: settle that first")
    out.print(f"What to do    {advice(last)}")


def table_of(drifts: list[Drift], now: datetime) -> Table:
    """One line per drift, or more on a narrow screen: nothing is cut off."""
    table = Table(box=None, pad_edge=False)
    rows = [_row(drift, now) for drift in drifts]
    for number, heading in enumerate(("drift", "kind", "severity", "status", "money", "age")):
        width = max(len(heading), *(len(row[number]) for row in rows)) if rows else len(heading)
        table.add_column(heading, min_width=width, justify="right" if heading in ("money", "age") else "left")
    for heading in ("record", "CRM / ERP"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _row(drift: Drift, now: datetime) -> tuple[str, ...]:
    fields = "; ".join(f"{one.name}: {one.crm or '-'} / {one.erp or '-'}" for one in drift.fields)
    facts = (drift.drift_id[:12], drift.kind, drift.severity, drift.status, money_of(drift), age_of(drift, now))
    return (*facts, f"{drift.entity} {drift.key}", fields)


def facts_of(drift: Drift, now: datetime) -> dict[str, Any]:
    """A drift as data: the record's own fields, and its age in seconds. Money is text."""
    return {**drift.model_dump(mode="json"), "age_seconds": int((now - drift.opened_at).total_seconds())}


def money_of(drift: Drift) -> str:
    if drift.money is None or drift.currency is None:
        return ""
    return ("+" if drift.money > 0 else "") + amount_text(drift.money, drift.currency)


def age_of(drift: Drift, now: datetime) -> str:
    """The largest unit: 40 s, 12 min, 3 h, 2 d."""
    seconds = max(0, int((now - drift.opened_at).total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _history() -> DriftHistory:
    with told():
        settings = load_settings()
        settings.need("bootstrap", "registry_url")
        codec = Codec(ConfluentRegistry(settings.registry_url))
        try:
            return read_history(settings.bootstrap, f"{settings.worker.group}.cli", DRIFT, codec)
        except ReconcilerError as error:
            say(f"[red]failed[/]  {error}")
            raise typer.Exit(1) from None


def _one(history: DriftHistory, prefix: str) -> list[Drift]:
    found = [story for drift_id, story in history.stories.items() if drift_id.startswith(prefix)]
    if len(found) == 1:
        return found[0]
    many = f"{len(found)} drifts" if found else "no drift"
    say(f"[red]failed[/]  {many} with an id that starts with {prefix!r}: meshline drift list --all")
    raise typer.Exit(1)


def _moment(text: str, now: datetime) -> datetime:
    ago = _AGO.fullmatch(text)
    if ago:
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither an age (2h, 3d) nor a time (2026-03-02T09:00)") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _say_unreadable(history: DriftHistory) -> None:
    if history.unreadable:
        say(f"[yellow]{history.unreadable} rows of {DRIFT.name} are no drift and were left out[/]")


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _version(version: int | None) -> str:
    return "none" if version is None else str(version)
