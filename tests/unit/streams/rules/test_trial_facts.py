"""Which facts the check tries a set of rules on: the samples, and what stands around the limits that rules write."""

from __future__ import annotations

from streams.rules.decisions import Decision, Fact, FactKind
from streams.rules.document import Rule
from streams.rules.trial_facts import trial_facts
from tests.unit.streams.rules.rule_texts import row, rule


def tried(when: str, *kinds: FactKind) -> list[list[Fact]]:
    """The facts, in the order of the kinds, for one rule with this condition."""
    asked = Decision("x", "a question", "yes or no", {f"fact{number}": kind for number, kind in enumerate(kinds)})
    given = Rule.model_validate(rule(row(when, "true")))
    return [list(facts.values()) for facts in trial_facts(asked, [given])]


def test_a_limit_is_tried_with_its_neighbours_after_the_samples() -> None:
    assert tried("fact0 > 50", FactKind("an amount", (7,))) == [[7], [49], [50], [51]]


def test_a_sample_is_not_tried_twice() -> None:
    assert tried("fact0 > 50", FactKind("an amount", (7, 50))) == [[7], [50], [49], [51]]


def test_nothing_below_zero_is_tried_but_zero_is() -> None:
    assert tried("fact0 > 0", FactKind("an amount", (7,))) == [[7], [0], [1]]


def test_the_most_that_a_number_can_be_is_tried_and_nothing_above() -> None:
    assert tried("fact0 < 99", FactKind("a bucket", (7,), 99)) == [[7], [98], [99]]


def test_a_text_that_a_rule_names_is_tried_once() -> None:
    kind = FactKind("a country", ("", "DE"))
    assert tried('fact0 in ["FR", "DE", "AT"]', kind) == [[""], ["DE"], ["AT"], ["FR"]]


def test_where_the_samples_are_all_there_is_nothing_else_is_tried() -> None:
    assert tried('fact0 == "tin"', FactKind("a metal", ("gold", "lead"), closed=True)) == [["gold"], ["lead"]]


def test_all_combinations_are_tried_up_to_4096() -> None:
    assert len(tried("true", *[FactKind("a number", tuple(range(64)))] * 2)) == 4096


def test_of_10000_combinations_every_third_is_tried_and_every_value_of_each_fact() -> None:
    found = tried("true", *[FactKind("a number", tuple(range(100)))] * 2)
    assert found == [[number // 100, number % 100] for number in range(0, 10_000, 3)]
    assert {second for _, second in found} == set(range(100))
