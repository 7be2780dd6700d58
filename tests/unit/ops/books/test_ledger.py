from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.books.balance import Books, State
from ops.books.facts import (
    Arrived,
    At,
    Commanded,
    Effected,
    Fact,
    Holding,
    Lettered,
    PutAside,
    Redriven,
    Understood,
    Window,
)
from ops.books.ledger import Ledger
from schemas.identity import event_id_for

RAW = "mesh.cdc.crm.sales.opportunities"
CLEAN = "mesh.crm.opportunity"
COMMANDS = "mesh.command.erp"
WRITE_BACKS = "mesh.command.crm"
EFFECTS = "mesh.effect.erp"
LETTERS = "mesh.redrive.decide"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
#: Every reader has read everything.
ALL_READ = {(topic, 0): 1000 for topic in (RAW, CLEAN, COMMANDS, WRITE_BACKS, EFFECTS, LETTERS)}


def at(offset: int, topic: str = RAW) -> At:
    return At(topic, 0, offset)


def event(offset: int) -> str:
    return event_id_for(at(offset).origin)


def understood(offset: int) -> Understood:
    return Understood(event(offset), at(offset, CLEAN), at(offset).origin, "opportunity", f"opp-{offset}")


def commanded(offset: int, name: str, topic: str = COMMANDS) -> Commanded:
    return Commanded(event(offset), name, at(offset, topic))


def effected(offset: int, name: str, follow_up: str = "", external_id: str = "7") -> Effected:
    topic = EFFECTS if follow_up else "mesh.effect.crm"
    return Effected(
        event(offset), name, "order.place", "applied", external_id, at(offset, topic), NOON, NOON, follow_up
    )


def letter(offset: int, minute: int = 1, origin: str = f"{CLEAN}/0/9") -> Lettered:
    return Lettered(event(offset), "missing_account", origin, NOON + timedelta(minutes=minute))


def put_aside(offset: int, minute: int = 1) -> PutAside:
    return PutAside(event(offset), "not_due", at(offset).origin, NOON + timedelta(minutes=minute))


def hold(offset: int, state: str = "open", minute: int = 0) -> Holding:
    return Holding(event(offset), state, "account", NOON + timedelta(minutes=minute))


def keep(
    facts: Sequence[Fact], holds: Sequence[Holding] = (), acked: dict[tuple[str, int], int] | None = None
) -> Books:
    ledger = Ledger()
    for fact in facts:
        ledger.add(fact)
    return ledger.books(Window({}, {(RAW, 0): 100}), ALL_READ if acked is None else acked, holds)


#: A day in which each kind of fact appears: an order with its write-back, a letter at normalise, one at decide, a hold,
#: a skip, a skip at normalise.
DAY: tuple[Fact, ...] = (
    Arrived(at(0)),
    understood(0),
    commanded(0, "place"),
    effected(0, "place", follow_up="link"),
    commanded(0, "link", WRITE_BACKS),
    effected(0, "link"),
    Arrived(at(1)),
    Lettered("", "undecodable", at(1).origin, NOON),
    Arrived(at(2)),
    understood(2),
    letter(2),
    Arrived(at(3)),
    understood(3),
    Arrived(at(4)),
    understood(4),
    put_aside(4),
    Arrived(at(5)),
    PutAside(event(5), "tombstone", at(5).origin, NOON),
)
HELD = (hold(3),)


def test_a_day_balances() -> None:
    books = keep(DAY, HELD)
    assert books.settled, books.contradictions
    assert {state: books.count(state) for state in State if books.count(state)} == {
        State.APPLIED: 1,
        State.DEAD_LETTERED: 2,
        State.HELD: 1,
        State.SKIPPED: 2,
    }
    assert books.accepted == 6
    assert books.by_label(State.DEAD_LETTERED) == {"undecodable": 1, "missing_account": 1}


#: A skip looks the same without its clean event: normalise skips too, and by the same id.
EXCUSED = (understood(4),)


@pytest.mark.parametrize("missing", [index for index, fact in enumerate(DAY) if fact not in EXCUSED])
def test_any_fact_that_is_lost_is_seen(missing: int) -> None:
    books = keep([*DAY[:missing], *DAY[missing + 1 :]], HELD)
    assert not books.balanced


def test_a_hold_that_is_lost_is_seen() -> None:
    assert keep(DAY).lost == (at(3).origin,)


@pytest.mark.parametrize(
    "odd",
    [
        effected(0, "place", follow_up="link", external_id="8"),  # the order twice
        commanded(9, "place"),  # a command of no event
        effected(4, "place"),  # an effect nobody asked for
        Understood("invented", at(6, CLEAN), at(4).origin, "opportunity", "opp-4"),  # an event of its own
        Understood(event(9), at(9, CLEAN), at(9).origin, "opportunity", "opp-9"),  # of a record that is not there
    ],
    ids=["applied twice", "stranger's command", "uncommanded effect", "invented event", "no raw record"],
)
def test_a_fact_too_many_is_seen(odd: Fact) -> None:
    assert not keep([*DAY, odd], HELD).balanced


@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(DAY), max_size=10))
def test_order_and_repeats_change_nothing(order: random.Random, repeats: list[Fact]) -> None:
    facts = [*DAY, *repeats]
    order.shuffle(facts)
    shuffled, plain = keep(facts, HELD), keep(DAY, HELD)
    assert (shuffled.standings, shuffled.contradictions) == (plain.standings, plain.contradictions)


