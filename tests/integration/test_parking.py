"""Parking in the real database: behind an open letter, in order, through crashes; out again when it is solved."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.reasons import Reason
from schemas.topics import CRM_ACCOUNT, CRM_OPPORTUNITY
from streams.letters.parking.occupancy import Caps
from tests.integration.operations import play
from tests.integration.parking_rig import BACK, Rig, account, deal

ACCOUNTS, DEALS = CRM_ACCOUNT.name, CRM_OPPORTUNITY.name


def ids(entity: str, key: str, *ticks: int) -> list[str]:
    return [f"{entity}-{key}-{tick}-0" for tick in ticks]


def test_what_comes_behind_a_letter_waits_and_other_records_do_not(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        rig = Rig(engine)
        rig.arrive(account("a1", 1))
        await rig.batch(ACCOUNTS)
        await rig.block(account("a1", 1))
        rig.arrive(account("a1", 2), account("a2", 3), deal("o1", "a1", 4), deal("o2", "a2", 5))
        await rig.everything()
        assert [one for one, _ in await rig.waiting()] == [*ids("account", "a1", 2), *ids("opportunity", "o1", 4)]
        assert rig.commands() == [*ids("account", "a1", 1), *ids("account", "a2", 3), *ids("opportunity", "o2", 5)]

    play(operations_url, scene)


@pytest.mark.parametrize("reason", [Reason.ERP_REJECTED, Reason.CONFLICT_ON_FINANCIAL_FIELD])
def test_a_solved_letter_lets_the_tail_go_in_order_with_what_comes_meanwhile(
    operations_url: str, reason: Reason
) -> None:
    async def scene(engine: AsyncEngine) -> None:
        rig = Rig(engine)
        rig.arrive(account("a1", 1))
        await rig.batch(ACCOUNTS)
        block_id = await rig.block(account("a1", 1), reason)
        rig.arrive(account("a1", 2), account("a1", 3))
        await rig.batch(ACCOUNTS)
        await rig.unblock(block_id)
        assert await rig.drainer.step() == 2
        rig.arrive(account("a1", 4))
        await rig.batch(ACCOUNTS)  # the tail is on its way: this one waits behind it
        assert [one for one, _ in await rig.waiting()] == ids("account", "a1", 2, 3, 4)
        await rig.everything()
        assert await rig.waiting() == []
        if reason is Reason.ERP_REJECTED:
            assert rig.commands() == ids("account", "a1", 1, 3, 4)
            assert ("skip", "account-a1-2-0 superseded") in rig.told
        else:
            assert rig.commands() == ids("account", "a1", 1, 2, 3, 4)
        rig.arrive(account("a1", 5))
        await rig.batch(ACCOUNTS)
        assert rig.commands()[-1:] == ids("account", "a1", 5)

    play(operations_url, scene)


def test_deaths_between_the_steps_lose_nothing_and_mix_up_nothing(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        rig = Rig(engine)
        rig.arrive(account("a1", 1))
        await rig.batch(ACCOUNTS)
        block_id = await rig.block(account("a1", 1), Reason.CONFLICT_ON_FINANCIAL_FIELD)
        rig.arrive(account("a1", 2), account("a1", 3))
        await rig.batch(ACCOUNTS, committed=False)  # parked, and the transaction is undone
        await rig.unblock(block_id)
        rig.cut = True
        with pytest.raises(RuntimeError, match="died"):
            await rig.drainer.step()  # sent, and not marked
        rig.cut = False
        await rig.batch(BACK, 1, committed=False)  # decided, and the transaction is undone
        assert await rig.drainer.step() == 1  # the other one, again
        await rig.everything()
        assert rig.commands() == ids("account", "a1", 1, 2, 3)
        assert await rig.waiting() == []

    play(operations_url, scene)


def test_a_letter_in_the_tail_stops_the_rest_of_it(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        rig = Rig(engine)
        rig.arrive(account("a1", 1))
        await rig.batch(ACCOUNTS)
        first = await rig.block(account("a1", 1), Reason.CONFLICT_ON_FINANCIAL_FIELD)
        rig.arrive(account("a1", 2), account("a1", 3))
        await rig.batch(ACCOUNTS)
        await rig.unblock(first)
        await rig.drainer.step()
        await rig.batch(BACK, 1)
        second = await rig.block(account("a1", 2), Reason.CONFLICT_ON_FINANCIAL_FIELD)
        await rig.everything()
        assert await rig.waiting() == [("account-a1-3-0", "waiting")]
        await rig.unblock(second)
        await rig.everything()
        assert rig.commands() == ids("account", "a1", 1, 2, 3)

    play(operations_url, scene)


@pytest.mark.parametrize(
    ("caps", "said"),
    [
        (Caps(events_per_key=2), "2 events of crm account a1 are parked, and 2 may be"),
        (Caps(events=2), "2 events are parked, and 2 may be"),
        (Caps(keys=1), "1 records have parked events, and 1 may have"),
    ],
)
def test_at_a_cap_the_partition_rests_before_the_event(operations_url: str, caps: Caps, said: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        rig = Rig(engine, caps)
        rig.arrive(account("a1", 1), account("a3", 1))
        await rig.batch(ACCOUNTS)
        blocks = [await rig.block(account(key, 1), Reason.CONFLICT_ON_FINANCIAL_FIELD) for key in ("a1", "a3")]
        third = account("a3", 4) if caps.keys == 1 else account("a1", 4)
        rig.arrive(account("a1", 2), account("a1", 3), third, account("a2", 5))
        batch = await rig.batch(ACCOUNTS)
        assert batch is not None
        assert batch.postponed == (4, f"parking is full: {said}")
        assert len(await rig.waiting()) == 2
        assert ids("account", "a2", 5)[0] not in rig.commands(), "nothing of the partition overtakes"
        for block_id in blocks:
            await rig.unblock(block_id)
        await rig.everything()
        assert await rig.waiting() == []
        assert len(rig.commands()) == 6, "nothing was dropped"

    play(operations_url, scene)
