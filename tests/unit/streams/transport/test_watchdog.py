"""Lag and no progress is a stall; idleness is not."""

from __future__ import annotations

import asyncio
from typing import Any

from streams.transport import TP, Progress, Stalled, Waiting
from streams.transport.watchdog import EXIT_CODE, Guard, Watchdog

IN = TP("in", 0)


def at(committed: int | None, highwater: int | None = 100, unfinished: int = 0, **more: Any) -> list[Progress]:
    watermark = more.pop("watermark", committed)
    return [Progress(IN, watermark, committed, highwater, unfinished, 0, 1, False, more.pop("position", committed))]


def test_a_partition_with_lag_that_does_not_move_is_reported_after_the_patience() -> None:
    watchdog = Watchdog(10, lambda tp: f"agent of {tp.topic}")
    assert watchdog.look(0, at(50)) is None
    assert watchdog.look(9.9, at(50)) is None
    stalled = watchdog.look(10, at(50))
    assert stalled is not None
    assert "in[0], read by agent of in, has not moved from offset 50 for 10 s with a lag of 50" in str(stalled)
    assert (stalled.tp, stalled.reader) == (IN, "agent of in")


def test_every_move_starts_the_clock_again() -> None:
    watchdog = Watchdog(patience=10)
    for now in range(0, 100, 9):
        assert watchdog.look(now, at(now)) is None


def test_an_idle_partition_is_not_stalled_and_its_clock_starts_with_the_lag() -> None:
    watchdog = Watchdog(patience=10)
    assert watchdog.look(0, at(100)) is None
    assert watchdog.look(1000, at(100)) is None
    assert watchdog.look(1005, at(100, highwater=101)) is None
    assert watchdog.look(1010, at(100, highwater=101)) is not None


def test_a_marker_behind_the_last_message_is_no_lag() -> None:
    """A topic that is written in transactions ends with a marker, which nobody is ever given."""
    watchdog = Watchdog(patience=10)
    for now in (0, 20):
        assert watchdog.look(now, at(99, highwater=100, position=100)) is None


def test_messages_that_are_fetched_and_not_finished_count_as_lag() -> None:
    watchdog = Watchdog(patience=10)
    watchdog.look(0, at(None, highwater=None, unfinished=3))
    assert watchdog.look(10, at(None, highwater=None, unfinished=3)) is not None


def test_a_postponed_record_is_no_stall_until_it_is_due_and_nothing_comes_of_it() -> None:
    watchdog = Watchdog(patience=10)
    behind = at(50)[0]._replace(outstanding=0)
    for now in range(0, 100, 9):
        waiting = Waiting(50, "not yet", 0.0, now + 2.0)
        assert watchdog.look(now, [behind._replace(waiting=waiting)]) is None
    overdue = behind._replace(waiting=Waiting(50, "not yet", 0.0, 101.0))
    assert watchdog.look(102, [overdue]) is None
    assert watchdog.look(112, [overdue]) is not None


def test_a_postponed_record_excuses_neither_a_commit_that_is_due_nor_an_agent_that_holds_a_batch() -> None:
    waiting = Waiting(50, "not yet", 0.0, 1000.0)
    for one in (at(40, watermark=50)[0]._replace(outstanding=0), at(50)[0]):
        watchdog = Watchdog(patience=10)
        watchdog.look(0, [one._replace(waiting=waiting)])
        assert watchdog.look(10, [one._replace(waiting=waiting)]) is not None


def test_a_partition_that_was_never_fetched_is_seen() -> None:
    """Assigned, an end that the broker told, and nothing else."""
    watchdog = Watchdog(patience=10)
    watchdog.look(0, at(None, highwater=7, position=0))
    stalled = watchdog.look(10, at(None, highwater=7, position=0))
    assert stalled is not None
    assert "from the start of the group" in str(stalled)


def test_commits_that_are_refused_for_ever_are_a_stall() -> None:
    watchdog = Watchdog(patience=10)
    stalled = None
    for now in range(12):
        stalled = stalled or watchdog.look(now, at(50, watermark=90 + now, highwater=200, position=90 + now))
    assert stalled is not None


