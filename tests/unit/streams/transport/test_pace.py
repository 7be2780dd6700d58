"""The size of cycles follows the agents' speed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.transport.pace import FIRST, Pace


def settled(most: int, seconds_per_message: float, cycles: int = 20) -> int:
    pace = Pace(most, target=1.0)
    for _ in range(cycles):
        pace.took(pace.size, pace.size * seconds_per_message)
    return pace.size


def test_fast_agents_get_the_most_and_slow_ones_what_they_can_do_in_the_time() -> None:
    assert settled(10_000, 1e-6) == 10_000
    assert settled(10_000, 0.01) in (99, 100)
    assert settled(10_000, 30.0) == 1


def test_small_cycles_of_an_idle_line_do_not_make_the_next_ones_small() -> None:
    pace = Pace(10_000, target=1.0)
    for _ in range(100):
        pace.took(1, 0.02)
    assert pace.size == FIRST


def test_a_cycle_that_was_cut_starts_again_from_one() -> None:
    pace = Pace(10_000, target=1.0)
    pace.too_slow()
    assert pace.size == 1


@given(st.lists(st.tuples(st.integers(1, 10_000), st.floats(0, 1e6))), st.integers(1, 10_000))
def test_sizes_stay_in_bounds(cycles: list[tuple[int, float]], most: int) -> None:
    pace = Pace(most, target=1.0)
    for messages, seconds in cycles:
        pace.took(min(messages, pace.size), seconds)
        assert 1 <= pace.size <= most
