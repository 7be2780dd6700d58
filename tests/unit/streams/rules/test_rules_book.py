"""Which set decides which record."""

from __future__ import annotations

from streams.agents.rulebook import places_of
from streams.rules import shipped
from streams.rules.book import Activation, Book
from tests.unit.streams.rules.rule_texts import row, rule, rules

ONE, TWO = rules(rule(row(value="1"))), rules(rule(row(value="2")))
P, Q = ("topic", 0), ("topic", 1)


def test_the_newest_set_that_starts_at_or_before_the_record_decides() -> None:
    book = Book(shipped(), sets={"one": ONE, "two": TWO})
    assert (book.rules_for(P, 5), book.newest(), book.seq) == (shipped(), shipped(), 0)
    book.activations.append(Activation(1, "one", 0, {P: 5}))
    book.activations.append(Activation(2, "two", 1, {P: 8, Q: 3}))
    assert [book.rules_for(P, offset) for offset in (0, 4, 5, 7, 8, 99)] == [shipped()] * 2 + [ONE] * 2 + [TWO] * 2
    assert [book.rules_for(Q, offset) for offset in (0, 2, 3)] == [ONE, ONE, TWO]
    assert book.rules_for(("new", 0), 0) == TWO
    assert (book.newest(), book.seq) == (TWO, 2)
    book.activations.append(Activation(3, "", 0, {P: 9}))
    assert [book.rules_for(P, offset) for offset in (8, 9)] == [TWO, shipped()]
    assert book.newest() == shipped()


def test_places_are_read_from_their_names() -> None:
    assert places_of({"mesh.a.b/3": 7, "x/y/0": 1}) == {("mesh.a.b", 3): 7, ("x/y", 0): 1}
