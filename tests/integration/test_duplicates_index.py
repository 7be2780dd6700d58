"""The index of accounts in the real database: a new one finds those it looks like, and what waits is released."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from ops.duplicates.decisions import decide, decisions, reindex
from schemas.outcome import WaitKind
from schemas.records import Account
from streams.facts import Span
from streams.letters import waiting
from streams.runtime.tables import account_keys, mappings
from tests.integration.operations import hold_of, learn, look, play, put
from tests.integration.test_holds import deal
from tests.unit.streams.agents.crm_days import T0, meta

SPAN = Span("clean", 0, 10)


def account(key: str, tick: int = 1, **changed: str) -> Account:
    given = {"name": "Müller & Söhne GmbH", "country": "DE", "tax_id": "DE136695976", **changed}
    return Account(meta=meta("account", key, key, tick), id=key, **given)


async def alike(engine: AsyncEngine, new: Account) -> list[str]:
    view = await look(engine, [new], replace(SPAN, first_offset=90), T0)
    return [one.key for one in view.facts_for(new, None).alike]


def test_a_new_account_finds_the_known_ones_it_shares_a_key_with(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await learn(engine, SPAN, T0, account("known"), account("else", name="Other AG", tax_id="DE111111125"))
        assert await alike(engine, account("new")) == ["known"]
        await learn(engine, SPAN, T0, account("known", 2, name="Zebra", tax_id="DE129273398"))
        assert await alike(engine, account("new")) == []

    play(operations_url, scene)


def test_a_customer_of_the_erp_is_not_looked_up(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await learn(engine, SPAN, T0, account("known"), account("new"))
        assert await alike(engine, account("new", 2)) == ["known"]
        async with engine.begin() as connection:
            await connection.execute(update(mappings).where(mappings.c.crm_id == "new").values(state="applied"))
        assert await alike(engine, account("new", 2)) == []

    play(operations_url, scene)


def test_accounts_from_before_the_index_are_put_into_it(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await learn(engine, SPAN, T0, account("known"))
        async with engine.begin() as connection:
            await connection.execute(account_keys.delete())
        assert await alike(engine, account("new")) == []
        async with engine.begin() as connection:
            assert await reindex(connection) == 1
        assert await alike(engine, account("new")) == ["known"]

    play(operations_url, scene)


def test_a_decision_is_known_to_the_next_look_and_releases_what_waits(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await learn(engine, SPAN, T0, account("known"))
        await put(engine, T0, hold_of(deal(5), T0, WaitKind.DECISION, "new"))
        later = T0 + timedelta(minutes=5)
        async with engine.begin() as connection:
            assert await waiting.satisfied(connection, later) == []
            await decide(connection, "new", "known", "merge", "ada", "one company", later)
            await decide(connection, "new", "known", "split", "ada", "no, two", later)
            assert [one["verdict"] for one in await decisions(connection, 9)] == ["split", "merge"]
            assert [row.key for row in await waiting.satisfied(connection, later)] == [deal(5).id]
        view = await look(engine, [account("new")], replace(SPAN, first_offset=90), T0)
        assert view.facts_for(account("new"), None).verdicts == {"known": "split"}

    play(operations_url, scene)


def test_an_order_goes_on_when_its_account_has_become_a_customer(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await put(engine, T0, hold_of(deal(5), T0, WaitKind.DECISION, "new"))
        row = {"target": "erp", "entity": "customer", "crm_id": "new", "code": "C9", "state": "applied"}
        async with engine.begin() as connection:
            await connection.execute(insert(mappings).values(**row, reserved_at=T0, applied_at=T0))
            found = await waiting.satisfied(connection, T0 + timedelta(minutes=5))
            assert [one.wait_key for one in found] == ["new"]

    play(operations_url, scene)
