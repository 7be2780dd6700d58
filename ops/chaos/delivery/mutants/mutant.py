"""A mutant is data: one place in the layer, said wrongly."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """`old` stands exactly once in `file` (under `streams/transport`) and becomes `new`."""

    name: str
    why: str  #: what would go wrong
    file: str
    old: str
    new: str
    #: The crash point at which it shows on a broker, to readers; empty: its harm is rare, or of another kind.
    crash: str = ""
