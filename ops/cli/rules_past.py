"""`meshline rules shadow|explain`: rules and what was recorded."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from ops.cli.failure import FOUND, say
from ops.cli.rules_live import with_database
from ops.rules.desk import newest_rules
from ops.rules.explain import explain as tell
from ops.rules.forecast import Forecast, forecast
from ops.rules.forecast_page import lines_of, page_of
from ops.rules.reading import read_events, read_outcomes
from schemas.codec import Codec
from schemas.registry import ConfluentRegistry
from streams.agents.policy import policy_of
from streams.rules import Rules, read_folder, rules_of
from streams.runtime.settings import Settings
from streams.runtime.tables import rule_sets

Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]


def register(rules: typer.Typer) -> None:
    rules.command()(shadow)
    rules.command()(explain)


def shadow(
    candidate: Annotated[Path, typer.Option(help="The folder of the set to try.")],
    since: Annotated[datetime, typer.Option(help="From when events count, UTC; older ones are only facts.")],
    out: Annotated[Path | None, typer.Option(help="The forecast as JSON, for `activate --forecast`.")] = None,
    page: Annotated[Path | None, typer.Option(help="The forecast as an HTML page.")] = None,
    json_output: Json = False,
) -> None:
    """Recorded events through the candidate and through the live rules. Exit 100 when outcomes would be others."""

    async def work(database: AsyncEngine, settings: Settings) -> Forecast:
        settings.need("registry_url")
        other = rules_of(read_folder(candidate))
        policy = replace(policy_of(settings), rules=await newest_rules(database, settings))
        registry = ConfluentRegistry(settings.registry_url)
        try:
            events = await asyncio.to_thread(read_events, settings.bootstrap, Codec(registry))
        finally:
            registry.close()
        return forecast(events, since.replace(tzinfo=since.tzinfo or UTC), policy, other)

    found = with_database(work)
    if out is not None:
        out.write_text(json.dumps(found.plain()), "utf-8")
    if page is not None:
        page.write_text(page_of(found), "utf-8")
    if json_output:
        typer.echo(json.dumps(found.plain()))
    else:
        console = Console(highlight=False, markup=False, soft_wrap=True)
        for line in lines_of(found):
            console.print(line)
    if found.changes:
        raise typer.Exit(FOUND)


def explain(event_id: Annotated[str, typer.Argument(help="The event's id.")], json_output: Json = False) -> None:
    """Which rules decided an event, in which version, by which facts."""

    async def work(database: AsyncEngine, settings: Settings) -> tuple[list[tuple[str, int, str]], list[str]]:
        outcomes = await asyncio.to_thread(read_outcomes, settings.bootstrap, event_id)
        async with database.connect() as connection:
            rows = (await connection.execute(select(rule_sets))).all()
        shipped = policy_of(settings).rules
        sets: dict[str, Rules] = {row.version: rules_of(row.texts).completed_by(shipped) for row in rows}
        sets[shipped.version] = shipped
        return outcomes, tell(outcomes, sets.get)

    outcomes, lines = with_database(work)
    if json_output:
        found = [{"topic": t, "at_ms": at, "rules": json.loads(h) if h else None} for t, at, h in outcomes]
        typer.echo(json.dumps({"event_id": event_id, "outcomes": found, "told": lines}))
    else:
        console = Console(highlight=False, markup=False, soft_wrap=True)
        for line in lines:
            console.print(line)
    if not outcomes:
        say(f"nothing has come of {event_id} yet, or it is held: `meshline explain` tells of its record")
        raise typer.Exit(1)
