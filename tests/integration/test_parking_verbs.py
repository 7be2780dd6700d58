"""What people see of parking and do about it, and what closing a letter's case does, on the real database."""

from __future__ import annotations

import pytest

from ops.access.errors import Forbidden
from ops.cases.errors import NotFound, NotNow
from schemas.reasons import Reason
from streams.letters.parking.store import raise_blocks
from tests.integration.cases_rig import ADA, Actor, Role, Scene, play
from tests.integration.parking_rig import ACCOUNTS, BACK, Rig, account
from tests.integration.parking_rig import refused as refusal

VIEWER = Actor("vera", Role.VIEWER, "cli")
ON_CALL = Actor("otto", Role.ON_CALL, "cli")


async def two_parked(scene: Scene) -> tuple[Rig, str]:
    """A letter of an account that is indexed and blocks; two later events behind it. The letter's id."""
    rig = Rig(scene.desk.database)
    rig.arrive(account("o1", 1))
    await rig.batch(ACCOUNTS)
    await scene.indexer.index([scene.topics.letter("o1", reason=Reason.ERP_REJECTED)])
    letter_id = str((await scene.ask("letter.list")).letters[0].letter_id)
    async with scene.desk.database.begin() as connection:
        await raise_blocks(connection, [refusal(account("o1", 1), letter_id)], scene.now[0])
    rig.arrive(account("o1", 2), account("o1", 3))
    await rig.batch(ACCOUNTS)
    return rig, letter_id


def test_people_see_what_waits_behind_which_letter_and_whose_it_is(operations_url: str) -> None:
    async def run(scene: Scene) -> None:
        _, letter_id = await two_parked(scene)
        page = await scene.ask("parking.list", VIEWER, key="o1")
        assert (page.events, page.records) == (2, 1)
        (record,) = page.parked
        assert (record.entity, record.key, record.events, record.letters) == ("account", "o1", 2, [letter_id])
        assert (record.reasons, record.owner) == (["erp_rejected"], "erp-team")
        assert [one.event_id for one in page.single] == ["account-o1-2-0", "account-o1-3-0"]
        shown = await scene.ask("letter.show", letter_id=letter_id)
        assert (shown.parked, shown.parked_since) == (2, record.since)
        story = await scene.ask("explain.record", entity="account", key="o1")
        assert any("2 later event(s) of it are parked" in line for line in story.where)
        assert any(letter_id[:12] in line and "erp-team" in line for line in story.why)
        assert "meshline dlq parked --key o1" in story.next

    play(operations_url, run)


@pytest.mark.parametrize("verb", ["case.discard", "case.resolve"])
def test_closing_the_case_lets_the_tail_go(operations_url: str, verb: str) -> None:
    async def run(scene: Scene) -> None:
        rig, letter_id = await two_parked(scene)
        scene.later(minutes=1)
        more = {"replay": False} if verb == "case.resolve" else {}
        await scene.ask(verb, case_id=letter_id, why="not needed", **more)
        await rig.everything()
        assert await rig.waiting() == []
        assert rig.commands()[-1] == "account-o1-3-0"

    play(operations_url, run)


def test_who_is_on_call_stops_blocking_a_record_and_the_letter_stays_open(operations_url: str) -> None:
    async def run(scene: Scene) -> None:
        rig, letter_id = await two_parked(scene)
        with pytest.raises(Forbidden):
            await scene.ask("parking.unblock", VIEWER, entity="account", key="o1", why="it hurts")
        done = await scene.ask("parking.unblock", ON_CALL, entity="account", key="o1", why="it hurts")
        assert (done.letters, done.events) == ([letter_id], 2)
        assert await scene.state(letter_id) == "open"
        await rig.everything()
        assert await rig.waiting() == []
        with pytest.raises(NotFound):
            await scene.ask("parking.unblock", ON_CALL, entity="account", key="o1", why="once more")
        entries = (await scene.ask("audit.list", action="parking.unblock")).entries
        assert sorted((one.who, one.why, one.allowed) for one in entries) == [
            ("otto", "it hurts", True),
            ("vera", "it hurts", False),
        ]

    play(operations_url, run)


def test_a_skipped_event_is_recorded_with_name_and_reason_when_its_turn_comes(operations_url: str) -> None:
    async def run(scene: Scene) -> None:
        rig, _ = await two_parked(scene)
        await scene.ask("parking.skip", ON_CALL, event_id="account-o1-3-0", why="a test record")
        await scene.ask("parking.unblock", ADA, entity="account", key="o1", why="solved by hand")
        await rig.drainer.step()
        with pytest.raises(NotNow):
            await scene.ask("parking.skip", ON_CALL, event_id="account-o1-2-0", why="too late")
        await rig.batch(BACK)
        assert ("skip", "account-o1-3-0 by_hand") in rig.told
        assert rig.commands() == ["account-o1-1-0", "account-o1-2-0"]
        with pytest.raises(NotFound):
            await scene.ask("parking.skip", ON_CALL, event_id="nobody", why="no such event")

    play(operations_url, run)
