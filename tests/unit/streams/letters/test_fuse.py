"""The flood fuse: a bad deploy stops the worker, bad data does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.reasons import Reason
from streams.letters.fuse import Failed, FloodStopped, Fuse, fuse_for
from streams.runtime.settings import FuseSettings

T0 = datetime(2026, 3, 1, tzinfo=UTC)
LIMITS = FuseSettings(window=timedelta(minutes=5), ratio=0.5, least=20, run=10)
OURS = Failed(Reason.UNCLASSIFIED, "t/0/1", "it broke")
THEIRS = Failed(Reason.DISCOUNT_NEEDS_APPROVAL, "t/0/2", "30 % off")


def play(fuse: Fuse, events: str, *, every: timedelta = timedelta(seconds=1), start: datetime = T0) -> int:
    """`.` an event that goes through, `x` a letter of ours, `t` a letter of theirs. How many were let through."""
    for number, event in enumerate(events):
        now = start + every * number
        fuse.seen(now)
        try:
            if event != ".":
                fuse.letter(OURS if event == "x" else THEIRS, now)
        except FloodStopped:
            return number
    return len(events)


def test_a_run_stops_at_its_limit() -> None:
    assert play(Fuse("decide", LIMITS), ".." + "x" * 50) == 2 + LIMITS.run - 1


def test_a_good_event_ends_a_run() -> None:
    assert play(Fuse("decide", LIMITS), ("." * 10 + "x" * 9) * 5) == 95


def test_a_ratio_needs_enough_events_and_stops_then() -> None:
    assert play(Fuse("decide", LIMITS), "x." * 40) == 20


def test_business_reasons_never_count() -> None:
    fuse = Fuse("decide", LIMITS)
    assert play(fuse, "t" * 500) == 500
    assert fuse.ratio == 0


def test_what_is_older_than_the_window_is_forgotten() -> None:
    limits = LIMITS.model_copy(update={"run": 1000})
    fuse = Fuse("decide", limits)
    assert play(fuse, "." * 1000) == 1000
    assert play(fuse, "x" * 100, start=T0 + timedelta(minutes=30)) == limits.least - 1


def test_two_letters_of_one_event_are_one_of_a_run() -> None:
    fuse = Fuse("decide", LIMITS.model_copy(update={"least": 1000}))
    fuse.seen(T0)
    for _ in range(30):
        fuse.letter(OURS, T0)


def test_the_message_says_what_how_many_which_and_what_to_type() -> None:
    fuse = Fuse("sink erp", LIMITS)
    for number in range(9):
        fuse.seen(T0)
        fuse.letter(Failed(Reason.ERP_REJECTED if number else Reason.UNCLASSIFIED, f"t/0/{number}", "earlier"), T0)
    fuse.seen(T0)
    with pytest.raises(FloodStopped) as stopped:
        fuse.letter(Failed(Reason.ERP_REJECTED, "t/0/9", "field 9"), T0)
    words = str(stopped.value)
    for part in ("sink erp", "10 events", "9 erp_rejected, 1 unclassified", "t/0/9", "field 9"):
        assert part in words
    assert "meshline dlq list --reason erp_rejected" in words
    assert "MESHLINE_FUSE__ENABLED=false" in words


@given(st.text("x.t", max_size=300))
def test_it_blows_exactly_when_the_rule_says(events: str) -> None:
    stopped = play(Fuse("decide", LIMITS), events)
    for end in range(1, min(stopped + 1, len(events)) + 1):
        part = events[:end]
        run = len(part) - len(part.rstrip("x"))
        counted = events[max(0, end - 300) : end]
        over = counted.count("x") >= LIMITS.ratio * len(counted) and len(counted) >= LIMITS.least
        blown = part.endswith("x") and (run >= LIMITS.run or over)
        assert blown == (end == stopped + 1)


def test_it_can_be_switched_off() -> None:
    assert fuse_for("decide", FuseSettings(enabled=False)) is None
