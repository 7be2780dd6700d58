"""Events, holds and a database engine for the tests of what decisions know and wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.outcome import Forward, Hold, Outcome, Skip, SkipWhy, Wait, WaitKind
from schemas.reasons import Reason
from schemas.records import Stamped
from streams.facts import Span, View, load_view, save_view
from streams.letters.holds import NewHold, put_holds
from streams.letters.letter import Original
from streams.runtime.database import operations_engine
from streams.runtime.tables import holds

SKIP = Skip(SkipWhy.NOT_DUE)


def play(url: str, scene: Callable[[AsyncEngine], Awaitable[None]]) -> None:
    """Run a scene with an engine of its own."""

    async def run() -> None:
        engine = operations_engine(url)
        try:
            await scene(engine)
        finally:
            await engine.dispose()

    asyncio.run(run())


async def look(engine: AsyncEngine, events: Sequence[Stamped], span: Span, now: datetime) -> View:
    """The facts for a batch, in a transaction of their own."""
    async with engine.begin() as connection:
        return await load_view(connection, events, span, now)


async def learn(
    engine: AsyncEngine, span: Span, now: datetime, *events: Stamped, outcome: Outcome | None = None
) -> View:
    """One batch: load, learn each event, save."""
    view = await look(engine, events, span, now)
    for event in events:
        view.learn(event, outcome or SKIP)
    offsets = {event.meta.event_id: offset for offset, event in enumerate(events, span.first_offset)}
    async with engine.begin() as connection:
        await save_view(connection, view, offsets, span, now)
    return view


def hold_of(event: Stamped, since: datetime, kind: WaitKind, key: str, count: int = 0) -> NewHold:
    """A hold as the agent makes it."""
    reason = Reason.MISSING_ACCOUNT if kind is WaitKind.ACCOUNT else Reason.HOLD_EXPIRED
    wait = Hold(since + timedelta(minutes=15), Wait(kind, key, count), reason, f"waits for {key}")
    headers = (("mesh-event-id", event.meta.event_id.encode()), ("odd", b"\xff\x00"), ("none", None))
    original = Original("mesh.crm.opportunity", 1, 7, 1234, event.meta.key.encode(), b"\x00\xff value", headers)
    return NewHold(event, wait, original, since)


async def put(engine: AsyncEngine, now: datetime, *fresh: NewHold) -> None:
    async with engine.begin() as connection:
        await put_holds(connection, fresh, now)


async def rows(engine: AsyncEngine) -> Sequence[Any]:
    async with engine.connect() as connection:
        return (await connection.execute(select(holds).order_by(holds.c.event_id))).all()


async def close_all(engine: AsyncEngine, state: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(update(holds).values(state=state))


__all__ = ["SKIP", "Forward", "close_all", "hold_of", "learn", "play", "put", "rows"]
