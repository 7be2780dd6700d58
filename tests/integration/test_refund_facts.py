"""What decisions on refunds know and wait for, on the real database: by the invoice's number, and by the payment."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.outcome import Forward, WaitKind
from schemas.records import Charge, Stamped
from streams.decide import Policy, decide
from streams.facts import Span, load_view, save_view
from streams.letters.numbers import INVOICE_NUMBER
from streams.runtime.tables import records
from tests.integration.operations import hold_of, learn, look, play, put, rows
from tests.integration.test_holds import Sent, releaser
from tests.unit.streams.agents.crm_days import T0
from tests.unit.streams.decide.cases import NOW, invoice
from tests.unit.streams.decide.test_refund_decisions import charge, refund

CLEAN = Span("clean", 0, 10)
LATER = Span("clean", 0, 1000)


async def known(engine: AsyncEngine, *events: Stamped) -> None:
    for number, event in enumerate(events):
        await learn(engine, Span("clean", 0, number), T0, event)


async def until_somebody_waits(engine: AsyncEngine) -> None:
    """At most two seconds: where nobody takes turns, nobody waits."""
    waiting = text(
        "select count(*) from pg_locks join pg_database d on d.oid = database"
        " where locktype = 'advisory' and not granted and datname = current_database()"
    )
    end = asyncio.get_running_loop().time() + 2
    while asyncio.get_running_loop().time() < end:
        async with engine.connect() as connection:
            if await connection.scalar(waiting):
                return


def test_a_refund_knows_its_payment_its_invoice_and_the_others_of_both_its_payments(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await known(
            engine,
            charge(),
            charge(key="ch_2"),
            charge("2026/2", "ch_3"),
            invoice(),
            invoice("2", tick=2),
            refund("re_2"),
            refund("re_3", charge_id="ch_2"),
            refund("re_4", charge_id="ch_3"),
            refund("re_5", charge_id="ch_4", invoice_number="2026/1"),
        )
        view = await look(engine, [refund()], LATER, T0)
        facts = view.facts_for(refund(), None)
        assert facts.charge == charge()
        assert facts.billed == (invoice(),)
        assert [one.record.meta.key for one in facts.refunds] == ["re_2", "re_3", "re_5"]

    play(operations_url, scene)


def test_what_was_credited_counts_after_a_restart(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await known(engine, charge(), charge(key="ch_2"), invoice())
        first, second = refund("re_1", amount="60"), refund("re_2", amount="40.01", charge_id="ch_2", age=9)
        view = await look(engine, [first], CLEAN, T0)
        outcome = decide(first, view.facts_for(first, None), Policy(), NOW)
        assert isinstance(outcome, Forward)
        await learn(engine, CLEAN, T0, first, outcome=outcome)
        view = await look(engine, [second], LATER, T0)
        (other,) = view.facts_for(second, None).refunds
        assert other.fingerprint is not None
        assert not isinstance(decide(second, view.facts_for(second, None), Policy(), NOW), Forward)

    play(operations_url, scene)


def test_two_workers_with_refunds_of_one_invoice_take_turns(operations_url: str) -> None:
    """Each has a refund of another payment, on another partition; together they are above the total."""

    async def scene(engine: AsyncEngine) -> None:
        await known(engine, charge(), charge(key="ch_2"), invoice())
        first, second = refund("re_1", amount="60"), refund("re_2", amount="60", charge_id="ch_2")
        loaded = asyncio.Event()

        async def work(one: Any, span: Span) -> bool:
            async with engine.begin() as connection:
                view = await load_view(connection, [one], span, T0)
                if not loaded.is_set():
                    loaded.set()
                    await until_somebody_waits(engine)
                outcome = decide(one, view.facts_for(one, None), Policy(), NOW)
                view.learn(one, outcome)
                await save_view(connection, view, {one.meta.event_id: span.first_offset}, span, T0)
            return isinstance(outcome, Forward)

        slow = asyncio.create_task(work(first, Span("clean", 0, 10)))
        await loaded.wait()
        assert [await work(second, Span("clean", 1, 10)), await slow] == [False, True]

    play(operations_url, scene)


@pytest.mark.parametrize(
    ("kind", "key", "comes", "other"),
    [
        (WaitKind.CHARGE, "ch_1", charge(), charge(key="ch_2")),
        (WaitKind.INVOICE, "2026/1", invoice(), invoice("2")),
    ],
)
def test_what_it_waits_for_releases_it(
    operations_url: str, kind: WaitKind, key: str, comes: Charge, other: Stamped
) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await put(engine, T0, hold_of(refund(), T0, kind, key))
        await known(engine, other)
        assert await releaser(engine, Sent(), 1).step() == (0, 0)
        await known(engine, comes)
        assert await releaser(engine, Sent(), 1).step() == (1, 0)
        assert [row.state for row in await rows(engine)] == ["released"]

    play(operations_url, scene)


def test_an_invoice_is_found_by_its_number_without_a_scan(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        async with engine.begin() as connection:
            await connection.execute(text("set local enable_seqscan = off"))
            query = select(records.c.key).where(records.c.entity == "invoice", INVOICE_NUMBER.in_(["2026/1"]))
            told = query.compile(engine.sync_engine, compile_kwargs={"literal_binds": True})
            plan = " ".join(await connection.scalars(text(f"explain {told}")))
        assert "records_by_invoice_number" in plan

    play(operations_url, scene)
