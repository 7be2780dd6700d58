from __future__ import annotations

from sinks.breaker import Breaker, State

# failures:   ✗ ✗ ✗ → OPEN at 2, until 12        trial at 12


def opened() -> Breaker:
    breaker = Breaker(failures=3, pause=10)
    for now in (0, 1, 2):
        breaker.failed(now)
    return breaker


def test_it_opens_after_failures_in_a_row() -> None:
    breaker = Breaker(failures=3, pause=10)
    breaker.failed(0)
    breaker.failed(1)
    assert breaker.admits(1)
    breaker.failed(2)
    assert breaker.state(2) is State.OPEN
    assert not breaker.admits(11.9)
    assert breaker.wait(5) == 7  # 2 + 10 - 5


def test_a_success_ends_the_row() -> None:
    breaker = Breaker(failures=2, pause=10)
    for now in range(10):
        breaker.failed(now)
        breaker.succeeded()
    assert breaker.state(10) is State.CLOSED


def test_half_open_admits_one_trial() -> None:
    breaker = opened()
    assert breaker.state(12) is State.HALF_OPEN
    assert breaker.admits(12)
    assert not breaker.admits(12)


def test_a_good_trial_closes_it() -> None:
    breaker = opened()
    assert breaker.admits(12)
    breaker.succeeded()
    assert breaker.state(12) is State.CLOSED
    assert breaker.admits(12)
    assert breaker.admits(12)


def test_a_bad_trial_opens_it_again_at_once() -> None:
    breaker = opened()
    assert breaker.admits(12)
    breaker.failed(13)
    assert breaker.state(22.9) is State.OPEN  # 13 + 10
    assert breaker.admits(23)


def test_a_trial_that_asked_nothing_gives_its_turn_back() -> None:
    breaker = opened()
    assert breaker.admits(12)
    breaker.withdraw()
    assert breaker.admits(12)


def test_trip_needs_no_row() -> None:
    breaker = Breaker(failures=5, pause=10)
    breaker.trip(0)
    assert breaker.state(9) is State.OPEN
