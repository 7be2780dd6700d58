"""One process's turn at a job, from wherever the process before it died.

       ┌── what came of those under way? ── which are due, and how fast? ──┐
       │        copy to the topic ─▶ confirmed by the broker ─▶ marked     │
       └───────────────────────────────────────────────────────────────────┘

A death between copy and mark makes the next process send the letter once more. That changes nothing: its events and
commands have the ids that they had, and the effect ledger knows them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from ops.access.people import Actor
from ops.audit.chain import Act
from ops.cases.desk import Desk
from ops.replay.course import Counts, Limits, Standing, due, overtaking, standing
from ops.replay.ends import Lookout, Sign
from ops.replay.jobs import ACTION, items_of
from ops.replay.marking import Marks, take_over
from ops.replay.order import Item
from ops.replay.pace import Bucket, allowed
from ops.replay.sending import outgoing_of
from ops.replay.states import ItemMove, ItemState, JobMove, JobState
from streams.letters.outbox import Outgoing

_WAIT_S = 0.2
_LAG_EVERY_S = 1.0
_AT_ONCE = 50


class Watching(Protocol):
    """What the runner needs of `watch.Watch`."""

    positions: dict[str, int]

    def begin(self, positions: Mapping[str, int]) -> None: ...

    async def look(self, wait_s: float) -> list[Sign]: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """For people."""

    counts: Counts
    rate: float
    lag: int


@dataclass(frozen=True, slots=True)
class Patience:
    """`silence`: seconds without any end while letters are under way, after which the job stops itself."""

    limits: Limits
    lag_limit: int = 1000
    silence: float = 120.0


def nobody(_: Any) -> None:
    """Nobody looks on."""


@dataclass
class Turn:
    """`step` is called with the name of each step that was done; trials let the process die there."""

    desk: Desk
    actor: Actor
    watch: Watching
    lag: Callable[[], int]
    patience: Patience
    tell: Callable[[Progress], None] = nobody
    step: Callable[[str], None] = nobody
    clock: Callable[[], float] = time.monotonic
    items: list[Item] = field(default_factory=list)
    _lag: int = 0
    _lag_at: float = float("-inf")

    async def run(self, job_id: str) -> tuple[JobState, str, Counts]:
        """Until the job is over, stopped, or paused by a person: (its state, why, how its items stand).

        Raises NotSo, TakenOver, NotDelivered, KafkaException, SQLAlchemyError: nothing is lost by any of them.
        """
        epoch, job = await take_over(self.desk, job_id)
        marks = Marks(self.desk, job.job_id, epoch, self.actor.name, job.why)
        async with self.desk.database.connect() as connection:
            self.items = await items_of(connection, job.job_id)
        self.watch.begin(job.positions)
        self.step("taken")
        limits = replace(self.patience.limits, canary=job.canary, overlook=job.overlook)
        bucket, heard = Bucket(self.clock()), self.clock()
        lookout = Lookout(self.items)
        while True:
            if await self._take_in(marks, lookout) or not any(one.state is ItemState.SENT for one in self.items):
                heard = self.clock()
            state = await marks.state()
            if state is not JobState.RUNNING:
                return state, "", Counts.of(self.items)
            where, note = standing(self.items, limits)
            if where is Standing.GOING and self.clock() - heard > self.patience.silence:
                where, note = Standing.FAILING, "nothing comes back: do the workers run? meshline status"
            if where is not Standing.GOING:
                move = JobMove.FINISH if where is Standing.FINISHED else JobMove.STOP
                state = await marks.end(move, note)
                self.step("ended")
                return state, note, Counts.of(self.items)
            await self._send(marks, job, limits, bucket)

    async def _take_in(self, marks: Marks, lookout: Lookout) -> int:
        """The ends that came; how many."""
        signs = await self.watch.look(_WAIT_S)
        moves = [move for sign in signs for move in lookout.moves(sign)]
        moves += await marks.held(self.items)
        if moves:
            self.step("seen")
        moves += [(place, ItemMove.LEAVE, note) for place, note in overtaking(self.items).items()]
        if not moves:
            return 0
        moved = await marks.ended(self.items, moves, self.watch.positions)
        self._put(moved)
        self.step("ends marked")
        return len(moved)

    async def _send(self, marks: Marks, job: Any, limits: Limits, bucket: Bucket) -> None:
        now = self.clock()
        if now - self._lag_at >= _LAG_EVERY_S:
            under_way = sum(1 for item in self.items if item.state is ItemState.SENT)
            self._lag = max(0, await asyncio.to_thread(self.lag) - under_way)
            self._lag_at = now
        rate = allowed(job.rate, self._lag, self.patience.lag_limit)
        batch = due(self.items, limits, min(_AT_ONCE, bucket.take(now, rate)))
        self.tell(Progress(Counts.of(self.items), rate, self._lag))
        if not batch:
            return
        bucket.spend(len(batch))
        self.step("chosen")
        outgoing = await self._outgoing(batch, job.redirect)
        await self.desk.send([outgoing[item.letter_id] for item in batch])
        self.step("confirmed")
        act = Act(self.actor.name, self.actor.role.value, self.actor.door, ACTION, after={"job": job.job_id})
        self._put(await marks.sent(batch, act))
        self.step("sent marked")

    async def _outgoing(self, batch: list[Item], redirect: str) -> dict[str, Outgoing]:
        async with self.desk.database.connect() as connection:
            return await outgoing_of(connection, batch, redirect)

    def _put(self, moved: list[Item]) -> None:
        for item in moved:
            self.items[item.place] = item
