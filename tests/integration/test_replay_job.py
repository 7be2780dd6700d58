"""A job on a real database, with a line that answers as a test says; and one short trial by fire on a real broker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import func, select

from ops.cases.tables import cases
from ops.chaos.replay.run import Plan, carry_out
from ops.chaos.replay.witness import FileWitness
from ops.replay.asks import NewJob, Selection
from ops.replay.course import Counts, Limits
from ops.replay.ends import Sign
from ops.replay.errors import NothingChosen, NotSo, TakenOver
from ops.replay.jobs import create_job, items_of, one_job, steer
from ops.replay.marking import take_over
from ops.replay.run import Patience, Progress, Turn
from ops.replay.states import ItemMove, JobMove, JobState
from schemas.headers import EVENT_ID, LETTER_ID, header_text
from schemas.reasons import Reason
from streams.letters.outbox import Outgoing
from streams.runtime.settings import Settings
from streams.runtime.tables import replays
from tests.integration.cases_rig import ADA, Scene, play

Answer = Callable[[str], ItemMove]
ALL = Selection(reason=Reason.DISCOUNT_NEEDS_APPROVAL)


@dataclass
class Line:
    """Answers what was sent, in its order, with an effect, a skip, or the letter again."""

    scene: Scene
    answer: Answer
    positions: dict[str, int] = field(default_factory=dict)
    answered: int = 0
    deaf: bool = False

    def begin(self, positions: Mapping[str, int]) -> None:
        self.positions = dict(positions)

    async def look(self, wait_s: float) -> list[Sign]:
        if self.deaf:
            return []
        fresh, self.answered = self.scene.sent[self.answered :], len(self.scene.sent)
        return [self._sign(record) for record in fresh]

    def _sign(self, record: Outgoing) -> Sign:
        event_id = header_text(record.headers, EVENT_ID)
        move = self.answer(event_id)
        if move is ItemMove.APPLY:
            return Sign(move, event_id, "order.place applied", effect_id="c", kind="order.place")
        return Sign(move, event_id, "again", header_text(record.headers, LETTER_ID))


class Died(Exception):
    """As a process that is killed."""


def turn(scene: Scene, line: Line, **more: Any) -> Turn:
    return Turn(scene.desk, ADA, line, lambda: 0, Patience(Limits(least=5), silence=5.0), **more)


async def made(s: Scene, count: int, canary: int = 0, name: str = "j1", accounts: int = 3) -> None:
    batch = [s.topics.letter(f"o{n}", account=f"a{n % accounts}", at=s.later(seconds=1)) for n in range(count)]
    await s.indexer.index(batch)
    s.later(minutes=1)
    await create_job(s.desk, ADA, NewJob(selection=ALL, why="fixed", canary=canary, rate=1000), name, {}, cap=5)


def sent(s: Scene) -> list[str]:
    return [header_text(record.headers, EVENT_ID).removeprefix("event-") for record in s.sent]


def good(_: str) -> ItemMove:
    return ItemMove.APPLY


def test_a_job_sends_each_letter_once_and_is_done_when_all_have_an_end(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        await made(s, 9)
        state, _, counts = await turn(s, Line(s, good)).run("j1")
        assert (state, counts) == (JobState.DONE, Counts(applied=9))
        assert sorted(sent(s)) == [f"o{n}" for n in range(9)]
        async with s.desk.database.connect() as connection:
            assert (await connection.execute(select(func.count()).select_from(replays))).scalar_one() == 9
            states = (await connection.execute(select(cases.c.state).where(cases.c.kind == "letter"))).scalars().all()
        assert set(states) == {"replaying"}, "the cases wait for the read-back"

    play(operations_url, scene)


@pytest.mark.parametrize("step", ["taken", "chosen", "confirmed", "sent marked", "seen", "ends marked"])
def test_whoever_dies_at_any_step_the_next_one_ends_the_job(operations_url: str, step: str) -> None:
    async def scene(s: Scene) -> None:
        await made(s, 6)

        def die(at: str) -> None:
            if at == step:
                raise Died

        with pytest.raises(Died):
            await turn(s, Line(s, good), step=die).run("j1")
        first = len(s.sent)
        state, _, counts = await turn(s, Line(s, good)).run("j1")
        assert (state, counts) == (JobState.DONE, Counts(applied=6))
        assert set(sent(s)) == {f"o{n}" for n in range(6)}
        assert len(s.sent) <= 6 + first, "only what was not marked is sent again"

    play(operations_url, scene)


def test_a_bad_fix_stops_at_the_canaries_and_a_person_may_go_on(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        await made(s, 8, canary=2)
        state, note, counts = await turn(s, Line(s, lambda _: ItemMove.FAIL)).run("j1")
        assert (state, counts.failed, counts.waiting, len(s.sent)) == (JobState.STOPPED, 2, 6, 2)
        assert "canary" in note
        state, _, counts = await turn(s, Line(s, good, answered=2)).run("j1")
        assert (state, counts.applied, counts.failed) == (JobState.DONE, 6, 2)

    play(operations_url, scene)


def test_too_many_failures_stop_it_and_silence_does(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        await made(s, 30, accounts=30)
        bad = turn(s, Line(s, lambda event: ItemMove.FAIL if event[-1] in "02468" else ItemMove.APPLY))
        bad.patience = Patience(Limits(least=5, window=6))
        state, note, counts = await bad.run("j1")
        assert (state, "failed again" in note) == (JobState.STOPPED, True)
        assert counts.waiting > 10
        deaf = turn(s, Line(s, good, deaf=True))
        deaf.patience = Patience(Limits(), silence=0.3)
        state, note, _ = await deaf.run("j1")
        assert (state, "nothing comes back" in note) == (JobState.STOPPED, True)

    play(operations_url, scene)


def test_a_letter_has_one_claim(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        await made(s, 4)
        again = NewJob(selection=ALL, why="me too")
        items = await create_job(s.desk, ADA, again, "j2", {}, cap=5)
        assert {item.note for item in items} == {"another job has claimed it"}
        assert (await steer(s.desk, ADA, "j1", JobMove.CANCEL, "not this way")).state == "cancelled"
        third = await create_job(s.desk, ADA, again, "j3", {}, cap=5)
        assert [item.note for item in third] == [""] * 4

    play(operations_url, scene)


def test_a_person_pauses_resumes_and_cancels_and_a_taken_over_process_marks_nothing(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        await made(s, 6, accounts=1)
        seen: list[Progress] = []
        running = turn(s, Line(s, good), tell=seen.append)
        original = running.watch.look

        async def look(wait_s: float) -> list[Sign]:
            if len(s.sent) == 2:
                async with s.desk.database.connect() as connection:
                    state = (await one_job(connection, "j1")).state
                if state == "running":
                    await steer(s.desk, ADA, "j1", JobMove.PAUSE, "lunch")
            return await original(wait_s)

        running.watch.look = look  # type: ignore[method-assign]
        state, _, counts = await running.run("j1")
        assert (state, len(s.sent), counts.waiting) == (JobState.PAUSED, 2, 4)
        epoch, _ = await take_over(s.desk, "j1")
        assert epoch == 2
        with pytest.raises(TakenOver):
            await turn_after(s, running)
        await steer(s.desk, ADA, "j1", JobMove.CANCEL, "enough")
        async with s.desk.database.connect() as connection:
            left = Counts.of(await items_of(connection, "j1"))
        assert (left.left, left.waiting, left.sent) == (4, 0, 0)
        with pytest.raises(NotSo):
            await turn(s, Line(s, good)).run("j1")

    async def turn_after(s: Scene, old: Turn) -> None:
        from ops.replay.marking import Marks  # noqa: PLC0415

        await Marks(s.desk, "j1", 1, "ada", "fixed").end(JobMove.FINISH, "")

    play(operations_url, scene)


def test_the_cap_leaves_a_letter_to_a_person(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        await made(s, 1)
        await turn(s, Line(s, good)).run("j1")
        (case,) = (await s.ask("case.list")).cases
        items = await create_job(
            s.desk, ADA, NewJob(selection=Selection(ids=(case.case_id[:12],)), why="again"), "j2", {}, cap=1
        )
        assert "a person must look" in items[0].note
        with pytest.raises(NothingChosen):
            await create_job(s.desk, ADA, NewJob(selection=ALL, why="no case is open"), "j3", {}, cap=1)

    play(operations_url, scene)


def test_killed_at_random_every_letter_has_its_effect_once_and_in_order(stack_settings: Settings) -> None:
    plan = Plan(letters := 24, seed=3, kills=1)
    verdict = carry_out(stack_settings, plan, FileWitness(), lambda _: None)
    assert (verdict.selected, verdict.effects + verdict.stale, verdict.clean) == (letters, letters, True)
    assert verdict.kills >= 1
