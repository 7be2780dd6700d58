"""From the clean topic to the ERP: whatever fails, parks, comes back or dies, each record's effects come in order."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.letters.parking.lot import scope_of
from tests.unit.sinks.parking_line import Line
from tests.unit.streams.letters.parking_world import BACK, CLEAN, World, change

MANY = 2000 if os.environ.get("MESHLINE_LONG") else 150
KEYS = st.sampled_from([("account", "a1"), ("opportunity", "o1"), ("opportunity", "o1"), ("account", "a2")])
#: Who arrives, and where it fails: not at all, in decide, in the ERP.
ARRIVE = st.tuples(st.just("arrive"), st.tuples(KEYS, st.sampled_from(["", "", "decide", "sink", "sink"])))
LATER = st.lists(
    st.one_of(
        ARRIVE,
        st.tuples(st.just("batch"), st.tuples(st.sampled_from([CLEAN, BACK]), st.integers(1, 4), st.just("done"))),
        st.tuples(st.just("batch"), st.tuples(st.just(CLEAN), st.integers(1, 4), st.sampled_from(["undone", "lost"]))),
        st.tuples(st.just("sink"), st.tuples(st.integers(1, 4), st.sampled_from(["done", "done", "repeated"]))),
        st.tuples(st.just("drain"), st.tuples(st.integers(1, 3), st.booleans())),
        st.tuples(st.just("drain_sink"), st.tuples(st.integers(1, 3), st.booleans())),
        st.tuples(st.just("replay"), st.tuples(st.integers(0, 5), st.booleans())),
        st.tuples(st.just("discard"), st.tuples(st.integers(0, 5))),
        st.tuples(st.just("verify"), st.just(())),
    ),
    max_size=40,
)
PLANS = st.tuples(st.lists(ARRIVE, min_size=2, max_size=8), LATER).map(lambda plan: plan[0] + plan[1])
Plan = list[tuple[str, tuple[Any, ...]]]


def play(plan: Plan, *, transactional: bool = True) -> Line:
    line, tick = Line(World(transactional=transactional)), 0
    for name, args in plan:
        if name == "arrive":
            tick += 1
            (kind, key), where = args
            event = change(kind, key, tick)
            line.world.arrive(event, poison=where == "decide")
            if where == "sink":
                line.refused.add(event.meta.event_id)
        elif name in ("replay", "discard"):
            stages = [stage for stage in (line, line.world) if stage.letters]
            if stages:
                stage = stages[args[0] % len(stages)]
                letter_id = sorted(stage.letters)[args[0] % len(stage.letters)]
                stage.replay(letter_id, mended=args[1]) if name == "replay" else stage.discard(letter_id)
        elif name == "sink":
            line.sink(*args)
        elif name == "drain_sink":
            line.drain(args[0], marked=args[1])
        elif name == "verify":
            line.verify()
            line.world.verify()
        else:
            getattr(line.world, name)(*args[:-1], **{"marked": args[-1]}) if name == "drain" else line.world.batch(
                *args
            )
    line.settle()
    return line


def judge(line: Line) -> None:
    """In the ERP each record's changes are in the order of the source; each event has one effect or one other end."""
    assert len(line.applied) == len({event.meta.event_id for event in line.applied}), "twice in the ERP"
    told: dict[object, list[tuple[int, int]]] = {}
    for event in line.applied:
        told.setdefault(scope_of(event)[0], []).append(event.meta.position)
    for positions in told.values():
        assert positions == sorted(positions), "a command overtook another of its record"
    given_up = line.discarded | line.world.discarded
    ended = {event.meta.event_id for event in line.applied} | given_up | set(line.world.skipped)
    assert ended == set(line.world.events), "an event was lost"
    assert line.stale <= given_up, "a command came too late though nobody gave it up"
    assert not line.letters
    assert not line.world.blocks
    assert all(row.state == "done" for row in line.rows.values())


#: The ERP refuses the first of two commands that were both on their way; the second must wait for it.
BOTH_ON_THEIR_WAY: Plan = [
    ("arrive", (("account", "a1"), "sink")),
    ("arrive", (("account", "a1"), "")),
    ("batch", (CLEAN, 2, "done")),
    ("sink", (2, "done")),
]
#: The tail comes back and one of it is refused: the rest goes on waiting.
AGAIN: Plan = [
    ("arrive", (("account", "a1"), "sink")),
    *[("arrive", (("account", "a1"), where)) for where in ("sink", "")],
    ("batch", (CLEAN, 3, "done")),
    ("sink", (3, "repeated")),
    ("sink", (3, "done")),
    ("discard", (0,)),
    ("drain_sink", (3, False)),
    ("drain_sink", (3, True)),
    ("sink", (4, "repeated")),
    ("sink", (4, "done")),
]
#: The letter is closed; before the tail is back a newer command comes.
NEWER_BEFORE_THE_TAIL: Plan = [
    *BOTH_ON_THEIR_WAY,
    ("discard", (0,)),
    ("arrive", (("account", "a1"), "")),
    ("batch", (CLEAN, 1, "done")),
    ("sink", (1, "done")),
]
#: The first of the tail is put back, and what put it back is over when the second is read.
SECOND_OF_THE_TAIL_FIRST: Plan = [
    ("arrive", (("account", "a1"), "sink")),
    *[("arrive", (("account", "a1"), ""))] * 2,
    ("batch", (CLEAN, 3, "done")),
    ("sink", (3, "repeated")),
    ("discard", (0,)),
    ("drain_sink", (2, True)),
    *[("sink", (count, "done")) for count in (1, 2, 1)],
    ("discard", (0,)),
    ("sink", (1, "done")),
]


@settings(max_examples=2 * MANY, deadline=None)
@given(plan=PLANS)
@example(plan=BOTH_ON_THEIR_WAY)
@example(plan=AGAIN)
@example(plan=NEWER_BEFORE_THE_TAIL)
@example(plan=SECOND_OF_THE_TAIL_FIRST)
def test_each_record_has_its_effects_in_the_erp_in_order_and_each_once(plan: Plan) -> None:
    judge(play(plan))


@settings(max_examples=MANY, deadline=None)
@given(plan=PLANS)
def test_where_decide_repeats_itself_too(plan: Plan) -> None:
    judge(play(plan, transactional=False))


def test_the_second_of_two_waits_and_is_not_stale() -> None:
    line = play(BOTH_ON_THEIR_WAY)
    assert line.most_parked == 1
    assert [event.meta.version for event in line.applied] == sorted(event.meta.version for event in line.applied)
    assert len(line.applied) == 2
    assert not line.stale


def test_an_order_on_its_way_waits_for_its_customers_letter() -> None:
    line = Line()
    for kind, key, tick in (("account", "a1", 1), ("opportunity", "o1", 2), ("account", "a2", 3)):
        line.world.arrive(change(kind, key, tick), poison=False)
    line.refused.add(line.world.topics[CLEAN][0].event.meta.event_id)
    line.world.batch(CLEAN, 3, "done")
    line.sink(3, "done")
    assert [event.meta.key for event in line.applied] == ["a2"]
    line.settle()
    assert [event.meta.key for event in line.applied] == ["a2", "a1", "o1"]
