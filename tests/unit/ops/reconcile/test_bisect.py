"""Few changes cost few reads, and none is overlooked."""

from __future__ import annotations

import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.reconcile.bisect import EMPTY, Digest, Range, differing, digest_of

Rows = dict[str, str]


def within(key: str, range_: Range) -> bool:
    return key > range_.after and (range_.to is None or key <= range_.to)


def found(known: Rows, there: Rows, page: int) -> tuple[list[Range], int]:
    async def ask(range_: Range) -> Digest:
        return digest_of([one for one in sorted(there.items()) if within(one[0], range_)])

    return asyncio.run(differing(sorted(known.items()), ask, page))


KEYS = st.text("abc", min_size=1, max_size=4)
TABLES = st.dictionaries(KEYS, st.sampled_from("123"), max_size=40)


@given(TABLES, TABLES, st.integers(1, 8))
def test_every_difference_is_in_a_range_and_each_key_in_one_at_most(known: Rows, there: Rows, page: int) -> None:
    ranges, _ = found(known, there, page)
    changed = {key for key in known | there if known.get(key) != there.get(key)}
    for key in known | there:
        hit = sum(within(key, one) for one in ranges)
        assert hit == 1 if key in changed else hit <= 1
    if not changed:
        assert ranges == []


@pytest.mark.parametrize("changes", [1, 3])
def test_few_changes_cost_few_questions(changes: int) -> None:
    known = {f"{number:06}": "x" for number in range(20_000)}
    there = known | {f"{number * 5003:06}": "y" for number in range(changes)}
    ranges, asked = found(known, there, 200)
    assert len(ranges) == changes
    assert asked <= changes * (2 * math.ceil(math.log2(20_000 / 200)) + 1)
    assert sum(within(key, one) for one in ranges for key in known) <= changes * 200


def test_an_unchanged_table_costs_one_question() -> None:
    assert found({"a": "1"}, {"a": "1"}, 10) == ([], 1)
    assert found({}, {}, 10) == ([], 1)
    assert digest_of([]) == EMPTY
