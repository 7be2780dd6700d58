"""What changed between two versions, beyond what Avro's resolution looks at: each change with its rule.

`hurts` says which readers: "backward", new readers of old data; "forward", released readers of new data. A mode that
does not promise a direction does not report what hurts only that direction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from schemas.gate.logical import unit_of
from schemas.gate.model import MISSING, Field, Type
from schemas.gate.modes import Direction
from schemas.gate.renames import renamed
from schemas.gate.resolution import PROMOTIONS

BACK: frozenset[Direction] = frozenset({"backward"})
FORTH: frozenset[Direction] = frozenset({"forward"})
BOTH = BACK | FORTH


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `old` and `new` lead to the field or type in either document, `at` to the place to show."""

    rule: str
    path: str
    old: str
    new: str
    at: str
    message: str
    hurts: frozenset[Direction]


def changes(old: Type, new: Type) -> list[Change]:
    """Every change that has a rule of its own, in the new document's order."""
    return list(dict.fromkeys(_Walk().types(old, new, "", old.pointer, new.pointer)))


class _Walk:
    def __init__(self) -> None:
        self._seen: set[tuple[int, int]] = set()

    def types(
        self, old: Type, new: Type, path: str, at_old: str, at_new: str, by_name: bool = False
    ) -> Iterator[Change]:
        """Two types in the same place. `at_old`, `at_new`: the field that has them, or the type itself.

        `by_name`: they are in a union where the name decides between several.
        """
        if old.key is not None and old.key == new.key:
            return
        if "union" in (old.kind, new.kind):
            by_name = any(sum(bool(branch.name) for branch in side.branches) > 1 for side in (old, new))
            for before, after in pairs(old, new):
                yield from self.types(before, after, path, at_old, at_new, by_name)
            return
        if old.inner is not None and new.inner is not None and old.kind == new.kind:
            yield from self.types(old.inner, new.inner, path, at_old, at_new)
            return
        if old.name or new.name:
            if (id(old), id(new)) in self._seen:
                return
            self._seen.add((id(old), id(new)))
        if old.kind == new.kind or new.kind in PROMOTIONS.get(old.kind, ()) or old.kind in PROMOTIONS.get(new.kind, ()):
            yield from _kinds(old, new, path, at_old, at_new)
            yield from _logical(old, new, path, at_old, at_new)
        if old.kind == new.kind:
            # A record inside a record is made from the reader's own schema: where it lives does not matter to it.
            lives = by_name or not path or old.kind != "record" or old.simple != new.simple
            yield from _names(old, new, path) if lives else ()
            yield from _symbols(old, new, path)
            if old.kind == "record":
                yield from self._fields(old, new, path)

    def _fields(self, old: Type, new: Type, path: str) -> Iterator[Change]:
        same, moved, gone = renamed(old, new)
        for before, after in same:
            inside = f"{path}.{after.name}" if path else after.name
            yield from _defaults(before, after, inside)
            yield from _field_aliases(before, after, inside)
            if before.name != after.name:
                yield _alias_rename(before, after, inside)
            yield from self.types(before.type, after.type, inside, before.pointer, after.pointer)
        for before, after in moved:
            inside = f"{path}.{after.name}" if path else after.name
            message = f'"{before.name}" of {old.simple} is gone and "{after.name}" is new in its place, with no alias'
            yield Change("ML004", inside, before.pointer, after.pointer, f"{after.pointer}/name", message, BOTH)
            yield from self.types(before.type, after.type, inside, before.pointer, after.pointer)
        for before in gone:
            inside = f"{path}.{before.name}" if path else before.name
            at = f"{new.pointer}/fields"
            yield Change("ML003", inside, before.pointer, at, at, f'"{before.name}" of {old.simple} is gone', FORTH)


def pairs(old: Type, new: Type) -> Iterator[tuple[Type, Type]]:
    """Branches that stand for each other; a type that is no union counts as its only branch."""
    before = list(old.branches) if old.kind == "union" else [old]
    after = list(new.branches) if new.kind == "union" else [new]
    tests: tuple[Callable[[Type, Type], bool], ...] = (
        lambda a, b: a.kind == b.kind and a.name == b.name,
        lambda a, b: a.kind == b.kind and (a.simple == b.simple or a.name in b.aliases),
        lambda a, b: b.kind in PROMOTIONS.get(a.kind, ()) or a.kind in PROMOTIONS.get(b.kind, ()),
        lambda a, b: a.kind == b.kind,
    )
    for alike in tests:
        for left in list(before):
            right = next((candidate for candidate in after if alike(left, candidate)), None)
            if right is not None:
                before.remove(left)
                after.remove(right)
                yield left, right


