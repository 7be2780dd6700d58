"""Lag and no progress is a stall; idleness is not."""

from __future__ import annotations

from streams.transport import TP, Progress
from streams.transport.watchdog import Watchdog


def at(watermark: int | None, highwater: int | None = 100, unfinished: int = 0) -> list[Progress]:
    return [Progress(TP("in", 0), watermark, watermark, highwater, unfinished, 0, 1, False)]


def test_a_partition_with_lag_that_does_not_move_is_reported_after_the_patience() -> None:
    watchdog = Watchdog(patience=10)
    assert watchdog.look(0, at(50)) is None
    assert watchdog.look(9.9, at(50)) is None
    stalled = watchdog.look(10, at(50))
    assert stalled is not None
    assert "in[0] has not moved from offset 50 for 10 s with a lag of 50" in str(stalled)


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


def test_messages_that_are_fetched_and_not_finished_count_as_lag() -> None:
    watchdog = Watchdog(patience=10)
    watchdog.look(0, at(None, highwater=None, unfinished=3))
    assert watchdog.look(10, at(None, highwater=None, unfinished=3)) is not None


def test_a_partition_that_went_away_and_came_back_starts_anew() -> None:
    watchdog = Watchdog(patience=10)
    watchdog.look(0, at(50))
    watchdog.look(5, [])
    assert watchdog.look(11, at(50)) is None
