"""The proof of work: every output counted, under read_committed, by code that knows nothing of the systems."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Observed:
    lost: int
    doubled: int
    by_topic: dict[str, int]
    disordered: int = 0  #: numbers that came after a greater one of their lane


def count(
    chunks: Iterable[list[Any]], expected: int, number: tuple[int, int] | None, lanes: int | None = None
) -> Observed:
    """Each number from 0 to `expected` - 1 should be there once, as digits.

    `number`: where they stand in the value; None: they are the key. With `lanes`, the numbers of one lane (their
    remainder) should come in order.
    """
    seen = bytearray(expected)
    doubled = disordered = 0
    by_topic: dict[str, int] = {}
    newest = [-1] * (lanes or 0)
    where = slice(*number) if number else None
    for chunk in chunks:
        for message in chunk:
            this = int(message.value()[where] if where else message.key())
            if seen[this]:
                doubled += 1
            else:
                seen[this] = 1
            if lanes:
                disordered += this < newest[this % lanes]
                newest[this % lanes] = this
            topic = message.topic()
            by_topic[topic] = by_topic.get(topic, 0) + 1
    return Observed(expected - sum(seen), doubled, by_topic, disordered)