def _kinds(old: Type, new: Type, path: str, at_old: str, at_new: str) -> Iterator[Change]:
    text = f'"{path}" was {old}, is {new}' if path else f"was {old}, is {new}"
    if {old.kind, new.kind} == {"string", "bytes"}:
        yield Change("ML016", path, at_old, at_new, _type_at(new, at_new), text, BOTH)
    for wide, narrow, hurts in ((new, old, BACK), (old, new, FORTH)):
        lossy = wide.kind in ("float", "double") and narrow.kind in ("int", "long")
        if lossy and (wide.kind, narrow.kind) != ("double", "int"):
            yield Change("ML015", path, at_old, at_new, _type_at(new, at_new), text, hurts)


def _logical(old: Type, new: Type, path: str, at_old: str, at_new: str) -> Iterator[Change]:
    before, after = old.logical, new.logical
    if before == after:
        return
    name, at = f'"{path}"' if path else "the type", _type_at(new, at_new)
    text = f"{name} was {before or f'plain {old.kind}'}, is {after or f'plain {new.kind}'}"
    found = [("ML010", "logicalType")]
    if before and after and before.name == after.name == "decimal":
        found = [("ML011", "scale")] if before.scale != after.scale else []
        found += [("ML012", "precision")] if before.precision != after.precision else []
    elif before and after:
        unit, other = unit_of(before.name), unit_of(after.name)
        if unit and other and unit[0] == other[0]:
            found = [("ML013", "logicalType")]
    for rule, key in found:
        yield Change(rule, path, at_old, at_new, f"{at}/{key}" if after else at, text, BOTH)


def _names(old: Type, new: Type, path: str) -> Iterator[Change]:
    if old.name == new.name:
        lost = sorted(old.aliases - new.aliases - {new.name})
    else:
        lost = sorted(old.aliases - new.aliases)
        rule = "ML031" if old.simple == new.simple else "ML030"
        hurts = FORTH if old.name in new.aliases else BOTH
        at = f"{new.pointer}/{'name' if rule == 'ML030' else 'namespace'}"
        message = f"{old.kind} {old.name} is now {new.name}" + (" (with an alias)" if hurts == FORTH else "")
        yield Change(rule, path, f"{old.pointer}/name", f"{new.pointer}/name", at, message, hurts)
    if lost:
        message = f"{new.kind} {new.simple} has lost the alias {', '.join(lost)}"
        yield Change("ML005", path, old.pointer, new.pointer, f"{new.pointer}/name", message, BACK)


def _symbols(old: Type, new: Type, path: str) -> Iterator[Change]:
    gone = [symbol for symbol in old.symbols if symbol not in new.symbols]
    added = [symbol for symbol in new.symbols if symbol not in old.symbols]
    places = (path, f"{old.pointer}/symbols", f"{new.pointer}/symbols", f"{new.pointer}/symbols")
    if gone:
        yield Change("ML020", *places, f"enum {new.simple} has lost {', '.join(gone)}", BACK)
    if added and old.default is None:
        yield Change("ML021", *places, f"enum {new.simple} has gained {', '.join(added)}", FORTH)
    if old.default is not None and old.default != new.default:
        message = f"the default of enum {new.simple} was {old.default}, is {new.default or 'gone'}"
        yield Change("ML006", path, old.pointer, new.pointer, f"{new.pointer}/default", message, BOTH)


def _defaults(old: Field, new: Field, path: str) -> Iterator[Change]:
    if old.default is MISSING or (new.default is not MISSING and _same(old.default, new.default)):
        return
    now = "gone" if new.default is MISSING else json.dumps(new.default)[:60]
    at = f"{new.pointer}/default" if new.default is not MISSING else f"{new.pointer}/name"
    message = f'the default of "{path}" was {json.dumps(old.default)[:60]}, is {now}'
    yield Change("ML006", path, old.pointer, new.pointer, at, message, BOTH)


def _same(old: object, new: object) -> bool:
    if isinstance(old, int | float) and isinstance(new, int | float) and bool not in (type(old), type(new)):
        return old == new
    return json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)


def _field_aliases(old: Field, new: Field, path: str) -> Iterator[Change]:
    lost = sorted(set(old.aliases) - set(new.aliases) - {new.name})
    if lost:
        message = f'"{path}" has lost the alias {", ".join(lost)}'
        yield Change("ML005", path, old.pointer, new.pointer, f"{new.pointer}/name", message, BACK)


def _alias_rename(old: Field, new: Field, path: str) -> Change:
    message = f'"{old.name}" is now "{new.name}"; its alias helps new readers, released ones look for the old name'
    return Change("ML004", path, old.pointer, new.pointer, f"{new.pointer}/name", message, FORTH)


def _type_at(type_: Type, at: str) -> str:
    """The type's own place where it stands inside the field; the field's type where the type is defined elsewhere."""
    return type_.pointer if type_.pointer.startswith(at) else f"{at}/type"
