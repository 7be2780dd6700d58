"""Billing holds on the real database: told, honoured by the decide agent, released by people or by what raised them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from ops.access.errors import Forbidden
from ops.cases.clocks import escalate, tell_billing
from ops.cases.errors import NotFound, NotNow
from reconciler.billing import BillingPolicy, judge
from schemas.records import BillingHold, Line, Opportunity, Stamped
from schemas.topics import BILLING_HOLD, COMMAND_ERP, CRM_ACCOUNT, CRM_OPPORTUNITY, Topic
from streams.agents import DecideAgent
from streams.decide import Policy
from streams.letters.billing_stops import keep_stops, stops_of
from streams.letters.outbox import Outbox, Outgoing
from streams.publish import Publisher
from streams.transport import TP, Batch
from tests.integration.cases_rig import ADA, CODEC, KEY, T0, Actor, Message, Role, Scene, play
from tests.integration.test_facts_store import account
from tests.integration.test_holds import Sent, releaser
from tests.unit.streams.agents.crm_days import meta

MINUTE = timedelta(minutes=1)


class OneBatch:
    """A batch of one topic; what it led to is kept."""

    open, first_offset = True, 0

    def __init__(self, messages: Sequence[Message]) -> None:
        self.tp = TP(messages[0].name, messages[0].part)
        self.messages, self.sent = messages, list[str]()

    def __len__(self) -> int:
        return len(self.messages)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def emit(self, topic: str, **_: Any) -> None:
        self.sent.append(topic)

    async def flush(self) -> None:
        """Everything is delivered."""


def won(key: str = "d1", tick: int = 5) -> Opportunity:
    line = Line(id="l1", sku="S", quantity=1, unit_price=10, discount_percent=0)
    return Opportunity(
        meta=meta("opportunity", key, "a1", tick), id=key, stage="Closed Won", currency="EUR", amount=10,
        line_count=1, lines=[line],
    )  # fmt: skip


async def decided(s: Scene, engine: AsyncEngine, topic: Topic, *values: Any) -> list[str]:
    """The topics that came of one batch: records, or messages as they were sent."""
    messages = []
    for value in values:
        sent = isinstance(value, Outgoing)
        key, raw = (value.key, value.value) if sent else (_key(value), CODEC.encode(topic, value))
        messages.append(s.topics.put(topic.name, 0, key, raw, value.headers if sent else ()))
    batch = OneBatch(messages)
    agent = DecideAgent(CODEC, engine, Policy(), s.desk.clock, Publisher(CODEC, "decide"))
    await agent.run(cast("Batch", batch))
    return batch.sent


def _key(value: Any) -> bytes:
    return (value.meta.key if isinstance(value, Stamped) else value.hold_id).encode()


async def released(engine: AsyncEngine, minutes: float) -> list[Outgoing]:
    """What the clock behind holds sends back."""
    sent = Sent()
    await releaser(engine, sent, minutes).step()
    return sent.records


def drift_hold(state: str = "raised") -> BillingHold:
    since = T0 if state == "released" else None
    found = judge(0 if since else 20, 100, since, BillingPolicy(cast("Any", 0.01), cast("Any", 0.002)), T0)
    assert found is not None
    return found


def test_orders_wait_while_too_much_is_out_of_step_and_go_by_themselves(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        engine = s.desk.database
        await decided(s, engine, CRM_ACCOUNT, account())
        assert await decided(s, engine, BILLING_HOLD, drift_hold()) == []
        assert COMMAND_ERP.name in await decided(s, engine, CRM_ACCOUNT, account(2, key="a2"))  # it bills nobody
        assert COMMAND_ERP.name not in await decided(s, engine, CRM_OPPORTUNITY, won())
        assert await released(engine, 1) == []
        await decided(s, engine, BILLING_HOLD, drift_hold("released"))
        back = await released(engine, 2)
        assert [one.key for one in back] == [b"d1"]
        assert COMMAND_ERP.name in await decided(s, engine, CRM_OPPORTUNITY, *back)
        assert await released(engine, 3) == []

    play(operations_url, scene)


def test_a_named_person_holds_and_releases_with_a_reason(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        engine = s.desk.database
        await decided(s, engine, CRM_ACCOUNT, account())
        for verb, low, fields in (("drift.hold", Role.ON_CALL, {}), ("drift.release", Role.OWNER, {"hold_id": "x"})):
            with pytest.raises(Forbidden):
                await s.ask(verb, Actor("eve", low, "cli"), why="because", **fields)
        with pytest.raises(NotFound):
            await s.ask("drift.release", hold_id="people-a1", why="there is none")
        held = await s.ask("drift.hold", account_id="a1", why="the contract is disputed")
        assert (held.hold_id, held.whole_line, held.state) == ("people-a1", False, "raised")
        await decided(s, engine, BILLING_HOLD, *s.sent)
        with pytest.raises(NotNow):
            await s.ask("drift.hold", account_id="a1", why="once more")
        assert COMMAND_ERP.name not in await decided(s, engine, CRM_OPPORTUNITY, won())
        assert [one.hold_id for one in (await s.ask("drift.holds")).holds] == ["people-a1"]
        s.sent.clear()
        s.later(minutes=1)
        await s.ask("drift.release", hold_id="people-a1", why="it is settled")
        await decided(s, engine, BILLING_HOLD, *s.sent)
        assert (await s.ask("drift.holds")).holds == []
        assert [one.state for one in (await s.ask("drift.holds", any_state=True)).holds] == ["released"]
        assert COMMAND_ERP.name in await decided(s, engine, CRM_OPPORTUNITY, *await released(engine, 2))
        told = {(one.action, one.who, one.allowed) for one in (await s.ask("audit.list")).entries}
        assert told >= {("drift.hold", ADA.name, True), ("drift.release", ADA.name, True), ("drift.hold", "eve", False)}

    play(operations_url, scene)


def test_what_a_person_released_is_not_raised_by_its_echo(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        engine = s.desk.database
        await decided(s, engine, BILLING_HOLD, drift_hold())
        await s.ask("drift.release", hold_id="drift-share", why="finance looked at all of them")
        await decided(s, engine, BILLING_HOLD, *s.sent, drift_hold())  # told again after a crash
        assert (await s.ask("drift.holds")).holds == []

    play(operations_url, scene)


def test_an_overdue_case_stops_the_other_orders_of_its_account(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        engine, outbox = s.desk.database, Sent()
        await decided(s, engine, CRM_ACCOUNT, account())
        await s.indexer.index([s.topics.letter("d1", account="a1"), s.topics.letter("d2", account="a1")])
        assert await escalate(engine, s.later(hours=9), KEY) == 3
        assert await tell_billing(engine, cast("Outbox", outbox), CODEC) == 2
        await decided(s, engine, BILLING_HOLD, *outbox.records)
        assert COMMAND_ERP.name not in await decided(s, engine, CRM_OPPORTUNITY, won("d3"))
        # The cases' own records go through: that is how they are settled.
        assert (await decided(s, engine, CRM_OPPORTUNITY, won("d1"), won("d2"))).count(COMMAND_ERP.name) == 2
        for case in (await s.ask("case.list")).cases:
            await s.ask("case.discard", case_id=case.case_id, why="settled")
        again = Sent()
        await tell_billing(engine, cast("Outbox", again), CODEC)
        await decided(s, engine, BILLING_HOLD, *again.records)
        assert [one.key for one in await released(engine, 9 * 60 + 1)] == [b"d3"]

    play(operations_url, scene)


def test_whatever_the_order_of_telling_it_comes_to_the_same(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        def told(minute: int, state: str) -> BillingHold:
            return drift_hold().model_copy(update={"state": state, "raised_at": T0 + minute * MINUTE})

        steps = [told(0, "raised"), told(0, "released"), told(1, "raised"), told(1, "released"), told(2, "raised")]
        dice = random.Random(7)
        for number in range(20):
            shuffled = [one.model_copy(update={"hold_id": f"h{number}", "case_id": f"h{number}"}) for one in steps]
            dice.shuffle(shuffled)
            async with s.desk.database.begin() as connection:
                await keep_stops(connection, shuffled)
        async with s.desk.database.connect() as connection:
            rows = await stops_of(connection, set())
        assert {row.raised_at for row in rows} == {T0 + 2 * MINUTE}
        assert len(rows) == 20

    play(operations_url, scene)
