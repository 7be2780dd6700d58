"""What a running job writes. Each is one transaction that first looks whether the job is still this process's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, literal, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ops.audit.chain import Act
from ops.cases.changes import Change, write_changes
from ops.cases.desk import Desk
from ops.cases.states import Move
from ops.cases.tables import cases
from ops.replay.errors import TakenOver
from ops.replay.jobs import SENT_AND_CANCELLED, move_job, one_job
from ops.replay.order import Item
from ops.replay.states import ENDED, ItemMove, ItemState, JobMove, JobState, item_after
from ops.replay.tables import replay_items, replay_jobs
from streams.letters.parking.tables import parked
from streams.runtime.tables import holds, replays


@dataclass(frozen=True, slots=True)
class Marks:
    """The writes of one process's turn at a job."""

    desk: Desk
    job_id: str
    epoch: int
    by: str
    why: str

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[tuple[AsyncConnection, Any]]:
        """A transaction with the job's row locked. Raises TakenOver."""
        async with self.desk.database.begin() as connection:
            job = await one_job(connection, self.job_id, lock=True)
            if job.epoch != self.epoch:
                raise TakenOver
            yield connection, job

    async def state(self) -> JobState:
        """The job's, as people may have changed it. Raises TakenOver."""
        async with self.turn() as (_, job):
            return JobState(job.state)

    async def end(self, move: JobMove, note: str) -> JobState:
        """The job's own end, or stop."""
        async with self.turn() as (connection, job):
            return await move_job(connection, job, move, self.desk.clock(), note)

    async def sent(self, items: Sequence[Item], act: Act) -> list[Item]:
        """The broker has them: the items, the count of replays, and the cases that wait for what comes of it."""
        now = self.desk.clock()
        async with self.turn() as (connection, job):
            over = job.state == JobState.CANCELLED.value
            state, note = (ItemState.LEFT, SENT_AND_CANCELLED) if over else (ItemState.SENT, "")
            if job.redirect:
                state, note = ItemState.REDIRECTED, f"sent to {job.redirect}"
            moved = [replace(item, state=state, note=note) for item in items]
            times = {"sent_at": now, "ended_at": now} if job.redirect else {"sent_at": now}
            await self._write(connection, moved, times)
            again = [
                {"letter_id": item.letter_id, "event_id": item.event_id, "replayed_by": self.by, "why": self.why}
                | {"replayed_at": now}
                for item in items
            ]
            await connection.execute(insert(replays), again)
            mine = cases.c.case_id.in_([item.letter_id for item in items])
            rows = (
                await connection.execute(select(cases).where(mine).order_by(cases.c.case_id).with_for_update())
            ).all()
            move, why = (Move.RESOLVE, f"{note}: {self.why}") if job.redirect else (Move.REPLAY, self.why)
            changes = [change for row in rows if (change := Change.of(row, move, why)) is not None]
            await write_changes(connection, changes, act, now, self.desk.audit_key)
        return moved

    async def ended(
        self, items: Sequence[Item], moves: Iterable[tuple[int, ItemMove, str]], positions: Mapping[str, int]
    ) -> list[Item]:
        """Take signs in, and how far was read with them; the items that moved."""
        known = {item.place: item for item in items}
        moved: dict[int, Item] = {}
        for place, move, note in moves:
            item = moved.get(place, known[place])
            to = item_after(item.state, move)
            if to is not None and to is not item.state:
                moved[place] = replace(item, state=to, note=note)
        now = self.desk.clock()
        async with self.turn() as (connection, _):
            await self._write(connection, list(moved.values()), {"ended_at": now})
            values = {"positions": dict(positions), "updated_at": now}
            await connection.execute(update(replay_jobs).where(replay_jobs.c.job_id == self.job_id).values(**values))
        return list(moved.values())

    async def held(self, items: Sequence[Item]) -> list[tuple[int, ItemMove, str]]:
        """Signs of items whose events, or commands, wait now."""
        under_way = [item for item in items if item.state is ItemState.SENT]
        if not under_way:
            return []
        waits = {item.event_id: item for item in under_way if item.stage != "sink"}
        waits |= {item.effect_id: item for item in under_way if item.effect_id}
        open_ = holds.c.event_id.in_(list(waits)) & (holds.c.state == "open")
        parks = parked.c.event_id.in_(list(waits)) & (parked.c.state == "waiting")
        behind = select(parked.c.event_id, literal("parked behind another letter").label("detail")).where(parks)
        query = union_all(select(holds.c.event_id, holds.c.detail).where(open_), behind)
        async with self.desk.database.connect() as connection:
            rows = (await connection.execute(query)).all()
        return [(waits[row.event_id].place, ItemMove.HOLD, row.detail) for row in rows]

    async def _write(self, connection: AsyncConnection, items: Sequence[Item], times: Mapping[str, datetime]) -> None:
        for item in items:
            mine = (replay_items.c.job_id == self.job_id) & (replay_items.c.place == item.place)
            values: dict[str, Any] = {"state": item.state.value, "note": item.note, **times}
            assert item.state is ItemState.SENT or item.state in ENDED
            await connection.execute(update(replay_items).where(mine).values(**values))


async def take_over(desk: Desk, job_id: str) -> tuple[int, Any]:
    """Begin a turn at the job: (its epoch, its row). Whoever had it before marks nothing any more. Raises NotSo."""
    now = desk.clock()
    async with desk.database.begin() as connection:
        job = await one_job(connection, job_id, lock=True)
        again = JobState(job.state) in (JobState.PAUSED, JobState.STOPPED)
        await move_job(connection, job, JobMove.RESUME if again else JobMove.START, now)
        changed = update(replay_jobs).where(replay_jobs.c.job_id == job.job_id).values(epoch=replay_jobs.c.epoch + 1)
        row = (await connection.execute(changed.returning(*replay_jobs.c))).one()
    return int(row.epoch), row
