"""`meshline rules take|activate|revert|...`: the rules that decide on the running line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from ops.access.errors import NotLetIn
from ops.cli.failure import FOUND, say, told
from ops.rules.activate import Live
from ops.rules.desk import newest_rules, put_live, take_back
from ops.rules.errors import Refused
from ops.rules.fit import lent_to
from streams.rules import RulesError, read_folder, shipped_texts
from streams.runtime.clock import system_clock
from streams.runtime.database import operations_engine
from streams.runtime.settings import Settings, load_settings
from streams.runtime.tables import rule_sets

R = TypeVar("R")
Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
Person = Annotated[str, typer.Option("--by", help="Who does it. With a token: its person.")]
Why = Annotated[str, typer.Option(help="The reason; it is kept in the audit.")]


def register(rules: typer.Typer) -> None:
    rules.command()(take)
    rules.command()(activate)
    rules.command()(revert)


def take(folder: Annotated[Path, typer.Argument(help="An empty or new folder.")]) -> None:
    """Write the rules that decide now into a folder, to change them there. What the set lacks is the shipped one's."""

    async def work(database: AsyncEngine, settings: Settings) -> tuple[str, dict[str, str]]:
        rules = await newest_rules(database, settings)
        async with database.connect() as connection:
            texts = await connection.scalar(select(rule_sets.c.texts).where(rule_sets.c.version == rules.version))
        return rules.version, {**lent_to(rules), **texts} if texts else shipped_texts()

    version, texts = with_database(work)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        say(f"[red]failed[/]  {folder} is not empty")
        raise typer.Exit(1)
    for name, text in texts.items():
        (folder / Path(name).name).write_text(text, "utf-8")
    say(f"{len(texts)} rules of version {version} are in {folder}")


def activate(
    folder: Annotated[Path, typer.Argument(help="The folder of the set.")],
    by: Person,
    why: Why,
    forecast: Annotated[Path | None, typer.Option(help="What `meshline rules shadow --out` wrote.")] = None,
    json_output: Json = False,
) -> None:
    """Put a set live on all workers at once. Exit 100 when it waits for a second person, who types the same."""

    async def work(database: AsyncEngine, settings: Settings) -> Live:
        told_before = _forecast(forecast)
        return await put_live(database, settings, read_folder(folder), by, why, told_before, system_clock())

    live = with_database(work)
    if json_output:
        typer.echo(json.dumps({"version": live.version, "before": live.before, "seq": live.seq, "waits": live.waits}))
    elif live.waits:
        say(f"[yellow]proposed[/]  {live.waits}. {live.version} decides until a second person activates the same set")
    else:
        say(f"[green]live[/]  {live.version} decides from now on; before it was {live.before}")
    if live.waits:
        raise typer.Exit(FOUND)


def revert(by: Person, why: Why, json_output: Json = False) -> None:
    """Bring back the set that was active before, at once. No worker is restarted."""

    async def work(database: AsyncEngine, settings: Settings) -> Live:
        return await take_back(database, settings, by, why, system_clock())

    live = with_database(work)
    if json_output:
        typer.echo(json.dumps({"version": live.version, "before": live.before, "seq": live.seq}))
    else:
        say(f"[green]live[/]  {live.version} decides again; before it was {live.before}")


def with_database(work: Callable[[AsyncEngine, Settings], Awaitable[R]]) -> R:
    """Run something with the operations database. Exit 1 with a sentence on expected failures."""

    async def run() -> R:
        settings = load_settings()
        settings.need("bootstrap", "operations_url")
        database = operations_engine(settings.operations_url, pool_size=2)
        try:
            return await work(database, settings)
        finally:
            await database.dispose()

    with told():
        try:
            return asyncio.run(run())
        except (Refused, RulesError, NotLetIn) as error:
            say(f"[red]failed[/]  {error}")
    raise typer.Exit(1)


def _forecast(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"{path}: {error}") from None
    if not isinstance(found, dict):
        raise Refused(f"{path} is no forecast")
    return found
