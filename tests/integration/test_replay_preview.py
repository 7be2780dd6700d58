"""A preview says what then happens: the same letters go through the real ledger and the real ERP afterwards."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from ops.replay.order import Item
from ops.replay.preview.agents import Agents
from ops.replay.preview.ledger import ReadOnlyLedger
from ops.replay.preview.parking import ReadOnlyParking
from ops.replay.preview.shadow import Shadows
from ops.replay.preview.verdict import Says, Verdict
from ops.replay.preview.walk import Walk
from schemas.outcome import SkipWhy
from schemas.records import Command, Opportunity
from schemas.topics import COMMAND_ERP, CRM_OPPORTUNITY
from sinks.breaker import Breaker
from sinks.carry import Applied, Carrier, Patience
from sinks.gate import Gate
from sinks.ledger import Place
from sinks.postgres_ledger import PostgresLedger
from sinks.retry import RetryPolicy
from sinks.tryton import request
from sinks.tryton.client import TrytonClient
from sinks.tryton.sink import TrytonSink
from streams.letters.outbox import Outgoing
from streams.runtime.clock import system_clock
from streams.runtime.database import operations_engine
from streams.runtime.settings import Settings
from streams.runtime.tables import effects, holds, mappings, records
from tests.contract.sink_examples import customer, order
from tests.integration.cases_rig import CODEC, T0
from tests.unit.schemas.examples import example

_STATES = {"applied": Says.SUCCEED, "unchanged": Says.DUPLICATE, "stale": Says.STALE}


async def previewed(settings: Settings, engine: AsyncEngine, commands: list[Command]) -> list[Verdict]:
    letters = [
        Item(place, f"l{place}", one.event_id, "sink", one.account_id, one.key, one.command_id, one.kind)
        for place, one in enumerate(commands)
    ]
    values = [CODEC.encode(COMMAND_ERP, one) for one in commands]
    outgoing = {
        item.letter_id: Outgoing(COMMAND_ERP.name, None, value) for item, value in zip(letters, values, strict=True)
    }
    async with Shadows(settings) as shadow:
        agents = Agents(settings, engine, CODEC, system_clock)
        walk = Walk(agents, ReadOnlyLedger(engine), ReadOnlyParking(engine), shadow, CODEC, system_clock)
        return [verdict for _, verdict in await walk.preview(letters, outgoing)]


class Line:
    """The sink's own way, from the ledger to the read-back."""

    def __init__(self, settings: Settings, engine: AsyncEngine, sink: TrytonSink) -> None:
        self._ledger = PostgresLedger(engine, "erp")
        gate = Gate("erp", Breaker(5, 1.0), sink.ping)
        policy = RetryPolicy.of(2, timedelta(seconds=0.1), timedelta(seconds=1))
        self._carrier = Carrier(sink, self._ledger, gate, Patience(policy, 1.0))

    async def take_place(self) -> None:
        self._place = Place("replay/0", await self._ledger.take_epoch("replay/0"))

    async def carry(self, command: Command) -> tuple[Says, str]:
        done = await self._carrier.carry(command, self._place)
        if isinstance(done, Applied):
            return _STATES[done.entry.outcome or "applied"], ""
        await self._ledger.dead(command, done.attempts, self._place, system_clock())
        return Says.FAIL, done.verdict.reason.value


def play(settings: Settings, url: str, scene: Callable[[AsyncEngine, Line, str], object]) -> None:
    async def run() -> None:
        engine = operations_engine(url)
        try:
            async with TrytonSink.of(settings) as sink:
                line = Line(settings, engine, sink)
                await line.take_place()
                await scene(engine, line, f"rp-{uuid.uuid4().hex[:10]}")  # type: ignore[misc]
        finally:
            await engine.dispose()

    asyncio.run(run())


def mixed(name: str) -> tuple[list[Command], list[Command]]:
    """(What was written before, the letters): every verdict that a sink's letter can have."""
    before = [customer(f"{name}-{n}", 5, code=f"X{name}-{n}") for n in range(3)]
    repeat = before[0].model_copy(update={"command_id": f"again-{name}", "version": 6})
    letters = [
        customer(f"{name}-new", 1, code=f"X{name}-n"),  # creates it
        order(f"{name}-o1", f"{name}-new", code=f"X{name}-n"),  # after its customer, of the same job
        customer(f"{name}-1", 6, code=f"X{name}-1", city="Bonn"),  # changes it
        customer(f"{name}-1", 5, code=f"X{name}-1", event=f"late-{name}"),  # behind the one before it
        customer(f"{name}-2", 3, code=f"X{name}-2", name="An old name"),  # the ERP has version 5
        repeat,  # says what is there
        order(f"{name}-o2", f"{name}-2", 9, lines=(("SKU-404", "1", "5.0000"),), code=f"X{name}-2"),
        order(f"{name}-o3", f"{name}-2", 9, currency="XAU", code=f"X{name}-2"),
        order(f"{name}-o4", f"{name}-nobody", 9, code="X-nobody"),
        customer(f"{name}-other", 1, code=f"X{name}-0"),  # the code is another customer's
    ]
    return before, letters


