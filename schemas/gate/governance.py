"""Rules about agreements: the partition key, personal data, the system of record, the contract's version and mode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from schemas.gate.changes import pairs
from schemas.gate.compare import Remark
from schemas.gate.findings import DEFAULT_MODE
from schemas.gate.model import Field, Schema, Type
from schemas.gate.renames import renamed
from schemas.gate.terms import Terms, mark_of, partition_field


@dataclass(frozen=True, slots=True)
class Side:
    """A schema and the contract that went with it."""

    schema: Schema
    terms: Terms


def agreements(old: Side, new: Side) -> Iterator[Remark]:
    """What changed in what people rely on, between the last release and the candidate."""
    yield from _key(old, new)
    yield from _marks(old, new)
    before, after = old.terms, new.terms
    if _changed(old.schema, new.schema) and before.version and before.version == after.version:
        message = f"the schema changed and its contract still says version {after.version}"
        yield Remark("ML043", "", message)
    weaker = (before.mode or DEFAULT_MODE).promises() - (after.mode or DEFAULT_MODE).promises()
    if before.mode is not None and weaker:
        message = f"the contract's mode was {before.mode}, is {after.mode or DEFAULT_MODE}: no longer {_list(weaker)}"
        yield Remark("ML044", "", message)


def _changed(old: Schema, new: Schema) -> bool:
    """Whether readers could see a difference: a changed comment is none."""
    return old.root.key is None or old.root.key != new.root.key


def _key(old: Side, new: Side) -> Iterator[Remark]:
    key, was = new.terms.partition_key, old.terms.partition_key
    if was and was != key:
        message = f'records were ordered by "{was}", now by "{key or "nothing"}"'
        yield Remark("ML040", "", message, was)
        return
    before = partition_field(old.schema.root, key) if key else None
    if before is None:
        return
    after = partition_field(new.schema.root, key)
    if after is None:
        yield Remark("ML040", f"{new.schema.root.pointer}/fields", f'"{key}", which orders the records, is gone', key)
    elif str(before[1].type) != str(after[1].type):
        message = f'"{key}", which orders the records, was {before[1].type}, is {after[1].type}'
        yield Remark("ML040", f"{after[1].pointer}/type", message, key)


def _marks(old: Side, new: Side) -> Iterator[Remark]:
    for path, record_old, before, record_new, after in _fields(old.schema.root, new.schema.root):
        tag, kept = _pii(old, record_old, before, path), _pii(new, record_new, after, path)
        if tag and not kept:
            yield Remark("ML041", f"{after.pointer}/name", f'"{path}" is no longer marked as personal ({tag})', path)
        source, now = _system(old, record_old, before, path), _system(new, record_new, after, path)
        if source and source != now:
            message = f'the system of record of "{path}" was {source}, is {now or "nobody"}'
            yield Remark("ML042", f"{after.pointer}/name", message, path)


def _pii(side: Side, record: Type, field: Field, path: str) -> str:
    return field.pii or mark_of(side.terms.pii, record, field.name, path, side.schema.root)


def _system(side: Side, record: Type, field: Field, path: str) -> str:
    return field.system_of_record or mark_of(side.terms.systems, record, field.name, path, side.schema.root)


def _fields(old: Type, new: Type) -> Iterator[tuple[str, Type, Field, Type, Field]]:
    """Fields that stand for each other, of the records inside as well: (path, record, field, record, field)."""
    seen: set[tuple[int, int]] = set()
    todo = [(old, new, "")]
    while todo:
        before, after, path = todo.pop()
        if "union" in (before.kind, after.kind):
            todo += [(a, b, path) for a, b in pairs(before, after)]
        elif before.inner is not None and after.inner is not None:
            todo.append((before.inner, after.inner, path))
        elif before.kind == after.kind == "record" and (id(before), id(after)) not in seen:
            seen.add((id(before), id(after)))
            for a, b in renamed(before, after)[0]:
                inside = f"{path}.{b.name}" if path else b.name
                yield inside, before, a, after, b
                todo.append((a.type, b.type, inside))


def _list(words: frozenset[str]) -> str:
    return ", ".join(sorted(words))


def carried(terms: Terms, before: Terms | None) -> Terms:
    """The terms to compare with: those that were released, or today's where none were (marks in the schema count)."""
    return before if before is not None else replace(terms, version="", mode=None)
