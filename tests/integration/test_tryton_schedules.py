"""Schedules on the real ERP: what its own billing runs make of them, and what a lost call leaves."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ops.replay.preview.shadow import Shadows
from schemas.prorate import cost_between, interval_at, price_of
from schemas.reasons import Reason
from schemas.records import Command
from sinks.calls import Calls
from sinks.errors import Ambiguous, Refused, TargetError
from sinks.limits import Limiter
from sinks.tryton import request, schedule, schedule_calls
from sinks.tryton.client import TrytonClient
from sinks.tryton.request import Call
from sinks.tryton.settings import TrytonSettings
from sinks.tryton.sink import TrytonSink
from sinks.verify import differences
from streams.runtime.settings import Settings
from tests.contract.sink_examples import customer
from tests.contract.sink_examples import schedule as example

D = Decimal
_BILLING = ("sale.subscription.line.consumption.create", "sale.subscription.create_invoice")


class Cut(TrytonClient):
    """Loses one call that writes: before it is made, or only its answer."""

    cut_at, made, answer_only = -1, 0, False

    async def call(self, call: Call) -> Any:
        if not call.writes:
            return await super().call(call)
        self.made += 1
        lost = self.made == self.cut_at
        if lost and not self.answer_only:
            raise Ambiguous("cut before")
        answer = await super().call(call)
        if lost:
            raise Ambiguous("cut after")
        return answer


class Scene:
    """A customer and a subscription of its own."""

    def __init__(self, settings: Settings, **plan: Any) -> None:
        self.key = f"s-{uuid.uuid4().hex[:10]}"
        self.account = f"a-{self.key}"
        self.client = Cut(TrytonSettings.of(settings), Calls("erp", Limiter(100)))
        self.sink = TrytonSink(self.client)
        self.plan = {"starts_on": date(2024, 1, 1), "billing_interval": "month", "unit_price": D(31), **plan}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Scene]:
        async with self.sink:
            await self.write(customer(self.account))
            await self.write(self.revision(1, self.plan["starts_on"], "2"))
            yield self

    def revision(self, number: int, held: date, quantity: str, status: str = "active", **over: Any) -> Command:
        """As the line decides it."""
        start, kind = self.plan["starts_on"], self.plan["billing_interval"]
        interval = interval_at(start, held, kind)
        until = held if held == interval.start else interval.end
        price = price_of(D(quantity), self.plan["unit_price"], "EUR") if status == "active" else D(0)
        worth = cost_between(price, start, kind, (held, until), "EUR")
        told = {"revision": number, "effective_on": held, "bills_from": until, "adjustment": worth, "status": status}
        return example(self.key, self.account, number + 1, quantity=quantity, **(self.plan | told | over))

    async def write(self, command: Command) -> None:
        written = await self.sink.write(command, await self.sink.find(command))
        assert differences(written.sent, await self.sink.read_back(command, written)) == []

    async def in_erp(self) -> Any:
        (row,) = await self.client.call(schedule_calls.schedules(self.key))
        return row

    async def corrected(self, *revisions: int) -> list[Decimal]:
        found = []
        for number in revisions:
            rows = await self.client.call(request.corrections(f"subscription/{self.key}/{number}"))
            assert all(row["state"] == "posted" for row in rows)
            found += [row["total_amount"] for row in rows]
        return found

    async def bill(self, day: date) -> None:
        """The ERP's own billing run, as its people start it."""
        for name in _BILLING:
            run, state, _ = await self.client.call(Call(f"wizard.{name}.create"))
            form = {state: {"date": day, "companies": [1]}}
            await self.client.call(Call(f"wizard.{name}.execute", [run, form, "create_"]))

    async def billed(self) -> Decimal:
        """By its runs: the drafts that they made."""
        mine = [["party.identifiers.code", "=", self.account], ["reference", "=", None]]
        rows = await self.client.call(request.search("account.invoice", mine, ["total_amount"]))
        return sum((row["total_amount"] for row in rows), D(0))


