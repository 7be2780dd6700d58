"""Which set of rules decides which record: activations, each from a place in every partition on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.rules.rules import Rules

Place = tuple[str, int]  #: topic, partition


@dataclass(frozen=True, slots=True)
class Activation:
    """A set that was put live. `first` is the first offset that it decides, by partition; 0 where none is named.

    `version` is "" for the set that the worker was shipped with. `beneath` is what a revert brings back.
    """

    seq: int
    version: str
    beneath: int
    first: Mapping[Place, int]

    def decides(self, place: Place, offset: int) -> bool:
        return offset >= self.first.get(place, 0)


@dataclass(slots=True)
class Book:
    """Activations in their order, and the sets that they name. It only ever grows."""

    shipped: Rules
    activations: list[Activation] = field(default_factory=list)
    sets: dict[str, Rules] = field(default_factory=dict)

    @property
    def seq(self) -> int:
        """Of the newest activation; 0 where there was none."""
        return self.activations[-1].seq if self.activations else 0

    def rules_for(self, place: Place, offset: int) -> Rules:
        """The set that decides a record: the newest that was activated before the record was decided first."""
        for activation in reversed(self.activations):
            if activation.decides(place, offset):
                return self._set(activation.version)
        return self.shipped

    def newest(self) -> Rules:
        """The set that decides what is to come."""
        return self._set(self.activations[-1].version) if self.activations else self.shipped

    def _set(self, version: str) -> Rules:
        return self.sets[version] if version else self.shipped
