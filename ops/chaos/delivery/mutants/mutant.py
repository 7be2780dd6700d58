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
    #: Judged by a campaign on a broker, too: a fault there shows what it would do to readers.
    campaign: bool = False
