"""The life of a case: whatever happens in whatever order, it stays one of the declared states."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ops.cases.states import CLOSED, OPEN, Move, State, after, moves


@given(st.lists(st.sampled_from(Move), max_size=40), st.booleans())
def test_any_order_of_moves_keeps_the_rules(taken: list[Move], assigned: bool) -> None:
    state = State.OPEN
    for move in taken:
        found = after(state, move, assigned=assigned)
        if found is None:
            assert move not in moves(state)
            continue
        if state in CLOSED and found in OPEN:
            assert move in (Move.REOPEN, Move.FAIL), "only a reason or a new failure opens a closed case"
        if found is State.VERIFIED:
            assert (state, move) == (State.REPLAYING, Move.SUCCEED), "verified means replayed and read back"
        if found is State.DISCARDED:
            assert state in (State.OPEN, State.ASSIGNED)
            assert move is Move.DISCARD
        state = found


def test_a_letter_that_comes_again_never_leaves_its_case_closed() -> None:
    assert all(after(state, Move.FAIL) in OPEN for state in State)


def test_every_open_case_can_be_closed_and_every_closed_one_reopened() -> None:
    for state in OPEN:
        assert {after(state, move) for move in moves(state)} & CLOSED
    assert all(after(state, Move.REOPEN) is State.OPEN for state in CLOSED)


def test_a_case_in_replay_is_not_touched_by_people() -> None:
    assert set(moves(State.REPLAYING)) == {Move.FAIL, Move.SUCCEED}


def test_who_has_an_assignee_comes_back_to_that_one() -> None:
    assert after(State.REPLAYING, Move.FAIL, assigned=True) is State.ASSIGNED
    assert after(State.REPLAYING, Move.FAIL) is State.OPEN
