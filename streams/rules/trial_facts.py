"""Facts to try rules on: the samples of each fact, and everything around the limits that the rules write. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from math import prod

from streams.rules.decisions import Decision, Fact, FactKind
from streams.rules.document import Rule
from streams.rules.expression import numbers_in, texts_in

_MOST = 4096  #: facts for one decision; of more combinations an even share is tried


def trial_facts(decision: Decision, rules: Iterable[Rule]) -> Iterator[dict[str, Fact]]:
    """Combinations of values. A limit of 50 in an expression is tried as 49, 50 and 51."""
    texts: set[str] = set()
    numbers: set[int] = set()
    for rule in rules:
        for row in rule.rows:
            for expression in (row.when, row.value):
                texts.update(texts_in(expression))
                numbers.update(number + step for number in numbers_in(expression) for step in (-1, 0, 1))
    values = {name: _values(kind, texts, numbers) for name, kind in decision.facts.items()}
    combinations = prod(len(found) for found in values.values())
    # A step that shares no factor with a list's length meets every value of it.
    step = 1 if combinations <= _MOST else (combinations // _MOST) | 1
    for number, combination in enumerate(product(*values.values())):
        if number % step == 0:
            yield dict(zip(values, combination, strict=True))


def _values(kind: FactKind, texts: set[str], numbers: set[int]) -> list[Fact]:
    found = list(kind.samples)
    if kind.closed:
        return found
    if isinstance(found[0], str):
        return found + [text for text in sorted(texts) if text not in found]
    return found + [
        number
        for number in sorted(numbers)
        if number not in found and number >= 0 and (kind.most is None or number <= kind.most)
    ]