def test_a_partition_that_went_away_and_came_back_starts_anew() -> None:
    watchdog = Watchdog(patience=10)
    watchdog.look(0, at(50))
    watchdog.look(5, [])
    assert watchdog.look(11, at(50)) is None


class Engine:
    """An engine whose loop turns when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.turned = 0.0
        self.failed: list[Exception] = []
        self.posted: list[Any] = []
        self.stands: list[Progress] = at(50)

    @property
    def loop(self) -> Any:
        return self

    def call_soon_threadsafe(self, function: Any, *args: Any) -> None:
        self.posted.append((function, args))

    def turn_loop(self) -> None:
        posted, self.posted = self.posted, []
        for function, args in posted:
            function(*args)

    def progress(self) -> list[Progress]:
        return self.stands

    def fail(self, reason: Exception) -> None:
        self.failed.append(reason)


def guarded(engine: Engine, **more: Any) -> Guard:
    return Guard(engine, engine, Watchdog(10, lambda _: "agent a"), clock=lambda: engine.now, **{"grace": 0.0} | more)


def pass_time(engine: Engine, guard: Guard, seconds: int, *, loop: bool = True, thread: bool = True) -> Stalled | None:
    for _ in range(seconds):
        engine.now += 1
        engine.turned = engine.now if thread else engine.turned
        if (stalled := guard.look()) is not None:
            return stalled
        if loop:
            engine.turn_loop()
    return None


def test_an_event_loop_that_stands_is_a_stall_and_says_who_holds_it() -> None:
    engine = Engine()
    stalled = pass_time(engine, guarded(engine), 30, loop=False)
    assert "the event loop has not turned for 10 s: batches are held of in[0] agent a" in str(stalled)


def test_a_consumer_thread_that_stands_is_a_stall() -> None:
    engine = Engine()
    engine.stands = at(100)
    assert "consumer's thread has not turned for 10 s" in str(pass_time(engine, guarded(engine), 30, thread=False))


def test_a_process_that_was_suspended_is_not_stalled_when_it_wakes() -> None:
    engine = Engine()
    guard = guarded(engine)
    assert pass_time(engine, guard, 8) is None
    engine.now += 1000
    assert guard.look() is None
    assert pass_time(engine, guard, 8) is None
    assert pass_time(engine, guard, 8) is not None


def run_to_the_end(engine: Engine, **more: Any) -> tuple[list[Stalled], list[int]]:
    told: list[Stalled] = []
    exits: list[int] = []
    guard = guarded(engine, on_stalled=told.append, exit=exits.append, **more)
    guard.stalled = Stalled("stuck", IN, "agent a")
    guard._end()
    return told, exits


def test_a_stall_is_told_then_fails_the_engine_and_at_last_ends_the_process() -> None:
    engine = Engine()
    told, exits = run_to_the_end(engine)
    engine.turn_loop()
    assert [str(s) for s in told] == ["stuck"] == [str(f) for f in engine.failed]
    assert exits == [EXIT_CODE]


def test_a_worker_that_stops_by_itself_is_not_killed() -> None:
    engine = Engine()
    exits: list[int] = []
    guard = guarded(engine, exit=exits.append, grace=30.0)
    guard.stalled = Stalled("stuck")
    engine.fail = lambda _: None  # type: ignore[method-assign]
    guard.stop()
    guard._end()
    assert exits == []


def test_an_observer_that_raises_changes_nothing() -> None:
    engine = Engine()
    exits: list[int] = []

    def broken(_: Stalled) -> None:
        raise RuntimeError("no metrics today")

    guard = guarded(engine, on_stalled=broken, exit=exits.append)
    guard.stalled = Stalled("stuck")
    guard._end()
    engine.turn_loop()
    assert engine.failed
    assert exits == [EXIT_CODE]


def test_a_closed_loop_ends_the_guard() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    engine = Engine()
    engine.call_soon_threadsafe = loop.call_soon_threadsafe  # type: ignore[assignment,method-assign]
    guard = guarded(engine)
    guard.look()
    assert guard._stopped.is_set()
