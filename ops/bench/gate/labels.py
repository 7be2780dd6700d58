"""What a change really does to data: bytes written with one version and read with the other, by Java and by fastavro.

A change is harmful when a reader fails, reads another value, finds its field gone, cannot write on what it read, or
when a writer that leaves a field out now writes something else. A record's own full name counts too: a JVM consumer of
specific records looks its class up by the writer's. Nothing here asks the gate.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import fastavro

from ops.bench.gate.jvm_judge import Judge
from schemas.gate.errors import BadSchema
from schemas.gate.meaning import python_meaning
from schemas.gate.model import MISSING, Schema, Type
from schemas.gate.parse import schema_of
from schemas.gate.proof import plain
from schemas.gate.python_reader import tagged, without_logical
from schemas.gate.resolution import writer_fields
from schemas.gate.sample import records

_RECORDS = 4


@dataclass(frozen=True, slots=True)
class Label:
    """What readers do: empty tuples where nothing is wrong."""

    java: tuple[str, ...]
    python: tuple[str, ...]

    @property
    def harmful(self) -> bool:
        return bool(self.java or self.python)


def label(old_raw: Any, new_raw: Any, java: Judge, older: Judge) -> Label:
    """The truth about one change. `older` has the Avro library that many JVM consumers still have."""
    try:
        old, new = schema_of(old_raw), schema_of(new_raw)
    except BadSchema:
        answer = java.ask([{"reader": new_raw, "writer": new_raw}])[0]
        return Label((answer["error"],) if "error" in answer else (), ("not a schema",))
    jvm: list[str] = ["another class name"] if old.root.name != new.root.name else []
    parsed = older.ask([{"reader": new_raw, "writer": new_raw}])[0]
    jvm += [f"older Java: {parsed['error'][:80]}"] if "error" in parsed else []
    python: list[str] = []
    for writer, reader, forward in ((old, new, False), (new, old, True)):
        written = _written(writer)
        question = {"writer": writer.raw, "reader": reader.raw, "records": written}
        jvm += _java_problems(java.ask([question])[0], writer, reader, forward)
        python += _python_problems(written, writer, reader, forward)
    jvm += _built(old, new, java)
    python += _sparse(old, new)
    return Label(tuple(dict.fromkeys(jvm)), tuple(dict.fromkeys(python)))


def _written(writer: Schema) -> list[str]:
    """Records of the schema as bytes, base64: raw values, as every Avro writer would put them."""
    parsed = fastavro.parse_schema(without_logical(writer.raw))
    found = []
    for raw in records(writer.root, _RECORDS, writer.root.name):
        buffer = BytesIO()
        fastavro.schemaless_writer(buffer, parsed, tagged(writer.root, raw))
        found.append(base64.b64encode(buffer.getvalue()).decode())
    return found


def _java_problems(answer: dict[str, Any], writer: Schema, reader: Schema, forward: bool) -> list[str]:
    if "error" in answer:
        return [answer["error"]]
    found = [] if answer["compatible"] else ["Java's checker refuses it"]
    for read, meant in zip(answer["reads"], answer["means"], strict=True):
        if "error" in read:
            found.append(read["error"][:80])
        elif "error" not in meant:
            found += _compare(writer.root, reader.root, meant, read, forward)
    return found


def _python_problems(written: list[str], writer: Schema, reader: Schema, forward: bool) -> list[str]:
    own, target = fastavro.parse_schema(writer.raw), fastavro.parse_schema(reader.raw)
    found = []
    for text in written:
        try:
            meant = fastavro.schemaless_reader(BytesIO(base64.b64decode(text)), own, None)
        except Exception:  # a raw value that the writer itself could not read, such as a date far out
            continue
        try:
            read = fastavro.schemaless_reader(BytesIO(base64.b64decode(text)), own, target)
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}"[:80])
            continue
        found += _compare(writer.root, reader.root, meant, read, forward)
    return found


def _sparse(old: Schema, new: Schema) -> list[str]:
    """A producer that leaves out what has a default: does it still write, and the same?"""
    found = []
    for raw in records(old.root, _RECORDS, old.root.name):
        record = _without_defaults(old.root, plain(raw))
        try:
            before, after = _rewritten(old, record), _rewritten(new, record)
        except Exception as error:
            return [f"a producer of the old version fails: {error!r}"[:80]]
        found += _compare(old.root, new.root, before, after, False)
    return [f"written: {line}" for line in found]


def _built(old: Schema, new: Schema, java: Judge) -> list[str]:
    """The same producer in Java, by way of a builder."""
    answer = java.ask([{"old": old.raw, "new": new.raw, "records": _written(old)}])[0]
    found: list[str] = []
    for before, after in zip(answer.get("before", ()), answer.get("after", ()), strict=True):
        if "error" not in before:
            found += [after["error"][:80]] if "error" in after else _compare(old.root, new.root, before, after, False)
    return [f"built: {line}" for line in found]


def _rewritten(schema: Schema, record: Any) -> Any:
    parsed, buffer = fastavro.parse_schema(without_logical(schema.raw)), BytesIO()
    fastavro.schemaless_writer(buffer, parsed, record)
    buffer.seek(0)
    return fastavro.schemaless_reader(buffer, parsed, None)


def _without_defaults(type_: Type, value: Any) -> Any:
    type_ = _inside(type_, value)
    if type_.kind == "record" and isinstance(value, dict):
        deep = {name for name, inner in value.items() if isinstance(inner, dict | list)}
        kept = {name: field for name, field in type_.fields.items() if field.default is MISSING or name in deep}
        return {name: _without_defaults(field.type, value[name]) for name, field in kept.items()}
    if type_.inner is not None and isinstance(value, list):
        return [_without_defaults(type_.inner, item) for item in value]
    return value


def _compare(writer: Type, reader: Type, meant: Any, read: Any, forward: bool, path: str = "") -> list[str]:
    """Where the two readings differ. Both are trees: dicts by field, or by position or key, and leaves."""
    writer, reader = _inside(writer, meant), _inside(reader, read)
    if writer.kind == reader.kind == "record" and isinstance(meant, dict) and isinstance(read, dict):
        found = []
        for name, field in reader.fields.items():
            sources = writer_fields(field, writer)
            if sources:
                given, got = meant[sources[0].name], read[name]
                found += _compare(sources[0].type, field.type, given, got, forward, f"{path}.{name}")
            elif forward:
                found.append(f"{path}.{name} is the default in every new record")
        return found
    containers = isinstance(meant, list | dict) and isinstance(read, list | dict) and _leaf(meant)[0] == "tree"
    if containers and writer.inner is not None and reader.inner is not None and writer.kind == reader.kind:
        pairs = zip(_items(meant), _items(read), strict=False)
        return [line for a, b in pairs for line in _compare(writer.inner, reader.inner, a, b, forward, f"{path}[]")]
    return [] if _leaf(meant) == _leaf(read) else [f"{path}: {str(meant)[:40]} read as {str(read)[:40]}"]


def _inside(type_: Type, value: Any) -> Type:
    """The branch of a union that a value can be of, as far as trees show it."""
    if type_.kind != "union":
        return type_
    listed = not isinstance(value, dict) or not value or next(iter(value)).startswith("#")
    wanted = ("array", "map") if listed else ("record",)
    return next((branch for branch in type_.branches if branch.kind in wanted), type_)


def _items(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else list(value)


def _leaf(value: Any) -> Any:
    """Java's leaves are [kind, text] already."""
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):
        return tuple(value)
    return ("tree", repr(value)) if isinstance(value, dict | list) else python_meaning(value)
