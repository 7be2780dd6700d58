"""Undoing what a job's letters wrote: an ordinary command with what was there before, through the ordinary sink.

Only within a window, only where the target remembers, and only while nothing was written since: a newer version stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ops.access.people import Actor
from ops.audit.store import append
from ops.cases.desk import Desk
from ops.cases.errors import NotNow
from ops.replay.answers import Undone, UndoneItem
from ops.replay.asks import Undo
from ops.replay.jobs import items_of, one_job
from ops.replay.order import Item
from ops.replay.states import ItemState
from schemas.identity import command_id_for
from schemas.partition import partition_for
from schemas.records import Command
from schemas.topics import COMMAND
from sinks.images import image_of
from streams.letters.outbox import Outgoing
from streams.runtime.tables import effects

ACTION = "replay.undo"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done about one item: a command, or why nothing can be."""

    item: Item
    command: Command | None = None
    target: str = ""
    why_not: str = ""


async def undo(desk: Desk, actor: Actor, ask: Undo) -> Undone:
    """See `ops.replay.verbs.undo`."""
    now, window = desk.clock(), desk.settings.replay.undo_within
    async with desk.database.begin() as connection:
        job = await one_job(connection, ask.job_id, lock=True)
        items = [one for one in await items_of(connection, job.job_id) if one.state is ItemState.APPLIED]
        items = [one for one in items if not ask.ids or any(one.letter_id.startswith(some) for some in ask.ids)]
        # Backwards: of several letters of one record the last is undone first, and each needs its own way back.
        plans = [await _plan(connection, one, now, window) for one in reversed(items)]
        commands = [(plan.target, plan.command) for plan in plans if plan.command is not None]
        if not commands:
            raise NotNow(plans[0].why_not if plans else "none of its letters had an effect")
        told = [plan.item.letter_id for plan in plans if plan.command is not None]
        act = desk.act(actor, ACTION, job.job_id, ask.why, after={"undone": len(told)}, selection={"letters": told})
        await append(connection, act, now, desk.audit_key)
        # Confirmed before the audit says so; asked for again it has the same ids, and the ledger knows them.
        await desk.send([_outgoing(desk, target, command) for target, command in commands])
    return Undone(job_id=job.job_id, items=[_told(plan) for plan in plans])


async def _plan(connection: AsyncConnection, item: Item, now: datetime, window: timedelta) -> Plan:
    effect_id = item.effect_id or command_id_for(item.event_id, item.kind, item.record.partition("/")[2])
    query = select(effects).where(effects.c.command_id == effect_id, effects.c.state == "applied")
    row = (await connection.execute(query)).one_or_none()
    if row is None or row.outcome != "applied":
        return Plan(item, why_not="it wrote nothing")
    mine = (effects.c.target == row.target) & (effects.c.kind == row.kind) & (effects.c.key == row.key)
    since = select(effects.c.command_id).where(mine, effects.c.state == "applied", effects.c.ended_at > row.ended_at)
    later = (await connection.execute(since)).scalars().all()
    image = await image_of(connection, row.target, effect_id)
    why_not = why_not_undone(row, [one for one in later if one != undo_id(row)], image, now, window)
    if why_not or image is None:
        return Plan(item, why_not=why_not)
    try:
        command = command_of(row, item.event_id, image, now)
    except ValidationError:
        return Plan(item, why_not="what was there before is no record that may be written")
    return Plan(item, command, row.target)


def undo_id(row: Any) -> str:
    """The undo's own id: asked for twice, it is done once."""
    return command_id_for(row.command_id, row.kind, f"{row.key}/undo")


def why_not_undone(
    row: Any, later: Sequence[str], image: Mapping[str, Any] | None, now: datetime, window: timedelta
) -> str:
    """Why an effect's row cannot be undone, "" where it can."""
    if image is None:
        return f"{row.kind} of {row.key} has no way back: it was new, or its target does not allow it"
    if later:
        return f"{row.key} was written again since: that would be lost"
    if now - row.ended_at > window:
        return f"it was written {row.ended_at:%Y-%m-%d %H:%M} UTC: that is longer ago than {window}"
    return ""


def command_of(row: Any, event_id: str, image: Mapping[str, Any], now: datetime) -> Command:
    """The command that writes the image back, at the version that is there now. Raises ValidationError."""
    values = {name: getattr(row, name) for name in ("kind", "key", "account_id", "version", "sequence")}
    values |= {"command_id": undo_id(row), "event_id": event_id, "repair": "undo", "occurred_at": now}
    return Command.model_validate(values | {"decided_at": now} | dict(image))


def _outgoing(desk: Desk, target: str, command: Command) -> Outgoing:
    topic = COMMAND[target]
    partition = partition_for(command.account_id, topic.partitions)
    return Outgoing(topic.name, command.key.encode(), desk.codec.encode(topic, command), (), partition)


def _told(plan: Plan) -> UndoneItem:
    done = plan.command is not None
    command_id = plan.command.command_id if plan.command is not None else ""
    return UndoneItem(
        letter_id=plan.item.letter_id, record=plan.item.record, done=done, note=plan.why_not, command_id=command_id
    )
