"""The Python half of the proof: fastavro really writes the bytes, and really reads them."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import fastavro

from schemas.gate.meaning import meaning, promoted, python_meaning
from schemas.gate.model import NAMED, Schema, Type
from schemas.gate.proof import Difference, reading_branch, told_apart
from schemas.gate.resolution import writer_fields
from schemas.gate.sample import Branch


class Unreadable(Exception):
    """fastavro fails on this record; the message is its own."""


class PythonReader:
    """Writes raw records and reads them with another schema; each schema is compiled once."""

    def __init__(self) -> None:
        self._compiled: dict[int, tuple[Schema, Any, Any]] = {}

    def differences(self, writer: Schema, reader: Schema, raw: Any) -> list[Difference]:
        """What a Python reader gets wrong in one record. Raises Unreadable with fastavro's own words."""
        try:
            with_logical, without = self._compile(writer)
            target, _ = self._compile(reader)
            buffer = BytesIO()
            fastavro.schemaless_writer(buffer, without, tagged(writer.root, raw))
            buffer.seek(0)
            read = fastavro.schemaless_reader(buffer, with_logical, target)
        except Exception as error:  # fastavro's errors have no one root
            raise Unreadable(f"{type(error).__name__}: {str(error)[:150]}") from error
        return list(_walk(writer.root, reader.root, raw, read, "", ("", "")))

    def _compile(self, schema: Schema) -> tuple[Any, Any]:
        known = self._compiled.get(id(schema))
        if known is None:
            stripped = fastavro.parse_schema(without_logical(schema.raw))
            known = (schema, fastavro.parse_schema(schema.raw), stripped)
            self._compiled[id(schema)] = known
        return known[1], known[2]


def without_logical(raw: Any) -> Any:
    """The schema with its logical types taken off, so that raw values are written as they are."""
    if isinstance(raw, dict):
        return {
            key: value if key in ("default", "doc", "symbols", "aliases") else without_logical(value)
            for key, value in raw.items()
            if key != "logicalType"
        }
    return [without_logical(item) for item in raw] if isinstance(raw, list) else raw


def tagged(type_: Type, raw: Any) -> Any:
    """The raw record as fastavro wants it: a union's value says which branch it is."""
    if isinstance(raw, Branch):
        branch = type_.branches[raw.index]
        value = tagged(branch, raw.raw)
        return value if branch.kind == "null" else (branch.name if branch.kind in NAMED else branch.kind, value)
    if type_.kind == "record":
        return {name: tagged(field.type, raw[name]) for name, field in type_.fields.items()}
    if type_.kind == "array" and type_.inner is not None:
        return [tagged(type_.inner, item) for item in raw]
    if type_.kind == "map" and type_.inner is not None:
        return {key: tagged(type_.inner, item) for key, item in raw.items()}
    return raw


def _walk(writer: Type, reader: Type, raw: Any, read: Any, path: str, at: tuple[str, str]) -> Iterator[Difference]:
    if writer.kind == "union":
        yield from _walk(writer.branches[raw.index], reader, raw.raw, read, path, at)
        return
    if reader.kind == "union":
        reader = reading_branch(writer, reader) or writer
    if writer.kind == "record" and reader.kind == "record":
        for field in reader.fields.values():
            inside = f"{path}.{field.name}" if path else field.name
            for found in writer_fields(field, writer)[:1]:
                places = (found.pointer, field.pointer)
                yield from _walk(found.type, field.type, raw[found.name], read[field.name], inside, places)
    elif writer.inner is not None and reader.inner is not None and writer.kind == reader.kind:
        pairs = zip(raw, read, strict=True) if writer.kind == "array" else ((raw[key], read[key]) for key in raw)
        for item, got in pairs:
            yield from _walk(writer.inner, reader.inner, item, got, path, at)
    elif writer.kind != "enum":
        meant, got = meaning(writer, raw), python_meaning(read)
        if meant[0] in _EXACT and meant != got and python_meaning(promoted(raw, writer.kind)) != got:
            yield Difference(path, at[1], at[0], *told_apart(meant, got), "Python")


#: Meanings that fastavro gives as exact Python values; others (nanoseconds, somebody's own) it leaves raw.
_EXACT = {"decimal", "timestamp", "date", "time", "uuid", "number", "text", "constant", "bytes"}
