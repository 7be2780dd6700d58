"""`meshline books`: do they balance?"""

from __future__ import annotations

import json
import re
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ops.books.balance import Books, State
from ops.books.errors import BooksUnreadable
from ops.books.reader import BooksReader, offsets_at
from streams.runtime.clock import system_clock
from streams.runtime.settings import MissingSetting, load_settings

_SPAN = re.compile(r"(\d+)\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def register(app: typer.Typer) -> None:
    app.command()(books)


def books(
    since: Annotated[
        str | None, typer.Option(help="Only what arrived since: 30m, 2h, 1d or an ISO time. All without it.")
    ] = None,
    settled: Annotated[bool, typer.Option("--settled", help="Also require that nothing is in flight.")] = False,
    wait: Annotated[float, typer.Option(help="With --settled: seconds to wait for it.")] = 0,
    json_output: Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")] = False,
) -> None:
    """Balance the books: every accepted event is applied, dead-lettered, held, skipped or in flight.

    Read from the topics and the holds, not from counters. Exit 0 when they balance, 100 when not.
    """
    try:
        settings = load_settings()
        moment = moment_of(since, system_clock()) if since else None
        with BooksReader(settings, offsets_at(settings, moment) if moment else None) as reader:
            found = reader.read()
            deadline = time.monotonic() + wait
            while settled and not found.settled and time.monotonic() < deadline:
                time.sleep(0.5)
                found = reader.read()
    except (BooksUnreadable, MissingSetting) as error:
        typer.echo(f"failed: {error}", err=True)
        raise typer.Exit(1) from None
    if json_output:
        typer.echo(json.dumps(as_data(found), indent=2))
    else:
        print_books(found)
    if not (found.settled if settled else found.balanced):
        raise typer.Exit(100)


def as_data(found: Books) -> dict[str, Any]:
    """The books as plain data, for `--json`."""
    return {
        "accepted": found.accepted,
        **{state.value: found.count(state) for state in State},
        "balanced": found.balanced,
        "settled": found.settled,
        "dead_lettered_by_reason": found.by_label(State.DEAD_LETTERED),
        "held_by_wait": found.by_label(State.HELD),
        "skipped_by_why": found.by_label(State.SKIPPED),
        "by_topic": {
            topic: {state.value: counts[state] for state in State} for topic, counts in found.by_topic().items()
        },
        "lost_origins": list(found.lost),
        "contradictions": list(found.contradictions),
    }


def moment_of(text: str, now: datetime) -> datetime:
    """`30m`, `2h`, `1d` before now, or an ISO time (UTC where it names no zone)."""
    span = _SPAN.fullmatch(text.strip())
    if span:
        return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither a span like 2h nor an ISO time", param_hint="--since") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def print_books(found: Books) -> None:
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    shown = [state for state in State if found.count(state)]
    table = Table(box=None, pad_edge=False)
    table.add_column("from", no_wrap=True, min_width=max((len(topic) for topic in found.by_topic()), default=4))
    for heading in ("in", *shown):
        table.add_column(heading.replace("_", " "), justify="right")
    for topic, counts in found.by_topic().items():
        table.add_row(topic, str(counts.total()), *(str(counts[state] or "") for state in shown))
    table.add_row("[bold]all[/]", str(found.accepted), *(str(found.count(state)) for state in shown))
    console.print(table)
    for state, title in (
        (State.DEAD_LETTERED, "dead letters"),
        (State.HELD, "holds, waiting for"),
        (State.SKIPPED, "skips"),
        (State.IN_FLIGHT, "in flight"),
    ):
        labels = found.by_label(state)
        if labels:
            console.print(f"{title}: " + ", ".join(f"{count} {label}" for label, count in labels.items()))
    for origin in found.lost[:20]:
        console.print(f"[red]lost[/] {origin}: acknowledged, and no event, letter, hold or skip tells of it")
    for doubt in found.contradictions[:20]:
        console.print(f"[red]contradiction[/] {doubt}")
    verdict = "[green]The books balance.[/]" if found.balanced else "[red]The books do not balance.[/]"
    console.print(verdict)
