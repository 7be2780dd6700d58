"""Letters corrected before they are sent again: the original stays, roles decide, and a second person where it must."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from ops.access.errors import Forbidden
from ops.access.people import Actor
from ops.access.roles import Role
from ops.cases.errors import BadAsk, NotNow
from ops.cases.tables import letters
from ops.replay.approving import confirm
from ops.replay.errors import NotSo
from ops.replay.preview.verdict import Call, Shown
from ops.replay.tables import letter_edits
from schemas.headers import EDIT, header_text
from schemas.reasons import Reason
from schemas.records import Command, Opportunity
from tests.integration.cases_rig import ADA, CODEC, Scene, play
from tests.integration.test_replay_job import Line, good, turn

BOB = Actor("bob", Role.ON_CALL, "cli")
OWEN = Actor("owen", Role.OWNER, "cli")
EVE = Actor("eve", Role.APPROVER, "cli")


async def letter(s: Scene, key: str = "o1", **more: Any) -> str:
    await s.indexer.index([s.topics.letter(key, **more)])
    s.later(minutes=1)
    page = await s.ask("letter.list", key=key)
    return str(page.letters[0].letter_id)


def test_an_edit_keeps_the_original_and_is_what_is_sent(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        one = await letter(s)
        before = await s.ask("letter.show", letter_id=one)
        made = await s.ask("letter.edit", BOB, letter_id=one, fields={"name": "The right name"}, why="a typing error")
        assert (made.number, made.level, made.edited_by) == (1, "free", "bob")
        again = await s.ask("letter.edit", BOB, letter_id=one[:12], fields={"name": "A better one"}, why="once more")
        assert again.number == 2
        async with s.desk.database.connect() as connection:
            row = (await connection.execute(select(letters))).one()
            versions = (await connection.execute(select(letter_edits).order_by(letter_edits.c.number))).all()
        assert [one.original_value for one in versions] == [row.message_value] * 2
        assert (await s.ask("letter.show", letter_id=one)).payload == before.payload
        await s.ask("letter.replay", BOB, selection={"ids": [one]}, why="corrected", rate=100)
        job = (await s.ask("replay.list")).jobs[0]
        await turn(s, Line(s, good)).run(job.job_id)
        (sent,) = s.sent
        event = CODEC.read(sent.value, Opportunity)
        assert (event.name, event.id) == ("A better one", "o1")
        assert header_text(sent.headers, EDIT) == again.edit_id
        assert dict(sent.headers)["odd"] == b"\xff\x00", "foreign headers stay bit for bit"

    play(operations_url, scene)


def test_every_version_is_in_the_audit_with_before_and_after(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        one = await letter(s)
        await s.ask("letter.edit", OWEN, letter_id=one, fields={"currency": "USD"}, why="in dollars")
        (entry,) = (await s.ask("audit.list", action="letter.edit")).entries
        assert (entry.who, entry.subject, entry.why) == ("owen", one, "in dollars")
        assert ('"EUR"' in entry.before, '"USD"' in entry.after) == (True, True)
        assert not (await s.ask("audit.verify")).faults

    play(operations_url, scene)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"meta.version": "99"}, "locked"),
        ({"nothing": "1"}, "there is no field"),
        ({"lines.7.quantity": "1"}, "locked"),
        ({"close_date": "tomorrow"}, "close_date"),
        ({"name": "a deal"}, "changes nothing"),
    ],
)
def test_what_is_locked_wrong_or_nothing_is_refused(operations_url: str, fields: dict[str, str], word: str) -> None:
    async def scene(s: Scene) -> None:
        one = await letter(s)
        with pytest.raises(BadAsk, match=word):
            await s.ask("letter.edit", ADA, letter_id=one, fields=fields, why="let me")
        assert not (await s.ask("letter.versions", letter_id=one)).versions

    play(operations_url, scene)


def test_a_sensitive_field_is_an_owners_and_needs_a_second_person(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        one = await letter(s)
        change = {"discount_approved_by": "cfo"}
        with pytest.raises(Forbidden):
            await s.ask("letter.edit", BOB, letter_id=one, fields=change, why="it was approved")
        await s.ask("letter.edit", OWEN, letter_id=one, fields=change, why="it was approved")
        with pytest.raises(NotNow, match="a second person"):
            await s.ask("case.resolve", OWEN, case_id=one, why="go on")
        job = await s.ask("letter.replay", OWEN, selection={"ids": [one]}, why="approved")
        assert (job.state, "sensitive" in job.needs) == ("proposed", True)
        with pytest.raises(NotSo):
            await turn(s, Line(s, good)).run(job.job_id)
        assert not s.sent

    play(operations_url, scene)


def test_choosing_the_account_changes_the_letter_and_sends_it_to_that_accounts_lane(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        one = await letter(s, reason=Reason.MISSING_ACCOUNT)
        await s.ask("case.resolve", OWEN, case_id=one, why="it is theirs", decision={"account": "acc-7"})
        (sent,) = s.sent
        assert CODEC.read(sent.value, Opportunity).meta.account_id == "acc-7"
        assert (await s.ask("case.show", case_id=one)).decision == {"account": "acc-7"}

    play(operations_url, scene)


class Target:
    """Shows what it would get; `version` stands for a state of the target that others may change."""

    def __init__(self) -> None:
        self.version = 1

    async def show(self, target: str, command: Command) -> Shown:
        return Shown(Call("write", {"version": self.version}))


def with_target(s: Scene, target: Target) -> Scene:
    @asynccontextmanager
    async def shadows() -> AsyncIterator[Target]:
        yield target

    alone = s.desk.settings.replay.model_copy(update={"alone_letters": 1})
    settings = s.desk.settings.model_copy(update={"replay": alone})
    return replace(s, desk=replace(s.desk, shadows=shadows, settings=settings))


async def proposed(s: Scene) -> tuple[str, str]:
    """(A job of two letters, the mark of its preview)."""
    await letter(s, "o1")
    await letter(s, "o2")
    asked = {"selection": {"reason": "discount_needs_approval"}, "why": "all of them"}
    job = await s.ask("letter.replay", OWEN, **asked)
    assert (job.state, job.needs) == ("proposed", "2 letters are more than 1")
    return job.job_id, (await s.ask("letter.preview", EVE, job_id=job.job_id)).preview


def test_a_second_person_agrees_to_what_was_seen_and_the_job_runs(operations_url: str) -> None:
    async def scene(plain: Scene) -> None:
        s = with_target(plain, Target())
        job, mark = await proposed(s)
        maker = Actor("owen", Role.ADMIN, "cli")
        with pytest.raises(Forbidden, match="somebody else"):
            await s.ask("replay.approve", maker, job_id=job, preview=mark, why="fine")
        with pytest.raises(Forbidden):
            await s.ask("replay.approve", OWEN, job_id=job, preview=mark, why="fine")
        with pytest.raises(NotNow):
            await s.ask("replay.approve", EVE, job_id=job, preview="0" * 32, why="fine")
        step = await s.ask("replay.approve", EVE, job_id=job, preview=mark, why="fine")
        assert step.state == "planned"
        await confirm(s.desk, OWEN, job)
        assert (await s.ask("replay.show", job_id=job)).approved_by == "eve"
        entry = (await s.ask("audit.list", action="replay.approve")).entries[-1]
        assert mark in entry.after
        await turn(s, Line(s, good)).run(job)
        assert len(s.sent) == 2

    play(operations_url, scene)


def test_a_changed_edit_voids_the_approval(operations_url: str) -> None:
    async def scene(plain: Scene) -> None:
        s = with_target(plain, Target())
        job, mark = await proposed(s)
        await s.ask("replay.approve", EVE, job_id=job, preview=mark, why="fine")
        first = (await s.ask("replay.show", job_id=job)).items[0].letter_id
        await s.ask("letter.edit", BOB, letter_id=first, fields={"name": "Another"}, why="quickly")
        with pytest.raises(NotSo, match="not what would be sent"):
            await confirm(s.desk, OWEN, job)
        shown = await s.ask("replay.show", job_id=job)
        assert (shown.state, shown.approved_by) == ("proposed", "")
        assert not s.sent

    play(operations_url, scene)


def test_the_mark_is_of_the_letters_their_versions_and_where_they_go(operations_url: str) -> None:
    async def scene(plain: Scene) -> None:
        s = with_target(plain, Target())
        one, two = await letter(s, "o1"), await letter(s, "o2")
        marks = [(await s.ask("letter.preview", selection={"ids": ids})).preview for ids in ([one], [two], [one, two])]
        again = (await s.ask("letter.preview", selection={"ids": [one]})).preview
        await s.ask("letter.edit", BOB, letter_id=one, fields={"name": "Another"}, why="quickly")
        edited = (await s.ask("letter.preview", selection={"ids": [one]})).preview
        assert again == marks[0], "the same letters have the same mark"
        assert len({*marks, edited}) == 4

    play(operations_url, scene)
