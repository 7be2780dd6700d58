"""Which field of the new record stands for which of the old one: by name, by alias, or by looks."""

from __future__ import annotations

from difflib import SequenceMatcher

from schemas.gate.model import Field, Type
from schemas.gate.resolution import Resolution

_MOST_GUESSES = 10_000  #: pairs of lost and new fields that are looked at; beyond it, lost is lost
_ALIKE = 0.5  #: names closer than this, or the same position, make a rename of a removal and an addition

FieldPairs = list[tuple[Field, Field]]


def renamed(old: Type, new: Type) -> tuple[FieldPairs, FieldPairs, list[Field]]:
    """(same field in both, old field and the one that looks like its new name, old fields that are gone).

    A look-alike fits the old data's type, and has a similar name or the same position.
    """
    same: FieldPairs = []
    gone: list[Field] = []
    taken: set[str] = set()
    for name, field in old.fields.items():
        match = new.fields.get(name) or next(
            (f for f in new.fields.values() if name in f.aliases and f.name not in old.fields), None
        )
        if match is None:
            gone.append(field)
        else:
            same.append((field, match))
            taken.add(match.name)
    added = [field for name, field in new.fields.items() if name not in taken and name not in old.fields]
    moved: FieldPairs = []
    for field in list(gone) if len(gone) * len(added) <= _MOST_GUESSES else ():
        alike = [(score, found.name, found) for found in added if (score := _score(field, found))]
        if alike:
            best = max(alike)[2]
            moved.append((field, best))
            added.remove(best)
            gone.remove(field)
    return same, moved, gone


def _score(old: Field, new: Field) -> float:
    if not Resolution(new.type, old.type).compatible:
        return 0.0
    words = SequenceMatcher(None, old.name.lower(), new.name.lower()).ratio()
    position = old.pointer.rpartition("/")[2] == new.pointer.rpartition("/")[2]
    return words + position if words >= _ALIKE or position else 0.0
