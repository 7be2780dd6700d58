from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sinks.limits import Bucket


def test_a_burst_passes_then_calls_come_evenly() -> None:
    bucket = Bucket(rate=10, burst=3)
    assert [round(bucket.reserve(100.0), 6) for _ in range(5)] == [0, 0, 0, 0.1, 0.2]


def test_silence_fills_the_burst_and_no_more() -> None:
    bucket = Bucket(rate=10, burst=2)
    for _ in range(2):
        bucket.reserve(0.0)
    assert [round(bucket.reserve(60.0), 6) for _ in range(3)] == [0, 0, 0.1]


@given(gaps=st.lists(st.floats(0, 0.5), min_size=1, max_size=200), rate=st.integers(1, 50), burst=st.integers(1, 10))
def test_never_more_than_burst_plus_rate_in_any_second(gaps: list[float], rate: int, burst: int) -> None:
    bucket, now, calls = Bucket(rate, burst), 0.0, []
    for gap in gaps:
        now += gap
        calls.append(now + bucket.reserve(now))
    for start in calls:
        assert sum(start <= call < start + 1 - 1e-6 for call in calls) <= rate + burst
