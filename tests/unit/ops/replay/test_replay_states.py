"""The lives of jobs and items: whatever happens in whatever order, they keep their rules."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ops.replay.states import (
    CLAIMED,
    ENDED,
    OVER,
    ItemMove,
    ItemState,
    JobMove,
    JobState,
    item_after,
    job_after,
    job_moves,
)


@given(st.lists(st.sampled_from(JobMove), max_size=30))
def test_any_order_of_moves_keeps_a_jobs_rules(moves: list[JobMove]) -> None:
    state, begun = JobState.PLANNED, False
    for move in moves:
        found = job_after(state, move)
        if found is None:
            assert move not in job_moves(state)
            continue
        assert state not in OVER, "what is over stays over"
        if found is JobState.DONE:
            assert begun, "nothing is done that never ran"
        if found is JobState.RUNNING and state in (JobState.PAUSED, JobState.STOPPED):
            assert move is JobMove.RESUME, "only a person lets a job go on that stands"
        begun = begun or found is JobState.RUNNING
        state = found


def test_every_job_that_is_not_over_can_be_cancelled() -> None:
    assert all(job_after(state, JobMove.CANCEL) is JobState.CANCELLED for state in set(JobState) - OVER)


@given(st.lists(st.sampled_from(ItemMove), max_size=30))
def test_any_order_of_signs_keeps_an_items_rules(moves: list[ItemMove]) -> None:
    state, sent = ItemState.WAITING, False
    for move in moves:
        found = item_after(state, move)
        if found is None:
            continue
        sent = sent or move is ItemMove.SEND
        assert not (state in ENDED and found in CLAIMED), "what has an end is never sent again by the same job"
        if found in (ItemState.SKIPPED, ItemState.HELD, ItemState.FAILED):
            assert sent, "only what was sent comes to something"
        if state is ItemState.APPLIED:
            assert found is ItemState.APPLIED, "an effect that was read back stays"
        state = found


def test_a_repeat_of_any_sign_changes_nothing() -> None:
    for state in ItemState:
        for move in ItemMove:
            once = item_after(state, move)
            if once is not None:
                assert item_after(once, move) in (once, None)
