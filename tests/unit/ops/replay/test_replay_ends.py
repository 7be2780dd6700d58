"""Which letters a job takes and in which order, and what becomes of them by what is seen on topics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ops.replay.asks import Selection
from ops.replay.ends import Lookout, Sign
from ops.replay.order import Chosen, Item, frozen, schema_id_of
from ops.replay.states import ItemMove, ItemState
from schemas.reasons import Reason
from streams.letters.letter import Original

T0 = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def chosen(name: str, offset: int = 0, at: datetime = T0, **fields: Any) -> Chosen:
    values: dict[str, Any] = {
        "letter_id": name,
        "event_id": f"event-{name}",
        "family": "mesh",
        "reason": Reason.ERP_REJECTED,
        "stage": "decide",
        "entity": "opportunity",
        "key": "o1",
        "account_id": "a1",
        "first_failed_at": at,
        "original": Original("t", 1, offset, 5, None, None),
        "replays": 0,
    }
    return Chosen(**{**values, **fields})


@given(st.permutations([(batch, offset) for batch in range(3) for offset in range(3)]))
def test_the_order_is_that_of_the_failures_however_the_index_gives_them(drawn: list[tuple[int, int]]) -> None:
    made = [chosen(f"{b}{o}", b * 10 + o, T0 + timedelta(seconds=b)) for b, o in drawn]
    items = frozen(made, cap=5)
    assert [item.letter_id for item in items] == sorted(item.letter_id for item in items)
    assert [item.place for item in items] == list(range(9))


@pytest.mark.parametrize(
    ("fields", "taken", "word"),
    [
        ({"replays": 5}, (), "a person must look"),
        ({"reason": Reason.UNDECODABLE}, (), "cannot help"),
        ({"family": "spring"}, (), "written by spring"),
        ({"stage": "elsewhere"}, (), "takes nothing back"),
        ({}, ("x",), "another job"),
    ],
)
def test_what_is_not_sent_says_why(fields: dict[str, Any], taken: tuple[str, ...], word: str) -> None:
    (item,) = frozen([chosen("x", **fields)], 5, taken)
    assert item.state is ItemState.LEFT
    assert word in item.note


def test_a_letter_that_is_named_is_sent_even_where_that_seldom_helps() -> None:
    (item,) = frozen([chosen("x", reason=Reason.UNDECODABLE, named=True)], 5)
    assert item.state is ItemState.WAITING
    (worn,) = frozen([chosen("x", replays=5, named=True)], 5)
    assert worn.state is ItemState.LEFT, "the cap is for named ones, too"


def test_a_selection_that_says_nothing_is_refused() -> None:
    with pytest.raises(ValidationError):
        Selection()


def test_the_schema_of_a_record_is_in_its_head() -> None:
    assert schema_id_of(b"\x00\x00\x00\x01\x02rest") == 258
    assert schema_id_of(b"{}") is None
    assert schema_id_of(None) is None


def one(name: str, stage: str = "decide", effect_id: str = "", kind: str = "order.place") -> Item:
    return Item(0, name, "e", stage, "a1", "r", effect_id, kind)


def moved(item: Item, sign: Sign) -> bool:
    return bool(Lookout([item]).moves(sign))


def test_an_effect_ends_the_letter_whose_kind_it_is() -> None:
    placed = Sign(ItemMove.APPLY, "e", "", effect_id="c1", kind="order.place")
    customer = Sign(ItemMove.APPLY, "e", "", effect_id="c2", kind="customer.upsert")
    assert moved(one("l"), placed)
    assert not moved(one("l"), customer), "its customer came first; the order is still to come"
    assert moved(one("l", "sink", "c1"), placed)
    assert not moved(one("l", "sink", "c2"), placed), "another command of the same event"
    assert not moved(one("l"), Sign(ItemMove.APPLY, "other", "", kind="order.place"))


def test_a_letter_ends_the_replay_of_its_own_and_of_the_event_that_went_on() -> None:
    again = Sign(ItemMove.FAIL, "e", "", letter_id="l")
    later = Sign(ItemMove.FAIL, "e", "", letter_id="m")
    assert moved(one("l"), again)
    assert moved(one("l"), later), "it passed decide and failed at the sink"
    assert not moved(one("l", "sink", "c1"), later), "another command of the same event"
    both = Lookout([one("l"), one("m", "sink", "c1")])
    assert len(both.moves(later)) == 1, "the other letter is in the job itself"
