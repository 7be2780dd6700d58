"""The verbs of patches."""

from __future__ import annotations

from typing import Any

from ops.access.people import Actor
from ops.cases.desk import Desk
from ops.cases.errors import BadAsk
from ops.replay import answers, asks
from ops.replay.choosing import letters_of
from ops.replay.edits.levels import Level
from ops.replay.edits.store import newest_edits
from ops.replay.edits.verbs import SENSITIVE
from ops.replay.jobs import create_job
from ops.replay.patches.asks import LookAtPatch, UsePatch
from ops.replay.patches.transform import faults_of
from ops.replay.patches.versions import Outcome, patch_letters
from ops.replay.states import ItemState
from ops.replay.verbs import show


async def preview_patch(desk: Desk, actor: Actor, ask: LookAtPatch) -> answers.Previewed:
    """What the letters of a patch would come to as it changes them. Nothing is written, no version is kept."""
    from ops.replay.looking import as_answer, verdicts_of  # noqa: PLC0415 - loads the agents and the sinks
    from ops.replay.trying import choose_only  # noqa: PLC0415

    _tested(ask)
    items = [
        one for one in await choose_only(desk, desk.settings, ask.patch.selection) if one.state is ItemState.WAITING
    ]
    outcome, rows = await _outcome(desk, ask, [one.letter_id for one in items])
    mine = [one for one in items if one.letter_id in outcome.patched]
    return as_answer(await verdicts_of(desk, mine, rows=rows, edits=outcome.patched), reveal=False)


async def apply_patch(desk: Desk, actor: Actor, ask: UsePatch) -> answers.JobWhole:
    """Make a job of a patch's letters, each in the version that it makes of it. A second person must agree."""
    _tested(ask)
    if ask.patch.reviewed_by == actor.name:
        raise BadAsk(f"{actor.name} reviewed this patch: somebody else applies it")
    from ops.replay.trying import choose_only  # noqa: PLC0415 - loads the agents

    items = await choose_only(desk, desk.settings, ask.patch.selection)
    outcome, _ = await _outcome(desk, ask, [one.letter_id for one in items])
    if outcome.refused:
        letter_id, why = next(iter(outcome.refused.items()))
        raise BadAsk(f"it makes no record of {len(outcome.refused)} letters, such as {letter_id[:12]}: {why}")
    if not outcome.patched:
        raise BadAsk("it changes none of its letters")
    if outcome.level is Level.SENSITIVE:
        await desk.admit(actor, SENSITIVE, ask)
    job_id = desk.new_id()
    chosen = asks.Selection(ids=tuple(outcome.patched))
    asked = asks.NewJob(selection=chosen, why=ask.patch.why, rate=ask.rate, detach=ask.detach)
    await create_job(desk, actor, asked, job_id, await desk.ends(), desk.settings.replay.cap, ask.patch)
    return await show(desk, actor, asks.OneJob(job_id=job_id))


def _tested(ask: LookAtPatch) -> None:
    faults = faults_of(ask.patch)
    if faults:
        raise BadAsk(f"its examples do not hold: {'; '.join(faults[:5])}")


async def _outcome(desk: Desk, ask: LookAtPatch, letter_ids: list[str]) -> tuple[Outcome, list[Any]]:
    async with desk.database.connect() as connection:
        rows = list(await letters_of(connection, letter_ids))
        edits = await newest_edits(connection, letter_ids)
    return patch_letters(ask.patch, rows, edits, desk.codec), rows
