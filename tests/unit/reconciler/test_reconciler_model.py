"""Any history, read in any order, with any restart, ends in the drifts that two sides at rest obviously have."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from histories import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from world import CRASHES, KEYS, World, names, told

from reconciler.rows import MODELS

writes = st.tuples(
    st.just("write"),
    st.sampled_from(sorted(MODELS)),
    st.sampled_from(KEYS),
    st.integers(0, 4),
    st.sampled_from([0, 0, 0, 1]),
    st.sampled_from([0, 0, 1, 3, 20]),
)
passes = st.tuples(st.just("pass"), st.sampled_from([0.2, 1, 2.5, 5, 12]))  # minutes; without one the clock stands
steps = st.tuples(
    st.just("step"), st.integers(0, 3), st.integers(0, 9), st.booleans(), st.sampled_from(CRASHES)
)  # fmt: skip
histories = st.lists(st.one_of(writes, writes, passes, steps), max_size=40)


def lived(actions: list[tuple[Any, ...]]) -> World:
    world = World()
    for kind, *rest in actions:
        if kind == "write":
            world.write(*rest)
        elif kind == "pass":
            world.now += timedelta(minutes=rest[0])
        else:
            world.step(*rest)
    return world


@settings(max_examples=400, deadline=None)
@given(histories)
def test_any_interleaving_and_any_restart_end_in_the_same_open_drifts(actions: list[tuple[Any, ...]]) -> None:
    world = lived(actions)
    world.rest()
    wanted = reference(world.last())
    assert names([one for kinds in world.state.open.values() for one in kinds.values()]) == wanted
    assert names(told(world).open()) == wanted
    assert world.state.waiting == {}
    held = {one.drift_id: one for kinds in world.state.open.values() for one in kinds.values()}
    assert held == {one.drift_id: one for one in told(world).open()}


@settings(max_examples=300, deadline=None)
@given(histories)
def test_what_is_told_was_true_when_it_was_due(actions: list[tuple[Any, ...]]) -> None:
    """No false alarm: whatever was read late or in which order, the sides did differ at change + grace."""
    world = lived(actions)
    world.rest()
    for story in told(world).stories.values():
        for one in story:
            if one.status == "opened":
                assert one.opened_at <= one.observed_at
                assert (one.entity, one.key, one.kind) in reference(world.last(one.opened_at))


@settings(max_examples=300, deadline=None)
@given(histories)
def test_a_story_opens_changes_and_closes_in_order(actions: list[tuple[Any, ...]]) -> None:
    world = lived(actions)
    world.rest()
    for story in told(world).stories.values():
        before = "closed"
        for one in story:
            assert one.status in {"closed": ("opened",)}.get(before, ("changed", "closed"))
            before = one.status


@settings(max_examples=200, deadline=None)
@given(histories)
def test_a_new_machine_finds_the_same_from_compacted_topics(actions: list[tuple[Any, ...]]) -> None:
    world = lived(actions)
    world.rest()
    fresh = world.compacted()
    fresh.state.adopt(told(world).last())
    fresh.state.commit()
    fresh.start()
    fresh.rest()
    assert fresh.topic == []  # everything was told already
    assert set(fresh.state.open) == set(world.state.open)


def test_the_model_finds_drifts_at_all() -> None:
    """The properties above are not about an empty world."""
    world = World()
    world.write("opportunity", "A1", 0, 0, 0)
    world.write("order", "A1", 1, 0, 0)
    world.write("invoice", "K2", 0, 0, 0)
    world.rest()
    assert names(told(world).open()) == {("opportunity", "A1", "total_mismatch"), ("invoice", "A1", "total_mismatch")}