def test_what_the_erp_bills_and_the_corrections_are_what_was_used(stack_settings: Settings) -> None:
    """It begins on a 31st: the ERP ends its intervals on the last day of a short month, as we do."""
    first = date(2020, 1, 31)

    async def life() -> None:
        async with Scene(stack_settings, starts_on=first).open() as s:
            await s.bill(date(2020, 3, 10))  # 31 January and 29 February
            assert await s.billed() == 2 * D(62)
            await s.write(s.revision(2, date(2020, 3, 15), "3"))  # in the interval 29 February to 31 March
            await s.bill(date(2020, 5, 1))  # 31 March and 30 April
            assert await s.billed() == 2 * D(62) + 2 * D(93)
            await s.write(s.revision(3, date(2020, 4, 10), "1"))  # told late: the interval of 30 April is billed, too
            assert (await s.in_erp())["lines."][-1]["start_date"] == date(2020, 5, 31)
            await s.bill(date(2020, 5, 31))
            await s.write(s.revision(4, date(2020, 6, 15), "1", "cancelled"))
            await s.bill(date(2020, 9, 1))
            row = await s.in_erp()
            assert (row["state"], row["end_date"]) == ("closed", date(2020, 6, 29))
            used = [(62, first, date(2020, 3, 15)), (93, date(2020, 3, 15), date(2020, 4, 10))]
            used += [(31, date(2020, 4, 10), date(2020, 6, 15))]
            worth = [cost_between(D(price), first, "month", (start, end), "EUR") for price, start, end in used]
            corrections = await s.corrected(2, 3, 4)
            assert len(corrections) == 3
            assert await s.billed() + sum(corrections) == sum(worth)
            await s.write(s.revision(4, date(2020, 6, 15), "1", "cancelled"))  # read again, when all is over
            assert await s.corrected(2, 3, 4) == corrections

    asyncio.run(life())


@pytest.mark.parametrize("answer_only", [False, True], ids=["call", "answer"])
def test_whichever_call_is_lost_the_repeat_ends_with_one_correction(
    stack_settings: Settings, answer_only: bool
) -> None:
    async def life() -> None:
        async with Scene(stack_settings).open() as s:
            held, last, step = s.plan["starts_on"], 1, 0
            while True:
                step, last, held = step + 1, last + 1, interval_at(s.plan["starts_on"], held, "month").end
                s.client.made, s.client.cut_at, s.client.answer_only = 0, step, answer_only
                command = s.revision(last, held.replace(day=16), "4" if last % 2 == 0 else "2")
                try:
                    await s.write(command)
                    break  # there are no more calls to lose
                except TargetError:
                    await s.write(command)
                until = interval_at(s.plan["starts_on"], held, "month").end
                more = cost_between(D(62), s.plan["starts_on"], "month", (held.replace(day=16), until), "EUR")
                new, old = (more * 2, more) if last % 2 == 0 else (more, more * 2)
                assert await s.corrected(last) == [new - old]
                row = await s.in_erp()
                assert row["state"] == "running"
            assert step > 5, "an amendment is six calls that write"

    asyncio.run(life())


def test_what_is_refused_leaves_the_schedule_billing_as_before(stack_settings: Settings) -> None:
    async def life() -> None:
        async with Scene(stack_settings).open() as s:
            before = await s.in_erp()
            refused = {
                Reason.CONFLICT_ON_FINANCIAL_FIELD: s.revision(3, date(2024, 3, 16), "4"),
                Reason.MISSING_PRODUCT: s.revision(2, date(2024, 3, 16), "4", sku="SKU-005"),
                Reason.ERP_REJECTED: s.revision(1, date(2024, 1, 1), "5"),
            }
            for reason, command in refused.items():
                with pytest.raises(Refused) as caught:
                    await s.write(command)
                assert caught.value.reason is reason
            assert await s.in_erp() == before
            other = example(f"x{s.key}", s.account, 3, revision=2)
            with pytest.raises(Refused, match="no schedule of subscription"):
                await s.write(other)

    asyncio.run(life())


def test_cancelled_before_it_begins_it_bills_nothing(stack_settings: Settings) -> None:
    async def life() -> None:
        async with Scene(stack_settings).open() as s:
            gone = s.revision(2, date(2024, 1, 1), "2", "cancelled")
            await s.write(gone)
            row = await s.in_erp()
            assert row["state"] == "cancelled"
            assert schedule.read(row).over
            await s.write(gone)
            assert await s.corrected(2) == []

    asyncio.run(life())


def test_a_preview_says_what_would_change_and_changes_nothing(stack_settings: Settings) -> None:
    async def life() -> None:
        async with Scene(stack_settings).open() as s, Shadows(stack_settings) as shadows:
            before = await s.in_erp()
            shown = await shadows.show("erp", s.revision(2, date(2024, 3, 16), "4"))
            assert shown.call is not None
            assert (shown.call.method, shown.call.then[-1]) == ("model.sale.subscription.draft", "run")
            changes = {change.field: (change.found, change.sent) for change in shown.diff}
            assert changes["quantity"] == (2, 4)
            assert changes["correction"] == (0, D("32.00"))
            assert changes["billed from"] == ("2024-01-01", "2024-04-01")
            assert await s.in_erp() == before
            gap = await shadows.show("erp", s.revision(5, date(2024, 3, 16), "4"))
            assert gap.refused == Reason.CONFLICT_ON_FINANCIAL_FIELD.value

    asyncio.run(life())
