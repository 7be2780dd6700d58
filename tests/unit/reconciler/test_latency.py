"""How slow the line is, from its effects."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from histories import T0, at
from hypothesis import given
from hypothesis import strategies as st

from reconciler.draft import Draft
from reconciler.grace import Policy
from reconciler.latency import BOUNDS, Latencies, size_of
from reconciler.state import State
from reconciler.store import MemoryStore
from schemas.records import Effect


def effect(seconds: float, kind: str = "order.place", day: int = 0, **fields: Any) -> Effect:
    applied = T0 + timedelta(days=day)
    body = {
        "effect_id": "e", "event_id": "v", "kind": kind, "key": "O1", "account_id": "A1", "version": 1,
        "outcome": "applied", "occurred_at": applied - timedelta(seconds=seconds), "applied_at": applied,
    }  # fmt: skip
    return Effect.model_validate(body | fields)


def measured(*effects: Effect) -> Latencies:
    found = Latencies(Draft(MemoryStore()))
    for one in effects:
        found.add(one)
    return found


def test_nothing_measured_is_no_time() -> None:
    assert measured().slowest("account") == timedelta(0)


@given(st.lists(st.floats(0.2, 60_000), min_size=1, max_size=300))
def test_the_percentile_is_not_too_low_and_a_quarter_too_high_at_most(seconds: list[float]) -> None:
    told = measured(*(effect(one) for one in seconds)).slowest("opportunity").total_seconds()
    slowest = sorted(seconds)[-1 - len(seconds) // 1000]
    assert slowest - 1e-6 <= told <= slowest * 1.25 + 1e-6


def test_one_in_a_thousand_may_be_slower() -> None:
    usual = [effect(10)] * 999
    assert measured(*usual, effect(4000)).slowest("opportunity") < timedelta(seconds=13)
    assert measured(*usual[:998], effect(4000)).slowest("opportunity") >= timedelta(seconds=4000)


def test_each_pair_has_its_own_and_the_slower_target_counts() -> None:
    found = measured(effect(10), effect(100, "opportunity.link"), effect(3, "customer.upsert"))
    assert found.slowest("opportunity") >= timedelta(seconds=100)
    assert timedelta(seconds=3) <= found.slowest("account") < timedelta(seconds=4)
    assert found.slowest("invoice") == timedelta(0)
    assert (found.count("opportunity"), found.count("account")) == (2, 1)


@pytest.mark.parametrize("outcome", ["unchanged", "stale"])
def test_what_was_not_written_says_nothing(outcome: str) -> None:
    assert measured(effect(100, outcome=outcome)).slowest("opportunity") == timedelta(0)
    assert measured(effect(100, "account.billing")).slowest("account") == timedelta(0)


def test_old_days_leave() -> None:
    found = measured(effect(9000, day=0), effect(1, day=7))
    assert found.slowest("opportunity") < timedelta(seconds=2)
    assert measured(effect(9000, day=1), effect(1, day=7)).slowest("opportunity") >= timedelta(seconds=9000)


def test_clocks_that_disagree_and_ages_are_bounded() -> None:
    assert size_of(at(0), at(5)) == 0
    assert size_of(at(100_000), at(0)) == len(BOUNDS) - 1


def test_any_order_gives_the_same_bytes_also_over_a_restart() -> None:
    dice = random.Random(7)
    effects = [effect(dice.expovariate(0.01), day=dice.randrange(12)) for _ in range(200)]
    stores = []
    for _ in range(3):
        store = MemoryStore()
        for start in range(0, len(effects), 50):
            state = State(store)
            for one in effects[start : start + 50]:
                state.latencies.add(one)
            state.commit()
        stores.append(dict(store.scan(b"l")))
        dice.shuffle(effects)
    assert stores[0] == stores[1] == stores[2]
    assert len(stores[0]) <= 7


def test_the_measure_is_believed_between_floor_and_limit() -> None:
    policy = Policy(timedelta(minutes=5), limit=timedelta(hours=1), gone=timedelta(minutes=15))
    minutes = [
        policy.grace_for(timedelta(minutes=one), gone) / timedelta(minutes=1)
        for one in (0, 9, 900)
        for gone in (False, True)
    ]
    assert minutes == [5, 15, 9, 15, 60, 60]
