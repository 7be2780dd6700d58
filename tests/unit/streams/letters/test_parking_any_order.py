"""Live events, failures, parks, replays, edits, drains, crashes and rebalances in any order, over several records."""

from __future__ import annotations

import os
from collections import Counter

from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.letters.parking.lot import RecordKey, scope_of
from tests.unit.streams.letters.parking_world import BACK, CLEAN, World, change

MANY = 200 if os.environ.get("MESHLINE_LONG") else 50
KEYS = st.sampled_from([("account", "a1"), ("opportunity", "o1"), ("opportunity", "o1")])
ARRIVE = st.tuples(st.just("arrive"), st.tuples(KEYS, st.booleans()))
TOPICS = st.sampled_from([CLEAN, BACK])
ONCE = st.sampled_from(["done", "done", "undone", "lost"])
AT_LEAST_ONCE = st.sampled_from(["done", "done", "undone", "lost", "repeated"])


def steps(fates: st.SearchStrategy[str]) -> st.SearchStrategy[list[tuple[str, tuple[object, ...]]]]:
    later = st.lists(
        st.one_of(
            ARRIVE,
            st.tuples(st.just("batch"), st.tuples(TOPICS, st.integers(1, 4), fates)),
            st.tuples(st.just("drain"), st.tuples(st.integers(1, 3), st.booleans())),
            st.tuples(st.just("replay"), st.tuples(st.integers(0, 5), st.booleans())),
            st.tuples(st.just("discard"), st.tuples(st.integers(0, 5))),
            st.tuples(st.just("verify"), st.just(())),
            st.tuples(st.just("mend"), st.just(())),
            st.tuples(st.just("crash"), st.just(())),
        ),
        max_size=40,
    )
    return st.tuples(st.lists(ARRIVE, min_size=2, max_size=8), later).map(lambda plan: plan[0] + plan[1])


def play(world: World, plan: list[tuple[str, tuple[object, ...]]]) -> World:
    tick = 0
    for name, args in plan:
        if name == "arrive":
            tick += 1
            (kind, key), poison = args
            world.arrive(change(kind, key, tick), poison=poison)
        elif name in ("replay", "discard"):
            if world.letters:
                letter_id = sorted(world.letters)[args[0] % len(world.letters)]
                world.replay(letter_id, mended=args[1]) if name == "replay" else world.discard(letter_id)
        elif name == "drain":
            world.drain(args[0], marked=args[1])
        else:
            getattr(world, name)(*args)
    world.settle()
    return world


def stories(world: World) -> dict[RecordKey, list[str]]:
    """Of each record its effects, the first of each event."""
    found: dict[RecordKey, list[str]] = {}
    for event in world.effects:
        effects = found.setdefault(scope_of(event)[0], [])
        if event.meta.event_id not in effects:
            effects.append(event.meta.event_id)
    return found


def judge(world: World) -> None:
    """Per-key order of effects is the source's, nothing is lost, nothing is there that should not be."""
    told = stories(world)
    position = {event_id: event.meta.position for event_id, event in world.events.items()}
    for effects in told.values():
        assert effects == sorted(effects, key=position.__getitem__), "an event overtook another of its record"
    ended = {event_id for effects in told.values() for event_id in effects} | set(world.skipped) | world.discarded
    assert ended == set(world.events), "an event was lost"
    assert not world.letters
    assert not world.blocks
    assert all(row.state == "done" for row in world.rows.values())


#: An event of a tail becomes a letter, and the transaction is undone: its block must not keep the event itself.
UNDONE_LETTER = [
    ("arrive", (("account", "a1"), True)),
    ("arrive", (("account", "a1"), True)),
    ("batch", (CLEAN, 2, "done")),
    ("discard", (0,)),
    ("drain", (3, True)),
    ("batch", (BACK, 1, "undone")),
]
#: The same, and before it is read again its cause is gone.
UNDONE_AND_MENDED = [*UNDONE_LETTER, ("mend", ())]
#: A letter is discarded before its event's offset is committed: when it comes again a newer one was decided.
DISCARDED_AND_READ_AGAIN = [
    ("arrive", (("opportunity", "o1"), True)),
    ("arrive", (("opportunity", "o1"), False)),
    ("batch", (CLEAN, 2, "undone")),
    ("discard", (0,)),
    ("drain", (1, False)),
    ("batch", (BACK, 1, "done")),
]


@settings(max_examples=5 * MANY, deadline=None)
@given(plan=steps(ONCE))
@example(plan=UNDONE_LETTER)
@example(plan=UNDONE_AND_MENDED)
def test_each_record_has_its_effects_in_order_and_each_once(plan: list[tuple[str, tuple[object, ...]]]) -> None:
    world = play(World(), plan)
    judge(world)
    replays = sum(name == "replay" for name, _ in plan)
    repeats = sum(count - 1 for count in Counter(event.meta.event_id for event in world.effects).values())
    assert repeats <= replays, "an event had its effect twice, and nobody replayed it"
    assert not world.skipped


@settings(max_examples=3 * MANY, deadline=None)
@given(plan=steps(AT_LEAST_ONCE))
@example(plan=DISCARDED_AND_READ_AGAIN)
def test_without_transactions_too(plan: list[tuple[str, tuple[object, ...]]]) -> None:
    judge(play(World(transactional=False), plan))


@settings(max_examples=3 * MANY, deadline=None)
@given(plan=steps(ONCE))
def test_collapsed_tails_keep_the_newest_state_of_each_record(plan: list[tuple[str, tuple[object, ...]]]) -> None:
    world = play(World(collapse=True), plan)
    judge(world)
    newest: dict[RecordKey, str] = {scope_of(event)[0]: event_id for event_id, event in world.events.items()}
    for record, event_id in newest.items():
        assert event_id not in world.skipped, "the newest state was superseded"
        assert event_id in world.discarded or stories(world)[record][-1] == event_id
