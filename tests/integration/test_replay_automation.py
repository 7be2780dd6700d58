"""Class B sends itself again, class C in batches, class A never; and each only so often."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ops.replay.automation import BATCH_AGE, BATCH_SIZE, REST, TRIES, Candidate, due_letters, send_by_itself
from ops.replay.states import ItemMove
from schemas.reasons import Reason, ReasonEntry, catalogue
from tests.integration.cases_rig import T0, Scene, play
from tests.integration.test_replay_job import Line, good, turn

REASON = Reason.DISCOUNT_NEEDS_APPROVAL


def entries(impact: str, *, retryable: bool = True) -> dict[Reason, ReasonEntry]:
    known = dict(catalogue())
    known[REASON] = known[REASON].model_copy(update={"impact": impact, "retryable": retryable})
    return known


def candidate(number: int = 0, age: timedelta = REST, replays: int = 0) -> Candidate:
    return Candidate(f"l{number}", REASON, T0 - age, replays)


@pytest.mark.parametrize(
    ("impact", "letters", "due"),
    [
        ("A", [candidate()], (0, 0)),
        ("B", [candidate()], (1, 0)),
        ("B", [candidate(age=REST - timedelta(seconds=1))], (0, 0)),
        ("B", [candidate(replays=TRIES)], (0, 0)),
        ("C", [candidate()], (0, 0)),
        ("C", [candidate(0, BATCH_AGE), candidate(1)], (0, 2)),
        ("C", [candidate(number) for number in range(BATCH_SIZE)], (0, BATCH_SIZE)),
    ],
)
def test_the_catalogues_class_says_what_is_due(impact: str, letters: list[Candidate], due: tuple[int, int]) -> None:
    alone, batch = due_letters(letters, entries(impact), T0)
    assert (len(alone), len(batch)) == due
    assert due_letters(letters, entries(impact, retryable=False), T0) == ([], [])


def test_a_class_b_letter_sends_itself_and_then_waits_for_a_person(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        await s.indexer.index([s.topics.letter("o1")])
        assert await send_by_itself(s.desk, entries("B")) == [], "it has just failed"
        for number in range(1, TRIES + 1):
            s.later(minutes=6)
            (job,) = await send_by_itself(s.desk, entries("B"))
            assert await send_by_itself(s.desk, entries("B")) == [], "it is on its way"
            shown = await s.ask("replay.show", job_id=job)
            assert (shown.created_by, shown.runner, shown.state) == ("meshline", "worker", "planned")
            await turn(s, Line(s, lambda _: ItemMove.FAIL)).run(job)
            await s.indexer.index([s.topics.letter("o1", at=s.later(minutes=number))])
        s.later(minutes=60)
        assert await send_by_itself(s.desk, entries("B")) == [], "a person must look"

    play(operations_url, scene)


def test_what_somebody_has_taken_is_theirs(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        await s.indexer.index([s.topics.letter("o1"), s.topics.letter("o2")])
        s.later(minutes=6)
        case = (await s.ask("case.list", key="o1")).cases[0]
        await s.ask("case.assign", case_id=case.case_id, assignee="bob", why="mine")
        (job,) = await send_by_itself(s.desk, entries("B"))
        await turn(s, Line(s, good)).run(job)
        assert len(s.sent) == 1

    play(operations_url, scene)
