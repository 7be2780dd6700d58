"""`meshline dlq replay --dry-run` and `meshline dlq preview`: what sending letters would come to, letter by letter."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import typer
from rich.console import Console

from ops.cases.desk import Desk
from ops.cli.failure import FOUND, say
from ops.replay.order import Item
from ops.replay.preview.shadow import Shadows
from ops.replay.preview.verdict import Verdict, fingerprint_of
from ops.replay.service import try_out
from streams.runtime.settings import Settings

Previewed = Sequence[tuple[Item, Verdict]]


async def look_ahead(desk: Desk, settings: Settings, items: Sequence[Item]) -> Previewed:
    """The verdict of each item, from the real targets. Raises MissingSetting, RegistryUnavailable."""
    async with Shadows(settings) as shadow:
        verdicts = dict(await try_out(desk, settings, items, shadow))
    return [(item, verdicts[item.letter_id]) for item in items]


def tell_preview(found: Previewed, json_output: bool) -> None:
    """Print it. Exit 100 where a letter would fail again, or nobody can tell."""
    counts = Counter(verdict.says.value for _, verdict in found)
    if json_output:
        mark = fingerprint_of((item.letter_id, verdict) for item, verdict in found)
        told = {
            "preview": mark,
            "letters": len(found),
            "verdicts": dict(counts),
            "items": [_plain(*one) for one in found],
        }
        typer.echo(json.dumps(told, default=str))
    else:
        out = Console(highlight=False, markup=False, soft_wrap=True)
        for item, verdict in found[:200]:
            _print(out, item, verdict)
        say(f"{len(found)} letters would: " + ", ".join(f"{count} {says}" for says, count in sorted(counts.items())))
        say("Nothing was sent or written.")
    if not all(verdict.good for _, verdict in found):
        raise typer.Exit(FOUND)


def _print(out: Console, item: Item, verdict: Verdict) -> None:
    why = f"{verdict.reason}: {verdict.detail}" if verdict.reason else verdict.detail
    out.print(f"{item.letter_id[:12]}  {verdict.says.value:9} {item.record}  {why[:300]}")
    if verdict.call is not None:
        then = f", then {', '.join(verdict.call.then)}" if verdict.call.then else ""
        out.print(f"              {verdict.call.method} {json.dumps(verdict.call.body, default=str)[:2000]}{then}")
    for one in verdict.diff:
        out.print(f"              {one.field}: {_shown(one.found)} -> {_shown(one.sent)}")


def _shown(value: Any) -> str:
    return "nothing" if value in (None, "") else str(value)


def _plain(item: Item, verdict: Verdict) -> dict[str, Any]:
    told: dict[str, Any] = {"letter_id": item.letter_id, "record": item.record, "says": verdict.says.value}
    told |= {"reason": verdict.reason, "detail": verdict.detail, "call": verdict.call and asdict(verdict.call)}
    diff = [{"field": one.field, "now": one.found, "then": one.sent} for one in verdict.diff]
    return told | {"diff": diff}
