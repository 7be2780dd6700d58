"""The two answers that a standard gives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standard:
    """The one way to write it."""

    value: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """It cannot be told what is meant. `problem` reads "must be ..."; `suggestions` are the nearest, best first."""

    problem: str
    suggestions: tuple[str, ...] = ()


Answer = Standard | Unreadable
