"""The trial of previews can fail: what came otherwise than said is counted, and named."""

from __future__ import annotations

import pytest

from ops.chaos.preview.campaign import Result, compare, item_of
from ops.chaos.preview.mix import Made, letters, world
from ops.replay.order import Item
from ops.replay.preview.verdict import Says, Verdict
from ops.replay.preview.walk import behind_failures
from schemas.codec import Codec
from schemas.registry import MemoryRegistry


def item(place: int, record: str = "opportunity/d") -> Item:
    return Item(place, f"l{place}", f"e{place}", "decide", "a", record, "", "order.place")


@pytest.mark.parametrize(
    ("said", "ends", "agreed"),
    [
        (Verdict(Says.SUCCEED), [(Says.SUCCEED, "")], 1),
        (Verdict(Says.SUCCEED), [(Says.FAIL, "erp_rejected")], 0),
        (Verdict(Says.FAIL, reason="missing_product"), [(Says.FAIL, "erp_rejected")], 0),
        (Verdict(Says.FAIL, reason="erp_rejected"), [(Says.SUCCEED, ""), (Says.FAIL, "erp_rejected")], 1),
        (Verdict(Says.SKIP), [], 0),
    ],
)
def test_verdict_and_reason_must_both_be_what_came(said: Verdict, ends: list[tuple[Says, str]], agreed: int) -> None:
    result = Result()
    compare(result, item(1), said, ends)
    assert (result.letters, result.agreed, len(result.wrong)) == (1, agreed, 1 - agreed)


def test_a_hundredth_may_be_wrong_and_no_more() -> None:
    assert Result(1000, 990).good
    assert not Result(1000, 989).good
    assert not Result().good, "no letters prove nothing"


def test_what_stands_behind_a_failure_of_its_record_is_left() -> None:
    verdicts = [
        (item(0), Verdict(Says.SUCCEED)),
        (item(1), Verdict(Says.FAIL, reason="erp_rejected")),
        (item(2), Verdict(Says.SUCCEED)),
        (item(3, "opportunity/other"), Verdict(Says.SUCCEED)),
    ]
    assert [one.says for _, one in behind_failures(verdicts)] == [Says.SUCCEED, Says.FAIL, Says.LEFT, Says.SUCCEED]


def test_the_same_seed_makes_the_same_letters_of_every_stage() -> None:
    codec = Codec(MemoryRegistry())
    first = list(letters(300, 20, 7, codec))
    again = list(letters(300, 20, 7, codec))
    assert first == again
    assert {one.stage for one in first} == {"normalise", "decide", "sink"}
    assert len(world(20)) == 20
    assert item_of(3, Made("decide", "t", "e", "", "", "", b"")).record == "t/0/3"
