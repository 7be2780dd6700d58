"""The judge of the replay trial finds each kind of damage."""

from __future__ import annotations

from ops.chaos.replay.erp import Applied
from ops.chaos.replay.judge import Verdict, Wanted, judge

LETTERS = [Wanted("c1", "a", 1), Wanted("c2", "a", 2), Wanted("d1", "b", 1)]
GOOD = [Applied("a", 1, "c1"), Applied("b", 1, "d1"), Applied("a", 2, "c2")]
ONE_EACH = {"a": 1, "b": 1}


def test_each_effect_once_and_in_order_is_clean() -> None:
    verdict = judge(LETTERS, GOOD, ONE_EACH, 4)
    assert verdict == Verdict(3, 3, 0, 0, 0, 0, 4)
    assert verdict.clean


def test_what_is_missing_is_lost_unless_a_newer_version_is_there() -> None:
    assert judge(LETTERS, GOOD[:2], ONE_EACH, 0).lost == 1
    newer = judge(LETTERS, [*GOOD[:2], Applied("a", 5, "live")], ONE_EACH, 0)
    assert (newer.lost, newer.stale, newer.effects) == (0, 1, 2)


def test_twice_is_a_duplicate_whether_it_is_an_effect_or_a_record() -> None:
    assert judge(LETTERS, [*GOOD, GOOD[-1]], ONE_EACH, 0).duplicates == 1
    assert judge(LETTERS, GOOD, {"a": 2, "b": 1}, 0).duplicates == 1


def test_an_older_version_after_a_newer_one_is_out_of_order() -> None:
    verdict = judge(LETTERS, [GOOD[2], GOOD[0], GOOD[1]], ONE_EACH, 0)
    assert (verdict.order_violations, verdict.clean) == (1, False)