def test_the_verdict_is_what_then_happens(stack_settings: Settings, operations_url: str) -> None:
    async def scene(engine: AsyncEngine, line: Line, name: str) -> None:
        before, letters = mixed(name)
        for command in before:
            assert await line.carry(command) == (Says.SUCCEED, "")
        said = await previewed(stack_settings, engine, letters)
        assert await previewed(stack_settings, engine, letters) == said, "a preview leaves nothing behind"
        happened = [await line.carry(command) for command in letters]
        assert [(one.says, one.reason) for one in said] == happened
        assert {one.says for one in said} == {Says.SUCCEED, Says.FAIL, Says.STALE, Says.DUPLICATE}

    play(stack_settings, operations_url, scene)


def test_the_call_and_the_fields_are_those_that_the_erp_would_get(
    stack_settings: Settings, operations_url: str
) -> None:
    async def scene(engine: AsyncEngine, line: Line, name: str) -> None:
        await line.carry(customer(name, 5, code=f"X{name}"))
        (verdict,) = await previewed(stack_settings, engine, [customer(name, 6, code=f"X{name}", city="Bonn")])
        assert verdict.call is not None
        assert verdict.call.method == "model.party.party.write"
        assert verdict.call.body[1]["addresses"][0][2] == {"city": "Bonn"}
        assert [(one.field, one.found, one.sent) for one in verdict.diff] == [("city", "Köln", "Bonn")]

    play(stack_settings, operations_url, scene)


def test_a_replay_never_overwrites_a_newer_version(stack_settings: Settings, operations_url: str) -> None:
    async def scene(engine: AsyncEngine, line: Line, name: str) -> None:
        await line.carry(customer(name, 5, code=f"X{name}", city="Bonn"))
        old = customer(name, 3, code=f"X{name}", city="Trier")
        (verdict,) = await previewed(stack_settings, engine, [old])
        assert verdict.says is Says.STALE
        assert (await line.carry(old))[0] is Says.STALE
        async with TrytonSink.of(stack_settings) as sink:
            client: TrytonClient = sink._client
            (party,) = await client.call(request.parties(name, None))
        assert party["addresses."][0]["city"] == "Bonn"

    play(stack_settings, operations_url, scene)


def test_an_event_goes_through_the_real_decision_and_nothing_is_kept(
    stack_settings: Settings, operations_url: str
) -> None:
    async def scene(engine: AsyncEngine, line: Line, name: str) -> None:
        base = example(Opportunity)
        assert isinstance(base, Opportunity)
        meta = base.meta.model_copy(update={"key": name, "account_id": name, "received_at": T0, "event_id": f"e{name}"})
        won = base.model_copy(update={"meta": meta, "id": name, "stage": "Closed Won"})
        early = won.model_copy(update={"stage": "Proposal", "meta": meta.model_copy(update={"event_id": f"f{name}"})})
        walk = Walk(
            Agents(stack_settings, engine, CODEC, system_clock),
            ReadOnlyLedger(engine),
            ReadOnlyParking(engine),
            Shadows(stack_settings),
            CODEC,
            system_clock,
        )
        item = Item(0, "l0", f"e{name}", "decide", name, name, "", "order.place")
        sent = {
            letter: Outgoing(CRM_OPPORTUNITY.name, name.encode(), CODEC.encode(CRM_OPPORTUNITY, event), (), 1)
            for letter, event in (("l0", won), ("l1", early))
        }
        said = await walk.preview([item], sent)
        assert said[0][1].says is Says.HOLD, "its account is not known"
        later = await Walk(walk.agents, walk.ledger, walk.parking, walk.shadow, CODEC, system_clock).preview(
            [replace(item, letter_id="l1", event_id=f"f{name}")], sent
        )
        assert later[0][1].says is Says.SKIP
        assert SkipWhy.NOT_DUE.value in later[0][1].detail
        async with engine.connect() as connection:
            for table in (records, holds, mappings, effects):
                count = (await connection.execute(select(func.count()).select_from(table))).scalar_one()
                assert count == 0, table.name

    play(stack_settings, operations_url, scene)
