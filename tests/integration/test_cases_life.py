"""Cases on a real database: letters come, people decide, effects close, clocks escalate."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from ops.cases.clocks import escalate
from ops.cases.errors import BadAsk, NotFound, NotNow
from ops.cases.tables import billing_holds, letters
from schemas.reasons import Reason
from schemas.topics import REDRIVE
from tests.integration.cases_rig import KEY, T0, Scene, one, play


def test_a_letter_is_indexed_once_however_often_it_is_read(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        batch = [s.topics.letter(f"o{number}") for number in range(5)]
        await s.indexer.index(batch)
        await s.indexer.index(batch)  # read again after a crash, or by a second worker
        page = await s.ask("letter.list")
        assert page.total == 5
        assert {letter.failures for letter in page.letters} == {1}
        (group,) = (await s.ask("case.groups")).groups
        assert (group.letters, group.open, group.kind) == (5, 5, "group")

    play(operations_url, scene)


def test_a_batch_that_fails_leaves_neither_letters_nor_positions(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        good, bad = s.topics.letter("o1"), s.topics.letter("o2")
        broken = [good, type(bad)(bad.name, bad.part, bad.at, bad.its_key, bad.its_value, [("mesh-reason", b"?")])]
        await s.indexer.index(broken)  # what is no letter of ours is left out
        assert (await s.ask("letter.list")).total == 1

    play(operations_url, scene)


def test_the_letter_keeps_every_byte(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        message = s.topics.letter("o1")
        await s.indexer.index([message])
        async with s.desk.database.connect() as connection:
            row = (await connection.execute(select(letters))).one()
        assert (row.message_key, row.message_value) == (message.key(), message.value())
        assert (row.money, row.currency, row.version) == (100, "EUR", 10)
        assert ["none", None] in row.message_headers
        assert ["odd", "/wA="] in row.message_headers

    play(operations_url, scene)


def test_resolving_sends_it_again_and_the_read_back_closes_it(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        case = await one(s)
        s.later(minutes=5)
        done = await s.ask("case.resolve", case_id=case[:10], why="approved by ada", decision={"approved_by": "ada"})
        assert (done.sent, done.items[0].state) == (1, "replaying")
        assert [out.topic for out in s.sent] == [REDRIVE["decide"].name]
        await s.indexer.index([s.topics.effect("o1", at=s.later(seconds=5))])
        whole = await s.ask("case.show", case_id=case)
        assert (whole.state, whole.decision) == ("verified", {"approved_by": "ada"})
        assert [entry.action for entry in whole.history] == ["case.resolve", "case.update"]
        assert (await s.ask("letter.show", letter_id=case)).replays == 1

    play(operations_url, scene)


def test_a_replay_that_fails_again_opens_the_case_again(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        case = await one(s)
        await s.ask("case.assign", case_id=case, assignee="bob", why="his account")
        s.later(minutes=1)
        await s.ask("case.resolve", case_id=case, why="try again")
        await s.indexer.index([s.topics.letter("o1", at=s.later(seconds=3))])
        assert await s.state(case) == "assigned"
        assert (await s.ask("letter.show", letter_id=case)).failures == 2

    play(operations_url, scene)


def test_an_older_failure_that_is_read_late_does_not_undo_a_replay(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        case = await one(s)
        s.later(minutes=1)
        await s.ask("case.resolve", case_id=case, why="fixed")
        await s.indexer.index([s.topics.letter("o1", at=T0)])
        assert await s.state(case) == "replaying"

    play(operations_url, scene)


@pytest.mark.parametrize(
    ("version", "kind", "state"),
    [(11, "order.place", "resolved"), (9, "order.place", "open"), (11, "opportunity.billing", "open")],
)
def test_a_later_success_of_the_record_settles_its_letter(
    operations_url: str, version: int, kind: str, state: str
) -> None:
    async def scene(s: Scene) -> None:
        case = await one(s)
        effect = s.topics.effect("o1", at=T0 + timedelta(minutes=1), version=version, event="another", kind=kind)
        await s.indexer.index([effect])
        assert await s.state(case) == state
        open_groups = (await s.ask("case.groups")).groups
        assert [group.open for group in open_groups] == ([] if state == "resolved" else [1])

    play(operations_url, scene)


def test_overdue_cases_go_to_the_backup_and_hold_billing_until_they_are_closed(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        await s.indexer.index([s.topics.letter("small"), s.topics.letter("large", money="80000.00")])
        page = (await s.ask("case.list")).cases
        due = {case.key: case.due_at - case.opened_at for case in page}
        assert due == {"small": timedelta(hours=8), "large": timedelta(hours=4)}
        assert await escalate(s.desk.database, s.later(hours=5), KEY) == 1
        assert await escalate(s.desk.database, s.later(hours=5), KEY) == 2  # the small one and their group
        assert await escalate(s.desk.database, s.later(hours=5), KEY) == 0
        large = await s.ask("case.show", case_id=next(case.case_id for case in page if case.key == "large"))
        assert (large.owner, large.billing_hold) == ("finance", "raised")
        await s.ask("case.discard", case_id=large.case_id, why="the customer withdrew")
        assert (await s.ask("case.show", case_id=large.case_id)).billing_hold == "released"
        async with s.desk.database.connect() as connection:
            assert (await connection.execute(select(func.count()).select_from(billing_holds))).scalar_one() == 2

    play(operations_url, scene)


def test_a_group_is_decided_at_once_with_one_entry_that_lists_its_cases(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        await s.indexer.index([s.topics.letter(f"o{number}", detail=f"line {number}: off") for number in range(4)])
        (group,) = (await s.ask("case.groups")).groups
        done = await s.ask("case.discard", case_id=group.case_id, why="a test of the CRM's")
        assert {item.state for item in done.items} == {"discarded"}
        assert len(done.items) == 5
        entry = (await s.ask("audit.list", action="case.discard")).entries[0]
        assert entry.selection.count('"') > 8
        assert (await s.ask("case.groups")).groups == []
        await s.ask("case.reopen", case_id=group.case_id, why="it was none")
        assert (await s.ask("case.list", any_open=True)).total == 4

    play(operations_url, scene)


def test_what_a_state_does_not_allow_is_refused(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        case = await one(s)
        await s.ask("case.discard", case_id=case, why="not needed")
        with pytest.raises(NotNow):
            await s.ask("case.assign", case_id=case, assignee="bob", why="please")
        with pytest.raises(NotNow, match="meanwhile"):
            await s.ask("case.reopen", case_id=case, why="wrong", version=1)
        with pytest.raises(NotFound):
            await s.ask("case.show", case_id="ffff0000")
        await s.indexer.index([s.topics.letter(f"o{number}") for number in range(40)])
        ids = [case.case_id for case in (await s.ask("case.list")).cases]
        prefix = next(one[0] for one in ids if sum(other[0] == one[0] for other in ids) > 1)
        with pytest.raises(BadAsk, match="more than one"):
            await s.ask("case.show", case_id=prefix)

    play(operations_url, scene)


def test_comments_tags_and_filters(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        await s.indexer.index([s.topics.letter("o1"), s.topics.letter("o2", reason=Reason.MISSING_PRODUCT)])
        case = (await s.ask("case.list", key="o1")).cases[0].case_id
        await s.ask("case.comment", case_id=case, text="asked sales")
        await s.ask("case.tag", case_id=case, add=["vip", "q1"])
        await s.ask("case.tag", case_id=case, remove=["q1"])
        whole = await s.ask("case.show", case_id=case)
        assert ([note.text for note in whole.comments], whole.tags) == (["asked sales"], ["vip"])
        for filters, total in [
            ({"tag": "vip"}, 1),
            ({"reason": "missing_product"}, 1),
            ({"owner": "product-data"}, 1),
            ({"overdue": True}, 0),
            ({"account_id": "acc"}, 2),
            ({"state": "open", "limit": 1}, 2),
        ]:
            assert (await s.ask("case.list", **filters)).total == total, filters

    play(operations_url, scene)
