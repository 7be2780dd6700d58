"""Where a JSON pointer stands in a text: line and column, both from 1.

For texts that `json` has read, or read in part: asked after the fact, for the few places that a finding names. One pass
without recursion, so depth costs nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+)', re.DOTALL)

Place = tuple[int, int]


@dataclass(slots=True)
class _Open:
    """An object or array that is being read: its pointer, and the next index or the current key."""

    pointer: str
    is_object: bool
    index: int = 0
    key: str | None = None

    def child(self) -> str:
        return f"{self.pointer}/{escape(self.key or '') if self.is_object else self.index}"


def escape(key: str) -> str:
    """A key as a part of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def positions(text: str, twice: list[Place] | None = None) -> dict[str, Place]:
    """Line and column of every value, by pointer; the whole document is "". A key that repeats goes to `twice`."""
    found: dict[str, Place] = {}
    stack: list[_Open] = []
    line, line_start, seen = 1, 0, 0
    for match in _TOKEN.finditer(text):
        token, start = match[1], match.start(1)
        newlines = text.count("\n", seen, start)
        if newlines:
            line += newlines
            line_start = text.rfind("\n", seen, start) + 1
        seen = start
        pointer = _step(stack, token)
        if pointer is not None:
            place = (line, start - line_start + 1)
            if found.setdefault(pointer, place) != place and twice is not None:
                twice.append(place)
    return found


def _step(stack: list[_Open], token: str) -> str | None:
    """Take one token; the pointer of the value that begins with it, None where none does."""
    top = stack[-1] if stack else None
    if token in "}]":
        if stack:
            stack.pop()
        return None
    if token == "," and top is not None:
        top.index, top.key = top.index + 1, None
    if token in ",:":
        return None
    if top is not None and top.is_object and top.key is None:
        top.key = _text(token)
        return None
    pointer = top.child() if top is not None else ""
    if token in "{[":
        stack.append(_Open(pointer, token == "{"))
    return pointer


def place_of(found: dict[str, Place], pointer: str) -> Place:
    """The place of a pointer, or of the nearest thing around it that the text has; (1, 1) where there is none."""
    while pointer not in found and pointer:
        pointer = pointer.rpartition("/")[0]
    return found.get(pointer, (1, 1))


def _text(token: str) -> str:
    try:
        found: str = json.loads(token)  # escapes, and characters that are two of them
    except ValueError:  # a text that is JSON only up to the place that is looked for
        return token
    return found
