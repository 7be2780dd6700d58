"""Whatever fails and whenever the worker dies: an account's effects come in its commands' order, each once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import Command
from sinks.errors import Ambiguous, Busy, Conflict, Failing, Unreachable, WorkerStopped
from sinks.ledger import Entry, Place, Proceed, Told
from sinks.memory.faults import Step, When
from sinks.memory.ledger import MemoryLedger
from sinks.memory.sink import MemorySink, MemoryTarget
from tests.contract.sink_examples import customer, order
from tests.contract.sink_worker import Bench


class Killed(WorkerStopped):
    """The worker dies here."""


ERRORS = {"unreachable": Unreachable, "failing": Failing, "busy": Busy, "conflict": Conflict, "killed": Killed}


class DyingLedger(MemoryLedger):
    """Dies before or after a step, as planned: (step, when) -> how many calls from now on."""

    def __init__(self) -> None:
        super().__init__()
        self.plan: list[tuple[str, When]] = []

    def _dies(self, step: str, when: When) -> None:
        if (step, when) in self.plan:
            self.plan.remove((step, when))
            raise Killed

    async def begin(self, command: Command, mark: str, place: Place, now: datetime) -> Proceed | Told:
        self._dies("begin", When.BEFORE)
        verdict = await super().begin(command, mark, place, now)
        self._dies("begin", When.AFTER)
        return verdict

    async def tried(self, command: Command, attempt: int, place: Place, now: datetime) -> None:
        self._dies("tried", When.BEFORE)
        await super().tried(command, attempt, place, now)
        self._dies("tried", When.AFTER)

    async def applied(self, command: Command, external_id: str, external_number: str, *rest: Any) -> Entry:
        self._dies("applied", When.BEFORE)
        entry = await super().applied(command, external_id, external_number, *rest)
        self._dies("applied", When.AFTER)
        return entry


async def live_until_done(bench: Bench) -> int:
    """Restart the worker as often as it dies; how often that was."""
    deaths = 0
    while True:
        try:
            await bench.work()
        except Killed:
            deaths += 1
            assert deaths < 200
        else:
            return deaths


faults = st.tuples(
    st.sampled_from(["find", "write", "read_back"]), st.sampled_from(sorted(ERRORS)), st.sampled_from(list(When))
)
dying = st.tuples(st.sampled_from(["begin", "tried", "applied"]), st.sampled_from(list(When)))


@settings(max_examples=200, deadline=None)
@given(
    accounts=st.lists(st.sampled_from("abc"), min_size=1, max_size=12),
    planned=st.lists(faults, max_size=8),
    lost=st.integers(0, 2),
    deaths=st.lists(dying, max_size=5),
    width=st.integers(1, 4),
)
def test_order_and_exactly_one_effect(
    accounts: list[str], planned: list[tuple[Step, str, When]], lost: int, deaths: list[Any], width: int
) -> None:
    target, ledger = MemoryTarget(), DyingLedger()
    ledger.plan = list(deaths)
    for step, error, when in planned:
        # Only a write can fail after it was applied; then only an answer that does not come, or death, tells nothing.
        if step == "write" and when is When.AFTER:
            target.faults.fail(step, Killed if error == "killed" else Ambiguous, when=when)
        else:
            target.faults.fail(step, ERRORS[error])
    target.faults.time_out_after_applying(lost)
    bench = Bench(MemorySink(held=target), ledger, attempts=50, failures=3, width=width)
    versions: dict[str, int] = defaultdict(int)
    commands = []
    for account in accounts:
        versions[account] += 1
        commands.append(customer(account, versions[account], city=f"City {versions[account]}"))
    bench.send(commands)

    asyncio.run(live_until_done(bench))

    assert bench.letters() == []
    for account, newest in versions.items():
        sent = [c.command_id for c in commands if c.account_id == account]
        told = [e.effect_id for e in bench.effects() if e.account_id == account]
        assert list(dict.fromkeys(told)) == sent
        # A repeat of a write is one that was not known to have arrived: never after a later one.
        written = [i for i in target.writes if i in sent]
        assert written == sorted(written, key=sent.index)
        assert target.created("customer.upsert", account) == 1
        held = target.records["customer.upsert", account]["fields"]
        assert held["city"] == f"City {newest}"
    assert all(entry.state == "applied" for rows in ledger.rows.values() for entry in rows.values())


@settings(max_examples=50, deadline=None)
@given(deaths=st.lists(st.sampled_from(["find", "write", "read_back"]), min_size=1, max_size=4))
def test_the_customer_comes_before_its_order(deaths: list[Step]) -> None:
    target = MemoryTarget()
    for step in deaths:
        target.faults.fail(step, Killed)
    bench = Bench(MemorySink(held=target, orphans=False), MemoryLedger())
    bench.send(command for account in "abcdef" for command in (customer(account), order(f"o-{account}", account)))
    asyncio.run(live_until_done(bench))
    assert bench.letters() == []
    assert len(target.records) == 12
