"""The lives of a replay job and of its items, as data. Pure.

job    proposed ─approve─▶ planned    a second person must agree; `void`: what was agreed to is not what would be sent
       planned ─start─▶ running ─finish─▶ done
                         │  ▲  └─ stop ─▶ stopped    too many failed, or nothing comes back
                    pause▼  │resume         │resume
                        paused ─── cancel ──┴─▶ cancelled

item   waiting ─send─▶ sent ─▶ applied | skipped | held | failed
          │         └─ leave ─▶ left    a person must look, or the job was cancelled
          └─ redirect ─▶ redirected
"""

from __future__ import annotations

from enum import StrEnum


class JobState(StrEnum):
    """Where a job stands."""

    PROPOSED = "proposed"
    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"
    CANCELLED = "cancelled"


class JobMove(StrEnum):
    """What can happen to a job. `finish` and `stop` are its own doing."""

    APPROVE = "approve"
    VOID = "void"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    CANCEL = "cancel"
    FINISH = "finish"


class ItemState(StrEnum):
    """Where a letter of a job stands."""

    WAITING = "waiting"
    SENT = "sent"  #: the broker has it, and its end has not been seen
    APPLIED = "applied"  #: the effect was read back from its target
    SKIPPED = "skipped"  #: its event needed no effect
    HELD = "held"  #: its event waits for another record
    FAILED = "failed"  #: it came again as a letter
    REDIRECTED = "redirected"  #: another topic has it; what comes of it there is not seen
    LEFT = "left"  #: it was not sent, or the job was cancelled before its end was seen


class ItemMove(StrEnum):
    """What can happen to an item. All but `send` and `leave` are seen on topics and in tables."""

    SEND = "send"
    LEAVE = "leave"
    APPLY = "apply"
    SKIP = "skip"
    HOLD = "hold"
    FAIL = "fail"
    REDIRECT = "redirect"


_JOB: dict[JobState, dict[JobMove, JobState]] = {
    JobState.PROPOSED: {JobMove.APPROVE: JobState.PLANNED, JobMove.CANCEL: JobState.CANCELLED},
    JobState.PLANNED: {
        JobMove.START: JobState.RUNNING,
        JobMove.RESUME: JobState.RUNNING,  # by hand, where nobody started it
        JobMove.VOID: JobState.PROPOSED,
        JobMove.CANCEL: JobState.CANCELLED,
    },
    JobState.RUNNING: {
        JobMove.VOID: JobState.PROPOSED,  # resumed before anything was sent
        JobMove.START: JobState.RUNNING,  # by the next process, where one died
        JobMove.RESUME: JobState.RUNNING,
        JobMove.PAUSE: JobState.PAUSED,
        JobMove.STOP: JobState.STOPPED,
        JobMove.CANCEL: JobState.CANCELLED,
        JobMove.FINISH: JobState.DONE,
    },
    JobState.PAUSED: {JobMove.RESUME: JobState.RUNNING, JobMove.CANCEL: JobState.CANCELLED},
    JobState.STOPPED: {JobMove.RESUME: JobState.RUNNING, JobMove.CANCEL: JobState.CANCELLED},
    JobState.DONE: {},
    JobState.CANCELLED: {},
}

_ITEM: dict[ItemState, dict[ItemMove, ItemState]] = {
    ItemState.WAITING: {
        ItemMove.SEND: ItemState.SENT,
        ItemMove.LEAVE: ItemState.LEFT,
        ItemMove.REDIRECT: ItemState.REDIRECTED,
        ItemMove.APPLY: ItemState.APPLIED,  # sent by a process that died before it could mark it
    },
    ItemState.SENT: {
        ItemMove.SEND: ItemState.SENT,  # sent twice, around a crash
        ItemMove.LEAVE: ItemState.LEFT,  # the job was cancelled: its end is not looked for
        ItemMove.APPLY: ItemState.APPLIED,
        ItemMove.SKIP: ItemState.SKIPPED,
        ItemMove.HOLD: ItemState.HELD,
        ItemMove.FAIL: ItemState.FAILED,
    },
    # What an event comes to may change while the job runs: a hold is let go, a repeat goes through.
    ItemState.HELD: {
        ItemMove.APPLY: ItemState.APPLIED,
        ItemMove.SKIP: ItemState.SKIPPED,
        ItemMove.FAIL: ItemState.FAILED,
    },
    ItemState.FAILED: {ItemMove.APPLY: ItemState.APPLIED},
    ItemState.APPLIED: {},
    ItemState.SKIPPED: {ItemMove.APPLY: ItemState.APPLIED},
    ItemState.REDIRECTED: {},
    ItemState.LEFT: {},
}

#: Nobody else may take a letter whose item is one of these.
CLAIMED = frozenset({ItemState.WAITING, ItemState.SENT})
ENDED = frozenset(ItemState) - CLAIMED
OVER = frozenset({JobState.DONE, JobState.CANCELLED})


def job_after(state: JobState, move: JobMove) -> JobState | None:
    """The state that a move leads to; None where it cannot be made."""
    return _JOB[state].get(move)


def item_after(state: ItemState, move: ItemMove) -> ItemState | None:
    """The state that a move leads to; None where it means nothing."""
    return _ITEM[state].get(move)


def job_moves(state: JobState) -> tuple[JobMove, ...]:
    """What can happen to a job in a state."""
    return tuple(_JOB[state])
