"""Compatibility modes, as registries name them: who must be able to read whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Literal, TypeVar

Direction = Literal["backward", "forward"]
T = TypeVar("T")


class Mode(StrEnum):
    """Backward: new readers read released data. Forward: released readers read new data. Transitive: all versions."""

    NONE = "NONE"
    BACKWARD = "BACKWARD"
    FORWARD = "FORWARD"
    FULL = "FULL"
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    FULL_TRANSITIVE = "FULL_TRANSITIVE"

    @property
    def directions(self) -> tuple[Direction, ...]:
        word = self.value.partition("_")[0]
        table: dict[str, tuple[Direction, ...]] = {"BACKWARD": ("backward",), "FORWARD": ("forward",), "NONE": ()}
        return table.get(word, ("backward", "forward"))

    @property
    def transitive(self) -> bool:
        return self.value.endswith("_TRANSITIVE")

    def promises(self) -> frozenset[str]:
        """What this mode holds, as a set: a mode is weaker than another when it lacks one of the other's promises."""
        held: set[str] = set(self.directions)
        return frozenset(held | {"all versions"} if self.transitive else held)


def in_scope(mode: Mode, released: Sequence[T]) -> Iterator[T]:
    """The released versions, newest first, that the mode compares a candidate with. `released` is oldest first."""
    if mode is Mode.NONE:
        return
    yield from reversed(released if mode.transitive else released[-1:])
