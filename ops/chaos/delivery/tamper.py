"""Ledgers that were tampered with: the judge must object to each, or its word is worth nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ops.chaos.delivery.judge import ALTERED, DUPLICATE, LOST, ORDER, STRANGER, Seen, Sent, judge

Edit = Callable[[Iterable[Seen], int], Iterator[Seen]]


def without(outputs: Iterable[Seen], n: int) -> Iterator[Seen]:
    """The n-th record is missing."""
    return (seen for i, seen in enumerate(outputs) if i != n)


def doubled(outputs: Iterable[Seen], n: int) -> Iterator[Seen]:
    """The n-th record is there twice."""
    for i, seen in enumerate(outputs):
        yield seen
        if i == n:
            yield seen


def swapped(outputs: Iterable[Seen], n: int) -> Iterator[Seen]:
    """The n-th record comes after the next one of its key; as it was when there is none."""
    held: Seen | None = None
    for i, seen in enumerate(outputs):
        if i == n:
            held = seen
            continue
        yield seen
        if held is not None and seen.key == held.key:
            yield held
            held = None
    if held is not None:
        yield held


def altered(outputs: Iterable[Seen], n: int) -> Iterator[Seen]:
    """The n-th record has other bytes."""
    for i, seen in enumerate(outputs):
        yield seen._replace(digest=bytes(b ^ 1 for b in seen.digest)) if i == n else seen


def forged(outputs: Iterable[Seen], n: int) -> Iterator[Seen]:
    """Behind the n-th record comes one that nobody sent."""
    for i, seen in enumerate(outputs):
        yield seen
        if i == n:
            yield seen._replace(seq=10**9)


EDITS: dict[str, tuple[Edit, str]] = {
    "a record deleted": (without, LOST),
    "a record doubled": (doubled, DUPLICATE),
    "two records swapped": (swapped, ORDER),
    "a record altered": (altered, ALTERED),
    "a record forged": (forged, STRANGER),
}


def objections(inputs: Callable[[], Iterable[Sent]], outputs: Callable[[], Iterable[Seen]]) -> dict[str, bool]:
    """Does the judge object to each edit of a clean pair of ledgers, in the right word and in no other?

    Edited is the first record whose key comes again. None: nothing can be said, and the answer is empty.
    """
    n = _first_with_a_successor(outputs())
    if n is None:
        return {}
    return {name: dict(judge(inputs(), edit(outputs(), n)).counts) == {kind: 1} for name, (edit, kind) in EDITS.items()}


def _first_with_a_successor(outputs: Iterable[Seen]) -> int | None:
    first: dict[int, int] = {}
    for i, seen in enumerate(outputs):
        if seen.key in first:
            return first[seen.key]
        first[seen.key] = i
    return None
