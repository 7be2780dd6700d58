"""Find what has changed in a table by comparing hashes of ever smaller ranges of keys: few changes, few reads. Pure.

whole table  same? ─▶ nothing is read
    └ differs ─▶ halves ─▶ ... ─▶ a page that differs: its rows are read
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Range:
    """Keys above `after` up to `to`, None: to the end. Texts are compared as bytes, as the systems order them."""

    after: str
    to: str | None


@dataclass(frozen=True, slots=True)
class Digest:
    """What a range holds: so many rows, and one hash over the keys and hashes of them, in order."""

    rows: int
    hash: str


Asked = Callable[[Range], Awaitable[Digest]]
EMPTY = Digest(0, "")


def digest_of(rows: Sequence[tuple[str, str]]) -> Digest:
    """Of (key, hash of the row), in the order of the keys."""
    if not rows:
        return EMPTY
    text = "\n".join(f"{key}\t{one}" for key, one in rows)
    return Digest(len(rows), sha256(text.encode()).hexdigest())


async def differing(known: Sequence[tuple[str, str]], ask: Asked, page: int) -> tuple[list[Range], int]:
    """The ranges, of about a page each, in which the system holds something else than what is known of it; how often
    it was asked. `known` is (key, hash) of each row, in the order of the keys.
    """
    found: list[Range] = []
    asked = 0
    todo = [(Range("", None), list(known))]
    while todo:
        range_, mine = todo.pop()
        asked += 1
        theirs = await ask(range_)
        if theirs == digest_of(mine):
            continue
        if len(mine) <= page:
            found.append(range_)  # read page by page: however much is new in it
            continue
        half = len(mine) // 2
        middle = mine[half - 1][0]
        todo.append((Range(middle, range_.to), mine[half:]))
        todo.append((Range(range_.after, middle), mine[:half]))
    return found, asked
