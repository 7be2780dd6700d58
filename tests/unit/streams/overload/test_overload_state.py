"""Hysteresis: a target is overloaded after patience, and not after a moment; and the same on the way back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from streams.overload import Load, Thresholds, stepped
from streams.overload.limits import thresholds_of
from streams.runtime.settings import OverloadSettings

T0 = datetime(2026, 3, 10, tzinfo=UTC)
LIMITS = Thresholds(100, 10, timedelta(seconds=60), timedelta(seconds=120))


def seen(*looks: tuple[float, int], load: Load | None = None) -> Load:
    """(seconds since the start, commands that wait), look by look."""
    load = load or Load()
    for second, waiting in looks:
        load = stepped(load, waiting, LIMITS, T0 + timedelta(seconds=second))
    return load


def every(start: int, end: int, waiting: int, step: int = 10) -> list[tuple[float, int]]:
    return [(second, waiting) for second in range(start, end + 1, step)]


def test_on_after_a_minute_above_without_a_break() -> None:
    assert not seen(*every(0, 50, 101)).overloaded
    on = seen(*every(0, 60, 101))
    assert (on.overloaded, on.since, on.waiting) == (True, T0 + timedelta(seconds=60), 101)
    assert not seen(*every(0, 300, 100)).overloaded, "not above"
    assert not seen(*every(0, 50, 101), (55, 100), *every(60, 110, 101)).overloaded, "a break"


def test_off_after_two_minutes_below_without_a_break() -> None:
    on = seen(*every(0, 60, 101))
    assert seen(*every(70, 180, 9), load=on).overloaded
    off = seen(*every(70, 190, 9), load=on)
    assert (off.overloaded, off.since) == (False, T0 + timedelta(seconds=190))
    assert seen(*every(70, 600, 10), load=on).overloaded, "not below"
    assert seen(*every(70, 180, 9), (185, 50), *every(190, 300, 9), load=on).overloaded, "a break"


def test_nobody_looked_meanwhile_says_nothing() -> None:
    assert not seen((0, 101), (31, 101)).overloaded
    assert not seen((0, 101), (3600, 101)).overloaded
    assert seen((0, 101), *every(3600, 3660, 101)).overloaded


def test_a_clock_that_is_behind_takes_no_time_back() -> None:
    load = seen(*every(0, 50, 101), (20, 101), (60, 101))
    assert load.overloaded
    assert seen((50, 5), (0, 5)).looked_at == T0 + timedelta(seconds=50)


@given(st.lists(st.tuples(st.integers(1, 29), st.integers(0, 200)), max_size=60))
def test_never_two_switches_within_the_patience(looks: list[tuple[int, int]]) -> None:
    load, now, switches = Load(), T0, list[tuple[datetime, bool]]()
    for gap, waiting in looks:
        now += timedelta(seconds=gap)
        before, load = load, stepped(load, waiting, LIMITS, now)
        if load.overloaded != before.overloaded:
            switches.append((now, load.overloaded))
            assert waiting > 100 if load.overloaded else waiting < 10
    for (early, was), (late, is_) in pairwise(switches):
        assert was != is_
        assert late - early >= (LIMITS.on_for if is_ else LIMITS.off_for)


def test_the_settings_name_the_thresholds() -> None:
    limits = thresholds_of(OverloadSettings(on_above=50, off_below=80, poll=timedelta(seconds=2)))
    assert (limits.on_above, limits.off_below, limits.blind_after) == (50, 50, timedelta(seconds=12))
