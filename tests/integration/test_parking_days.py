"""Short random days on the real database: changes, refusals, drains that die, undone transactions, in any order."""

from __future__ import annotations

import asyncio
import contextlib
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.reasons import Reason
from schemas.topics import CRM_ACCOUNT
from streams.runtime.database import operations_engine
from tests.integration.parking_rig import BACK, Rig, account

ACCOUNTS = CRM_ACCOUNT.name
REASONS = st.sampled_from([Reason.ERP_REJECTED, Reason.CONFLICT_ON_FINANCIAL_FIELD])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.tuples(st.integers(0, 1))),
        st.tuples(st.just("batch"), st.tuples(st.sampled_from([ACCOUNTS, BACK]), st.integers(1, 3), st.booleans())),
        st.tuples(st.just("refuse"), st.tuples(st.integers(0, 1), REASONS)),
        st.tuples(st.just("solve"), st.tuples(st.integers(0, 3))),
        st.tuples(st.just("drain"), st.tuples(st.booleans())),
    ),
    min_size=6,
    max_size=18,
)
_DAYS = count(1)


class Day:
    """One day: two accounts that no other day has."""

    def __init__(self, engine: AsyncEngine) -> None:
        number = next(_DAYS)
        self.keys = [f"d{number}a", f"d{number}b"]
        self.rig = Rig(engine)
        self.tick = number * 1000
        self.changes: dict[str, list[str]] = {key: [] for key in self.keys}
        self.open: list[str] = []

    def change(self, which: int) -> None:
        self.tick += 1
        event = account(self.keys[which], self.tick)
        self.changes[self.keys[which]].append(event.meta.event_id)
        self.rig.arrive(event)

    async def refuse(self, which: int, reason: Reason) -> None:
        """The ERP refuses the newest command of a record."""
        told = [one for one in self.rig.commands() if one in self.changes[self.keys[which]]]
        if told:
            event = account(self.keys[which], int(told[-1].split("-")[2]))
            block_id = await self.rig.block(event, reason)
            if block_id not in self.open:
                self.open.append(block_id)

    async def solve(self, which: int) -> None:
        if self.open:
            await self.rig.unblock(self.open.pop(which % len(self.open)))

    async def drain(self, dies: bool) -> None:
        self.rig.cut = dies
        with contextlib.suppress(RuntimeError):
            await self.rig.drainer.step()
        self.rig.cut = False

    async def batch(self, topic: str, size: int, committed: bool) -> None:
        await self.rig.batch(topic, size, committed=committed)

    async def end(self) -> None:
        """Solve all, read all, and judge."""
        while self.open:
            await self.solve(0)
        await self.rig.everything()
        assert await self.rig.waiting() == []
        skipped = {said.split()[0] for kind, said in self.rig.told if kind == "skip"}
        for changes in self.changes.values():
            told = [one for one in self.rig.commands() if one in changes]
            assert told == sorted(set(told), key=changes.index), "out of order, or twice"
            assert set(told) | skipped >= set(changes), "lost"
            assert told[-1:] == changes[-1:], "the newest state went out"


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(plan=STEPS)
def test_order_holds_and_nothing_is_lost_or_doubled(
    operations_url: str, plan: list[tuple[str, tuple[object, ...]]]
) -> None:
    async def play() -> None:
        engine = operations_engine(operations_url)
        try:
            day = Day(engine)
            for name, args in plan:
                done = getattr(day, name)(*args)
                if done is not None:
                    await done
            await day.end()
        finally:
            await engine.dispose()

    asyncio.run(play())
