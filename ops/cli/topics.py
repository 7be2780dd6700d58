"""`meshline topics apply|check`: the cluster against the declaration."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from ops.cli.failure import FOUND, say, told
from ops.topics import Change, Cluster, plan
from ops.topics.table import table
from schemas.topics import TOPICS
from streams.runtime.settings import load_settings

Json = Annotated[bool, typer.Option("--json", help="The changes as JSON on stdout.")]


def register(app: typer.Typer) -> None:
    topics = typer.Typer(help="The topics that MeshLine declares, and the cluster's.", no_args_is_help=True)
    topics.command()(apply)
    topics.command()(check)
    topics.command("table")(print_table)
    app.add_typer(topics, name="topics")


def apply(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, change nothing.")] = False,
    replication: Annotated[int, typer.Option(help="Replicas of new topics.")] = 1,
    json_output: Json = False,
) -> None:
    """Make the cluster equal to the declaration. Exit 100 when something cannot be put right by itself."""
    with told():
        cluster = _cluster()
        changes = plan(TOPICS, cluster.actual(TOPICS))
        if not dry_run:
            cluster.apply(changes, replication)
    _tell(changes, json_output, done=not dry_run)
    if any(change.kind == "blocked" for change in changes):
        raise typer.Exit(FOUND)


def check(json_output: Json = False) -> None:
    """Report where the cluster differs from the declaration. Exit 100 when it does."""
    with told():
        changes = plan(TOPICS, _cluster().actual(TOPICS))
    _tell(changes, json_output, done=False)
    if changes:
        raise typer.Exit(FOUND)


def print_table() -> None:
    """Print the README's table of topics."""
    typer.echo(table(TOPICS), nl=False)


def _cluster() -> Cluster:
    settings = load_settings()
    settings.need("bootstrap")
    return Cluster(settings.bootstrap)


def _tell(changes: list[Change], json_output: bool, *, done: bool) -> None:
    if json_output:
        typer.echo(json.dumps({"declared": len(TOPICS), "changes": [asdict(change) for change in changes]}))
        return
    for change in changes:
        verb = change.kind if change.kind == "blocked" or not done else f"{change.kind}, done"
        say(f"{verb:18} {change.topic}: {change.what}")
    say(f"{len(TOPICS)} topics declared, {len(changes)} differences" if changes else f"{len(TOPICS)} topics, all equal")