def test_what_a_reader_has_not_acknowledged_is_in_flight() -> None:
    raw, clean = (RAW, 0), (CLEAN, 0)
    assert keep([Arrived(at(0))], acked={}).count(State.IN_FLIGHT) == 1
    assert keep([Arrived(at(0))], acked={raw: 1}).count(State.LOST) == 1
    assert keep([Arrived(at(0)), understood(0)], acked={raw: 1}).count(State.IN_FLIGHT) == 1
    assert keep([Arrived(at(0)), understood(0)], acked={raw: 1, clean: 1}).count(State.LOST) == 1
    ordered = [Arrived(at(0)), understood(0), commanded(0, "place")]
    assert keep(ordered, acked={raw: 1, clean: 1}).count(State.IN_FLIGHT) == 1
    assert keep(ordered, acked={raw: 1, clean: 1, (COMMANDS, 0): 1}).count(State.LOST) == 1


def test_an_order_is_applied_when_its_write_back_is() -> None:
    placed = [Arrived(at(0)), understood(0), commanded(0, "place"), effected(0, "place", follow_up="link")]
    unread = {**ALL_READ, (EFFECTS, 0): 0}
    assert keep(placed, acked=unread).count(State.IN_FLIGHT) == 1
    assert keep(placed).count(State.LOST) == 1, "the effect was read, and nothing was written back"
    linked = [*placed, commanded(0, "link", WRITE_BACKS)]
    assert keep(linked, acked={**ALL_READ, (WRITE_BACKS, 0): 0}).count(State.IN_FLIGHT) == 1
    assert keep([*linked, effected(0, "link")]).count(State.APPLIED) == 1


def test_the_last_word_counts() -> None:
    seen = [Arrived(at(0)), understood(0)]
    assert keep([*seen, letter(0, 1), put_aside(0, 2)]).count(State.SKIPPED) == 1
    assert keep([*seen, letter(0, 2), put_aside(0, 1)]).count(State.DEAD_LETTERED) == 1
    assert keep([*seen, letter(0, 1)], [hold(0, "expired")]).count(State.DEAD_LETTERED) == 1
    assert keep([*seen, letter(0, 1)], [hold(0, "open", minute=2)]).count(State.HELD) == 1, "replayed, and held again"
    ordered = [*seen, letter(0), commanded(0, "x"), effected(0, "x")]
    assert keep(ordered).count(State.APPLIED) == 1, "a later effect settles a letter"


def test_a_released_hold_is_in_flight_until_it_is_decided_again() -> None:
    seen = [Arrived(at(0)), understood(0)]
    assert keep(seen, [hold(0, "releasing")]).count(State.IN_FLIGHT) == 1
    back = [*seen, Redriven(event(0), at(50, LETTERS))]
    assert keep(back, [hold(0, "released")], {**ALL_READ, (LETTERS, 0): 50}).count(State.IN_FLIGHT) == 1
    assert keep(back, [hold(0, "released")]).count(State.LOST) == 1


def test_a_command_that_waits_behind_a_letter_is_held_and_then_in_flight() -> None:
    ordered = [Arrived(at(0)), understood(0), commanded(0, "place")]
    assert keep(ordered, [hold(0, "open")]).count(State.HELD) == 1
    assert keep(ordered, [hold(0, "releasing")]).count(State.IN_FLIGHT) == 1
    assert keep([*ordered, effected(0, "place")], [hold(0, "done")]).count(State.APPLIED) == 1
    assert keep(ordered, [hold(0, "done")]).count(State.LOST) == 1


def test_a_letter_of_a_later_stage_keeps_its_raw_topic() -> None:
    sunk = [Arrived(at(0)), understood(0), commanded(0, "x"), letter(0, origin=f"{COMMANDS}/0/3")]
    assert keep(sunk).by_topic() == {RAW: {State.DEAD_LETTERED: 1}}


def test_several_events_of_one_record_are_each_counted() -> None:
    first, second = (event_id_for(at(0).origin, index) for index in (0, 1))
    facts: list[Fact] = [
        Arrived(at(0)),
        *(Understood(one, at(0, CLEAN), at(0).origin, "account", "a") for one in (first, second)),
        *(PutAside(one, "unchanged", at(0).origin, NOON) for one in (first, second)),
    ]
    assert keep(facts).accepted == 2
    gap = [replace(fact, event_id=event_id_for(at(0).origin, 2)) if _is(fact, second) else fact for fact in facts]
    assert not keep(gap).balanced, "the second of three is missing"


def _is(fact: Fact, event_id: str) -> bool:
    return not isinstance(fact, Arrived) and fact.event_id == event_id


def test_only_the_windows_records_are_counted() -> None:
    ledger = Ledger()
    for fact in (*DAY, commanded(77, "of an earlier event")):
        ledger.add(fact)
    books = ledger.books(Window({(RAW, 0): 4}, {(RAW, 0): 5}, whole=False), ALL_READ, HELD)
    assert (books.accepted, books.count(State.SKIPPED), books.balanced) == (1, 1, True)


@pytest.mark.parametrize(("text", "place"), [("a.b/1/22", At("a.b", 1, 22)), ("a", None), ("", None), ("a/b/c", None)])
def test_origins_are_read_as_coordinates(text: str, place: At | None) -> None:
    assert At.of(text) == place
