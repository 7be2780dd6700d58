"""What a run came to, from what the ERP really did. Pure; it asks neither the job nor the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ops.chaos.replay.erp import Applied


@dataclass(frozen=True, slots=True)
class Wanted:
    """A selected letter: the effect that it is to have once, unless a newer version of its record is there."""

    command_id: str
    key: str
    version: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`effects` of selected letters; `stale`: a newer version was there before, and still is."""

    selected: int = 0
    effects: int = 0
    stale: int = 0
    lost: int = 0
    duplicates: int = 0
    order_violations: int = 0
    kills: int = 0

    @property
    def clean(self) -> bool:
        return not (self.lost or self.duplicates or self.order_violations)

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


def judge(letters: Iterable[Wanted], log: Sequence[Applied], records: Mapping[str, int], kills: int) -> Verdict:
    """`log` is the ERP's, in its order; `records`: how many it has of each key."""
    letters = list(letters)
    times = Counter(one.command_id for one in log)
    newest: dict[str, int] = {}
    backwards = 0
    for one in log:
        backwards += one.version < newest.get(one.key, one.version)
        newest[one.key] = max(newest.get(one.key, one.version), one.version)
    missing = [one for one in letters if not times[one.command_id]]
    stale = sum(1 for one in missing if newest.get(one.key, one.version) > one.version)
    again = sum(count - 1 for count in times.values()) + sum(count - 1 for count in records.values())
    effects = len(letters) - len(missing)
    return Verdict(len(letters), effects, stale, len(missing) - stale, again, backwards, kills)
