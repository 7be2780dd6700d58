"""Rules are put live and taken back on the real database: by whom, with how many people, and from which record on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from ops.access.people import Actor
from ops.access.roles import Role
from ops.audit.store import read_all
from ops.rules.activate import Alone, Asked, Live, activate, revert
from ops.rules.errors import Refused
from streams.agents.rulebook import Rulebook, mark_decided
from streams.rules import rules_of, shipped, shipped_texts
from streams.rules.decisions import Facts
from streams.runtime.tables import rule_activations, rule_sets
from tests.integration.operations import play
from tests.unit.streams.agents.crm_days import T0

CLEAN = ("mesh.crm.opportunity", 0)


def with_threshold(points: int) -> dict[str, str]:
    texts = shipped_texts()
    name = "discount-threshold.yaml"
    return texts | {name: texts[name].replace("2000", str(points))}


def forecast(points: int, changed: int = 0, live: str = "", **money: str) -> dict[str, Any]:
    version = rules_of(with_threshold(points)).version
    return {"candidate": version, "live": live or shipped().version, "changed": changed, "money": money}


async def put(
    engine: AsyncEngine, points: int, said: dict[str, Any] | None, by: str = "ann", texts: dict[str, str] | None = None
) -> Live:
    asked = Asked(Actor(by, Role.APPROVER, "cli"), "a campaign", said)
    alone = Alone(2, Decimal(100))
    async with engine.begin() as connection:
        return await activate(connection, texts or with_threshold(points), asked, alone, shipped(), T0)


async def back(engine: AsyncEngine) -> Live:
    async with engine.begin() as connection:
        return await revert(connection, Asked(Actor("ann", Role.APPROVER, "cli"), "oops"), shipped(), T0)


async def threshold(engine: AsyncEngine, offset: int, book: Rulebook | None = None) -> int:
    async with engine.connect() as connection:
        rules = (await (book or Rulebook()).read(connection, shipped())).rules_for(CLEAN, offset)
    facts: Facts = {"account_id": "a", "country": "", "currency": "EUR", "amount_minor": 1}
    value = rules.decide("discount.threshold", facts, T0).value
    assert isinstance(value, int)
    return value


def test_each_set_decides_from_the_first_record_that_nobody_had_decided(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        early = Rulebook()
        assert await threshold(engine, 0, early) == 2000
        for after, points in ((10, 1000), (20, 3000)):
            async with engine.begin() as connection:
                await mark_decided(connection, CLEAN, after)
                await mark_decided(connection, CLEAN, after - 5)  # an older batch, read again, takes nothing back
            live = (await put(engine, points, forecast(points, live=await version(engine)))).version
            assert live == rules_of(with_threshold(points)).version
        for book in (early, Rulebook()):
            found = [await threshold(engine, offset, book) for offset in (0, 9, 10, 19, 20, 99)]
            assert found == [2000, 2000, 1000, 1000, 3000, 3000]

    play(operations_url, scene)


async def version(engine: AsyncEngine) -> str:
    async with engine.connect() as connection:
        return (await Rulebook().read(connection, shipped())).newest().version


def test_reverts_go_back_step_by_step_down_to_the_shipped_set(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        with pytest.raises(Refused, match="no set was ever activated"):
            await back(engine)
        for points in (1000, 3000):
            await put(engine, points, forecast(points, live=await version(engine)))
        first = await version(engine)
        assert (await back(engine)).before == first
        assert await version(engine) == rules_of(with_threshold(1000)).version
        assert (await back(engine)).version == shipped().version
        assert await threshold(engine, 0) == 2000
        with pytest.raises(Refused, match="nothing is beneath it"):
            await back(engine)
        again = await put(engine, 1000, forecast(1000))
        assert (again.seq, again.before) == (5, shipped().version)
        assert (await back(engine)).version == shipped().version

    play(operations_url, scene)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (None, "without a forecast"),
        (forecast(1000, 3), "3 outcomes would change, and one person may change 2"),
        (forecast(1000, 1, EUR="100.01"), "100.01 EUR would be decided otherwise"),
    ],
)
def test_above_the_limits_a_second_person_is_needed(operations_url: str, said: dict[str, Any] | None, why: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        for _ in range(2):  # the same person twice is one person
            waits = await put(engine, 1000, said)
            assert why in waits.waits
            assert await version(engine) == shipped().version
        other = await put(engine, 3000, None, "bob")
        assert other.waits, "a proposal of another set does not count"
        done = await put(engine, 1000, said, "bob")
        assert (done.waits, await version(engine)) == ("", done.version)
        async with engine.connect() as connection:
            row = (await connection.execute(select(rule_activations))).one()
            acts = [(entry.who, entry.action) for entry in await read_all(connection)]
        assert (row.by_whom, row.second, row.forecast) == ("ann", "bob", said)
        assert acts == [("ann", "rules.propose")] * 2 + [("bob", "rules.propose"), ("bob", "rules.activate")]

    play(operations_url, scene)


def test_a_proposal_is_worth_nothing_after_other_rules_went_live(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await put(engine, 1000, None)
        await put(engine, 3000, forecast(3000))
        assert (await put(engine, 1000, None, "bob")).waits

    play(operations_url, scene)


def test_one_person_is_enough_up_to_the_limits(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        done = await put(engine, 1000, forecast(1000, 2, EUR="100.00", JPY="7"))
        assert (done.waits, await threshold(engine, 0)) == ("", 1000)

    play(operations_url, scene)


def test_what_does_not_fit_is_refused_and_changes_nothing(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        with pytest.raises(Refused, match="faults, the first in discount-threshold: row 1"):
            await put(engine, 1000, None, texts={**shipped_texts(), **_faulty()})
        with pytest.raises(Refused, match="decides already"):
            await put(engine, 2000, None)
        with pytest.raises(Refused, match="the forecast is for"):
            await put(engine, 1000, forecast(3000))
        with pytest.raises(Refused, match="not what"):
            await put(engine, 1000, {"candidate": 1})
        with pytest.raises(Refused, match="not what"):
            await put(engine, 1000, forecast(1000, EUR="lots"))
        assert await version(engine) == shipped().version

    play(operations_url, scene)


def _faulty() -> dict[str, str]:
    name = "discount-threshold.yaml"
    return {name: shipped_texts()[name].replace('"2000"', '"2001"')}


def test_a_set_that_was_changed_in_the_database_stops_the_worker(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await put(engine, 1000, forecast(1000))
        async with engine.begin() as connection:
            await connection.execute(rule_sets.update().values(texts=with_threshold(9999)))
        with pytest.raises(Exception, match="it was changed, or this program is older"):
            await threshold(engine, 0)

    play(operations_url, scene)


def test_a_set_from_before_a_decision_was_added_is_completed_and_no_event_is_a_letter_for_it(
    operations_url: str,
) -> None:
    async def scene(engine: AsyncEngine) -> None:
        old = {name: text for name, text in with_threshold(1000).items() if name != "credit-cap.yaml"}
        older = rules_of(old).version
        await put(engine, 1000, forecast(1000))
        async with engine.begin() as connection:
            await connection.execute(rule_sets.update().values(version=older, texts=old))
            await connection.execute(rule_activations.update().values(version=older))
        async with engine.connect() as connection:
            rules = (await Rulebook().read(connection, shipped())).newest()
        facts = {"account_id": "a", "currency": "EUR"}
        assert (rules.version, rules.lacks) == (older, ("credit.cap",))
        assert rules.decide("credit.cap", facts, T0) == shipped().decide("credit.cap", facts, T0)
        assert await threshold(engine, 0) == 1000

    play(operations_url, scene)
