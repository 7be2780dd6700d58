"""The life of a case, as data. Pure.

open ─assign─▶ assigned ─replay─▶ replaying ─verified─▶ verified
  │               │                  │ failed: open again, or assigned
  └──── resolve, discard ────▶ resolved, discarded ──reopen──▶ open
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a case stands. The last three are closed."""

    OPEN = "open"
    ASSIGNED = "assigned"
    REPLAYING = "replaying"
    VERIFIED = "verified"
    RESOLVED = "resolved"
    DISCARDED = "discarded"


class Move(StrEnum):
    """What can happen to a case. `fail` and `succeed` are seen on the topics, the others are people's."""

    ASSIGN = "assign"
    REPLAY = "replay"
    RESOLVE = "resolve"
    DISCARD = "discard"
    REOPEN = "reopen"
    FAIL = "fail"  #: its letter came (again)
    SUCCEED = "succeed"  #: an effect of its record, of this version or a later one, was verified


CLOSED = frozenset({State.VERIFIED, State.RESOLVED, State.DISCARDED})
OPEN = frozenset(State) - CLOSED

_LIFE: dict[State, dict[Move, State]] = {
    State.OPEN: {
        Move.ASSIGN: State.ASSIGNED,
        Move.REPLAY: State.REPLAYING,
        Move.RESOLVE: State.RESOLVED,
        Move.DISCARD: State.DISCARDED,
        Move.FAIL: State.OPEN,
        Move.SUCCEED: State.RESOLVED,
    },
    State.ASSIGNED: {
        Move.ASSIGN: State.ASSIGNED,
        Move.REPLAY: State.REPLAYING,
        Move.RESOLVE: State.RESOLVED,
        Move.DISCARD: State.DISCARDED,
        Move.FAIL: State.ASSIGNED,
        Move.SUCCEED: State.RESOLVED,
    },
    State.REPLAYING: {Move.FAIL: State.OPEN, Move.SUCCEED: State.VERIFIED},
    State.VERIFIED: {Move.REOPEN: State.OPEN, Move.FAIL: State.OPEN},
    State.RESOLVED: {Move.REOPEN: State.OPEN, Move.FAIL: State.OPEN, Move.SUCCEED: State.RESOLVED},
    State.DISCARDED: {Move.REOPEN: State.OPEN, Move.FAIL: State.OPEN},
}


def after(state: State, move: Move, *, assigned: bool = False) -> State | None:
    """The state that a move leads to; None where it cannot be made. Who has an assignee comes back to that one."""
    found = _LIFE[state].get(move)
    return State.ASSIGNED if found is State.OPEN and assigned else found


def moves(state: State) -> tuple[Move, ...]:
    """What can happen in a state."""
    return tuple(_LIFE[state])
