"""Two schemas compared in words: everything that differs, what is harmless included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.gate.changes import changes, pairs
from schemas.gate.compare import explains
from schemas.gate.model import MISSING, Field, Schema, Type
from schemas.gate.modes import Direction
from schemas.gate.renames import renamed
from schemas.gate.resolution import Resolution


@dataclass(frozen=True, slots=True)
class Sentence:
    """One difference. `rule` where it is one that the gate stops, "" where it is harmless."""

    path: str
    text: str
    rule: str = ""


def describe(old: Schema, new: Schema) -> list[Sentence]:
    """What is different in the new schema, and who could still read whom."""
    known = changes(old.root, new.root)
    found = [Sentence(change.path, change.message, change.rule) for change in known]
    found += [
        sentence
        for sentence in _harmless(old.root, new.root, "", set())
        if sentence.path not in {s.path for s in found}
    ]
    sides: tuple[tuple[Direction, Schema, Schema, str, str], ...] = (
        ("backward", new, old, "ML001", "a new reader"),
        ("forward", old, new, "ML002", "a reader of the old one"),
    )
    for direction, reader, writer, rule, who in sides:
        for clash in Resolution(reader.root, writer.root).clashes:
            if not any(explains(change, clash, direction) for change in known):
                found.append(Sentence("", f"{who} {clash.message}", rule))
    return found


def _harmless(old: Type, new: Type, path: str, seen: set[tuple[int, int]]) -> Iterator[Sentence]:
    if (id(old), id(new)) in seen:
        return
    seen.add((id(old), id(new)))
    if "union" in (old.kind, new.kind):
        if str(old) != str(new):
            yield Sentence(path, f'"{path}" was {old}, is {new}')
        for before, after in pairs(old, new):
            yield from _harmless(before, after, path, seen)
    elif old.inner is not None and new.inner is not None:
        yield from _harmless(old.inner, new.inner, path, seen)
    elif old.kind == new.kind == "record":
        yield from _fields(old, new, path, seen)
    elif str(old) != str(new):
        yield Sentence(path, f'"{path}" was {old}, is {new}')


def _fields(old: Type, new: Type, path: str, seen: set[tuple[int, int]]) -> Iterator[Sentence]:
    same, moved, _ = renamed(old, new)
    known = {after.name for _, after in (*same, *moved)}
    for name, field in new.fields.items():
        if name not in known:
            inside = f"{path}.{name}" if path else name
            yield Sentence(inside, f'"{name}" of {new.simple} is new: {field.type}, {_default(field)}')
    for before, after in same:
        inside = f"{path}.{after.name}" if path else after.name
        added = sorted(set(after.aliases) - set(before.aliases))
        if added:
            yield Sentence(inside, f'"{inside}" has gained the alias {", ".join(added)}')
        yield from _harmless(before.type, after.type, inside, seen)
    kept = [name for name in old.fields if name in new.fields]
    if kept != [name for name in new.fields if name in old.fields]:
        yield Sentence(path or new.simple, f"the fields of {new.simple} are in another order")


def _default(field: Field) -> str:
    return "without a default" if field.default is MISSING else f"{field.default!r} where it is missing"
