"""What a job does next: in order per record, the canaries first, and it stops itself."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ops.replay.course import Counts, Limits, Standing, due, overtaking, standing
from ops.replay.order import Item
from ops.replay.pace import Bucket, allowed, eta
from ops.replay.states import ItemMove, ItemState, item_after


def item(place: int, record: str = "", state: ItemState = ItemState.WAITING, lane: str = "") -> Item:
    record = record or f"opportunity/o{place}"
    return Item(place, f"letter{place}", f"event{place}", "decide", lane or record, record, "", "", state)


@st.composite
def plays(draw: st.DrawFn) -> tuple[list[Item], Limits, list[ItemMove]]:
    records = draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=12))
    items = [item(place, record) for place, record in enumerate(records)]
    limits = Limits(draw(st.integers(0, 4)), draw(st.sampled_from([0.2, 0.5, 1.0])), 3, draw(st.integers(1, 5)))
    ends = st.sampled_from([ItemMove.APPLY, ItemMove.SKIP, ItemMove.HOLD, ItemMove.FAIL])
    return items, limits, draw(st.lists(ends, min_size=len(items), max_size=len(items)))


@given(plays(), st.randoms(use_true_random=False), st.booleans())
def test_letters_of_a_record_are_sent_in_order_and_never_past_one_that_failed(play, random, crashes) -> None:  # type: ignore[no-untyped-def]
    items, limits, ends = play
    sent: list[int] = []
    for _ in range(1000):
        where, _note = standing(items, limits)
        if where is not Standing.GOING:
            break
        for place in overtaking(items):
            items[place] = replace(items[place], state=ItemState.LEFT)
        batch = due(items, limits, random.randint(1, 4))
        assert len({one.lane for one in batch}) == len(batch)
        for one in batch:
            sent.append(one.place)
            if not (crashes and random.random() < 0.3):  # else it died before it marked it, and sends it again
                items[one.place] = replace(one, state=ItemState.SENT)
        under_way = [one for one in items if one.state is ItemState.SENT]
        assert len(under_way) <= limits.window
        if under_way:
            one = random.choice(under_way)
            to = item_after(one.state, ends[one.place])
            assert to is not None
            items[one.place] = replace(one, state=to)
    else:
        raise AssertionError("the job never came to an end")
    if where is Standing.FINISHED:
        assert all(one.state not in (ItemState.WAITING, ItemState.SENT) for one in items)
    for record in "abc":
        mine = [place for place in sent if items[place].record == record]
        assert mine == sorted(mine)
        failed = [one.place for one in items if one.record == record and one.state is ItemState.FAILED]
        assert not failed or max(mine) == failed[0], "nothing of a record is sent past a failure"


def test_the_canaries_are_seen_to_their_ends_before_anything_else_is_sent() -> None:
    items = [item(place) for place in range(6)]
    limits = Limits(canary=2)
    assert [one.place for one in due(items, limits, 10)] == [0, 1]
    items[0] = replace(items[0], state=ItemState.APPLIED)
    items[1] = replace(items[1], state=ItemState.SENT)
    assert due(items, limits, 10) == []
    items[1] = replace(items[1], state=ItemState.HELD)
    assert [one.place for one in due(items, limits, 10)] == [2, 3, 4, 5]


def test_a_canary_that_fails_stops_the_job() -> None:
    items = [item(0, state=ItemState.FAILED), item(1)]
    assert standing(items, Limits(canary=1))[0] is Standing.FAILING
    assert standing(items, Limits(canary=0))[0] is Standing.GOING, "one failure of one is too few to judge by"


def test_too_many_failures_stop_the_job_until_a_person_has_seen_them() -> None:
    items = [item(place, state=ItemState.FAILED if place < 2 else ItemState.APPLIED) for place in range(6)] + [item(6)]
    assert standing(items, Limits(ratio=0.2))[0] is Standing.FAILING
    assert standing(items, Limits(ratio=0.4))[0] is Standing.GOING
    assert standing(items, Limits(ratio=0.2, overlook=2))[0] is Standing.GOING


def test_a_job_with_nothing_left_to_send_is_finished_however_much_failed() -> None:
    assert standing([item(0, state=ItemState.FAILED)], Limits(canary=1))[0] is Standing.FINISHED
    assert Counts.of([item(0, state=ItemState.LEFT), item(1)]).ended == 1


@given(st.floats(0.1, 1000), st.integers(0, 5000), st.integers(0, 5000), st.integers(2, 2000))
def test_the_more_live_events_wait_the_slower_a_job_is(rate: float, one: int, other: int, limit: int) -> None:
    less, more = sorted((one, other))
    assert 0 <= allowed(rate, more, limit) <= allowed(rate, less, limit) <= rate
    assert allowed(rate, 0, limit) == rate
    assert allowed(rate, limit, limit) == 0


def test_a_bucket_keeps_to_the_rate() -> None:
    bucket, spent = Bucket(0.0), 0
    for tick in range(1001):
        count = bucket.take(tick / 100, 7.0)
        bucket.spend(count)
        spent += count
    assert 70 <= spent <= 72
    assert Bucket(0.0).take(100.0, 0.0) == 0
    assert Bucket(0.0).take(100.0, 0.5) == 1, "a slow job goes on, too"


def test_eta() -> None:
    assert eta(0, 10, 5.0) is None
    assert eta(5, 10, 5.0) == 5.0
