"""What decisions know, kept in the real database: guarded by version, and not trusted when a batch is read again."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.outcome import Forward
from schemas.records import Account, OrderLine, OrderPlace
from streams.decide.commands import command_for, fingerprint_of
from streams.facts import Span, save_view
from tests.integration.operations import SKIP, learn, look, play
from tests.integration.test_holds import deal, line
from tests.unit.streams.agents.crm_days import T0, meta

SPAN = Span("clean", 0, 10)


def account(tick: int = 1, key: str = "a1") -> Account:
    return Account(meta=meta("account", key, key, tick), id=key, name="Ada")


def placed(tick: int) -> Forward:
    body = OrderPlace(
        customer_code="C1", currency="EUR", total=1, lines=[OrderLine(sku="s", quantity=1, unit_price=1, amount=1)]
    )
    return Forward((command_for("order.place", "d1", body, deal(tick).meta, (tick, 0), T0),))


def test_a_record_comes_back_whole_with_what_was_forwarded_for_it(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        outcome = placed(5)
        await learn(engine, SPAN, T0, deal(5), line("S1"), line("S2"), account(), outcome=outcome)
        view = await look(engine, [deal(9)], replace(SPAN, first_offset=20), T0)
        facts = view.facts_for(deal(9), None)
        assert facts.known is not None
        assert facts.known.record == deal(5)
        assert facts.known.fingerprint == fingerprint_of(outcome.records[0].value.order)
        assert [item.id for item in facts.lines] == ["d1-S1", "d1-S2"]
        assert facts.account is not None
        assert facts.account.record == account()
        assert facts.customer_code is not None

    play(operations_url, scene)


def test_an_older_version_never_takes_the_place_of_a_newer(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        slow = await look(engine, [account(5)], SPAN, T0)  # a worker that loaded before the newer one came
        await learn(engine, Span("another", 0, 0), T0, account(9))
        slow.learn(account(5), SKIP)
        async with engine.begin() as connection:
            await save_view(connection, slow, {account(5).meta.event_id: 10}, SPAN, T0)
        view = await look(engine, [account(9)], Span("x", 0, 0), T0)
        assert view.records["crm", "account", "a1"].record == account(9)

    play(operations_url, scene)


def test_a_batch_read_again_does_not_trust_what_it_taught(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await learn(engine, SPAN, T0, deal(5), outcome=placed(5))
        for span, trusted in (
            (Span("clean", 0, 10), False),
            (Span("clean", 0, 3), False),
            (Span("clean", 0, 11), True),
            (Span("clean", 1, 10), True),
            (Span("other", 0, 10), True),
        ):
            known = (await look(engine, [deal(5)], span, T0)).records["crm", "opportunity", "d1"]
            assert (known.fingerprint is not None) is trusted, span
            assert (known.position > (0, 0)) is trusted, span
            assert known.record.model_copy(update={"meta": deal(5).meta}) == deal(5)

    play(operations_url, scene)


def test_a_batch_read_again_that_decides_otherwise_leaves_nothing_taken_for_sent(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await learn(engine, SPAN, T0, deal(5), outcome=placed(5))  # and the transaction was undone
        again = await look(engine, [deal(5)], SPAN, T0)
        async with engine.begin() as connection:
            await save_view(connection, again, {}, SPAN, T0)  # this time nothing was sent for it
        later = Span("other", 0, 0, {("clean", 0): 11})
        known = (await look(engine, [deal(5)], later, T0)).records["crm", "opportunity", "d1"]
        assert known.fingerprint is None
        assert known.record == deal(5)

    play(operations_url, scene)


def test_what_a_transaction_may_still_undo_is_known_but_not_taken_for_sent(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await learn(engine, SPAN, T0, deal(5), outcome=placed(5))
        for committed, kept in (
            ({("clean", 0): 11}, True),
            ({("clean", 0): 10}, False),
            ({("clean", 1): 99}, False),
            ({}, False),
        ):
            known = (await look(engine, [deal(5)], Span("other", 0, 0, committed), T0)).records[
                "crm", "opportunity", "d1"
            ]
            assert (known.fingerprint is not None) is kept, committed
            assert known.record == deal(5), "the record itself is true either way"

    play(operations_url, scene)


def test_each_account_has_one_code_however_many_ask_at_once(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        async def ask() -> dict[str, str]:
            return (await look(engine, [account(), account(key="a2")], SPAN, T0)).codes

        answers = await asyncio.gather(*(ask() for _ in range(4)))
        assert all(answer == answers[0] for answer in answers)
        assert set(answers[0]) == {"a1", "a2"}
        assert len(set(answers[0].values())) == 2
        assert (await look(engine, [deal(5)], SPAN, T0)).codes == {}, "no code for an account that never came"

    play(operations_url, scene)
