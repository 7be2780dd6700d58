from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.intake.door.limits import RateLimit


@given(st.floats(0.5, 500), st.lists(st.floats(0, 2), max_size=300))
def test_never_more_than_the_rate_and_one_burst(rate: float, gaps: list[float]) -> None:
    limit = RateLimit(rate)
    now, passed = 1000.0, 0
    for gap in gaps:
        now += gap
        passed += limit.take(now) == 0
        assert passed <= max(1.0, rate) + rate * (now - 1000.0) + 1e-6


@given(st.floats(0.5, 500))
def test_after_the_wait_it_told_a_request_passes(rate: float) -> None:
    limit = RateLimit(rate)
    while (wait := limit.take(50.0)) == 0:
        pass
    assert limit.take(50.0 + wait + 1e-6) == 0


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    limit = RateLimit(1)
    assert limit.take(10.0) == 0
    assert limit.take(5.0) > 0
