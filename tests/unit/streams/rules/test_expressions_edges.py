"""Expressions at their edges: what needs no fact, the texts in them, and the smallest number that they count."""

from __future__ import annotations

import pytest

from streams.rules.check import faults_of
from streams.rules.errors import Undecided
from streams.rules.expression import compile_expression, context_of, evaluate, texts_in
from tests.unit.streams.rules.rule_texts import row, rule, texts


@pytest.mark.parametrize(
    ("text", "value"), [("2000", 2000), ('compare("19.99", "20")', -1), ('compare("20.0", "20") == 0', True)]
)
def test_what_asks_for_no_fact_has_its_value_at_once(text: str, value: int | bool) -> None:
    assert compile_expression(text).constant == value


def test_the_texts_of_an_expression_are_what_stands_between_their_quotes() -> None:
    assert texts_in('country == "DE" || country == \'AT\' || country == ""') == ["DE", "AT", ""]


def test_the_smallest_number_of_64_bits_is_counted_and_the_one_below_it_is_not() -> None:
    asks = compile_expression("amount_minor < 0")
    assert evaluate(asks, lambda: context_of({"amount_minor": -(2**63)})) is True
    with pytest.raises(Undecided, match="amount_minor is -9223372036854775809, which rules cannot count"):
        context_of({"amount_minor": -(2**63) - 1})


def test_before_any_rule_is_in_force_there_is_a_gap_and_what_comes_later_is_checked_all_the_same() -> None:
    high = rule(row(examples=[{"facts": {}, "value": 2000}]), id="high", from_="2026-01-01T00:00:00Z")
    low = rule(row(value="1", examples=[{"facts": {}, "value": 1}]), id="low", from_="2026-01-01T00:00:00Z")
    gap, contradiction = faults_of(texts(high, low))
    assert gap.what.startswith("gap: no rule answers, always, for ")
    assert contradiction.what.startswith(
        "contradiction: high version 1 (row 1) says 2000, low version 1 (row 1) says 1, from 2026-01-01T00:00:00+00:00"
    )
