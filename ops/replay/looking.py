"""A preview as people see it: personal data in calls and fields is masked unless it is to be revealed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ops.cases.desk import Desk
from ops.replay import answers, asks
from ops.replay.jobs import items_of, one_job
from ops.replay.order import Item, with_edits
from ops.replay.preview.masking import masked_body, masked_field
from ops.replay.preview.verdict import Call, Says, Verdict, fingerprint_of
from ops.replay.sending import on_its_way
from ops.replay.states import ItemState
from ops.replay.trying import choose_only, try_out

Pairs = Sequence[tuple[Item, Verdict]]


async def previewed(desk: Desk, ask: asks.LookAhead) -> answers.Previewed:
    """Of a selection, or of what a job has not sent yet. Raises NothingChosen, NotFound, RegistryUnavailable."""
    items, redirect = await _items(desk, ask)
    return as_answer(await verdicts_of(desk, items, redirect), redirect, reveal=ask.reveal)


async def verdicts_of(
    desk: Desk,
    items: Sequence[Item],
    redirect: str = "",
    *,
    rows: Sequence[Any] = (),
    edits: Mapping[str, Any] | None = None,
) -> Pairs:
    """Each item with its verdict, from the real targets. `rows`, `edits`: letters in versions that are not stored."""
    if redirect:
        there = Verdict(Says.SUCCEED, f"it would be sent to {redirect}; what comes of it there is not seen here")
        return [(item, there) for item in items]
    outgoing = None
    if edits is not None:
        outgoing = {row.letter_id: on_its_way(row, edits.get(row.letter_id)) for row in rows}
        items = with_edits(items, edits)
    async with desk.shadows() as shadow:
        found = dict(await try_out(desk, desk.settings, items, shadow, outgoing))
    return [(item, found[item.letter_id]) for item in items]


def mark_of(found: Pairs, redirect: str = "") -> str:
    """What an approval is bound to: the letters, the version of each, where they go, the verdicts and the calls."""
    return fingerprint_of((f"{redirect}/{item.letter_id}/{item.edit_id}", verdict) for item, verdict in found)


def as_answer(found: Pairs, redirect: str = "", *, reveal: bool) -> answers.Previewed:
    counts = Counter(verdict.says.value for _, verdict in found)
    items = [_would_be(item, verdict, reveal) for item, verdict in found]
    mark = mark_of(found, redirect)
    return answers.Previewed(preview=mark, letters=len(items), verdicts=dict(counts), items=items, revealed=reveal)


async def _items(desk: Desk, ask: asks.LookAhead) -> tuple[list[Item], str]:
    """(What would be sent, where it was redirected to)."""
    if ask.selection is not None:
        return await choose_only(desk, desk.settings, ask.selection), ""
    assert ask.job_id is not None
    async with desk.database.connect() as connection:
        job = await one_job(connection, ask.job_id)
        items = await items_of(connection, job.job_id)
    return [item for item in items if item.state is ItemState.WAITING], job.redirect


def _would_be(item: Item, verdict: Verdict, reveal: bool) -> answers.WouldBe:
    return answers.WouldBe(
        letter_id=item.letter_id,
        record=item.record,
        says=verdict.says.value,
        reason=verdict.reason,
        detail=verdict.detail,
        call=verdict.call and _call(verdict.call, reveal),
        diff=[
            answers.WouldChange(
                field=one.field,
                now=_shown(one.found if reveal else masked_field(one.field, one.found)),
                then=_shown(one.sent if reveal else masked_field(one.field, one.sent)),
            )
            for one in verdict.diff
        ],
    )


def _call(call: Call, reveal: bool) -> answers.WouldCall:
    plain = asdict(call)
    return answers.WouldCall(
        method=call.method, body=plain["body"] if reveal else masked_body(plain["body"]), then=list(call.then)
    )


def _shown(value: Any) -> str:
    return "nothing" if value in (None, "") else str(value)
