"""Single changes of a schema, generated: the kinds that people make, at every place where they can be made."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_LOGICAL_LONGS = ("timestamp-micros", "timestamp-millis")


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change: what was done, where, and the schema after it."""

    kind: str
    place: str
    schema: Any


def mutations(schema: Any) -> Iterator[Mutation]:
    """Every single change of a record schema that this knows."""
    for path in _records(schema, ()):
        record = _at(schema, path)
        place = record["name"]
        for kind, change in _RECORD_CHANGES.items():
            yield from _made(schema, path, kind, place, change)
        for index, field in enumerate(record["fields"]):
            at = (*path, "fields", index)
            for kind, change in _FIELD_CHANGES.items():
                yield from _made(schema, at, kind, f"{place}.{field['name']}", change)
            for kind, change in _TYPE_CHANGES.items():
                for where in _types(field["type"], (*at, "type")):
                    yield from _made(schema, where, kind, f"{place}.{field['name']}", change)


def _made(
    schema: Any, path: tuple[Any, ...], kind: str, place: str, change: Callable[[Any], Any]
) -> Iterator[Mutation]:
    """The schema with the change made at the path; nothing where it does not apply, or changes nothing."""
    changed = copy.deepcopy(schema)
    new = change(_at(changed, path))
    if new is None:
        return
    if path:
        parent = _at(changed, path[:-1])
        if new is _GONE:
            del parent[path[-1]]
        else:
            parent[path[-1]] = new
    else:
        changed = new
    if json.dumps(changed) != json.dumps(schema):
        yield Mutation(kind, place, changed)


_GONE: Any = object()


def _at(schema: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        schema = schema[step]
    return schema


def _records(schema: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if isinstance(schema, dict):
        if schema.get("type") == "record":
            yield path
        for key in ("type", "items", "values", "fields"):
            if isinstance(schema.get(key), dict | list):
                yield from _records(schema[key], (*path, key))
    elif isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from _records(item, (*path, index))


def _types(type_: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Paths of a field's type and of what it is made of; not into records, which come by themselves."""
    yield path
    if isinstance(type_, list):
        for index, branch in enumerate(type_):
            yield from _types(branch, (*path, index))
    elif isinstance(type_, dict) and "items" in type_:
        yield from _types(type_["items"], (*path, "items"))


def _with(**properties: Any) -> Callable[[Any], Any]:
    return lambda thing: {**thing, **properties}


def _adding(field: dict[str, Any], first: bool = False) -> Callable[[Any], Any]:
    return lambda record: {**record, "fields": [field, *record["fields"]] if first else [*record["fields"], field]}


def _logical(name: str, **changed: Any) -> Callable[[Any], Any]:
    """Change a logical type's properties, where the type has it."""
    return lambda type_: {**type_, **changed} if isinstance(type_, dict) and type_.get("logicalType") == name else None


def _scaled(key: str, by: int) -> Callable[[Any], Any]:
    def change(type_: Any) -> Any:
        if not isinstance(type_, dict) or type_.get("logicalType") != "decimal":
            return None
        value = type_.get(key, 0) + by
        return {**type_, key: value} if value >= 0 and (key == "scale" or value >= type_.get("scale", 0)) else None

    return change


def _to(old: str, new: Any) -> Callable[[Any], Any]:
    return lambda type_: new if type_ == old else None


def _optional(field: Any) -> Any:
    return None if isinstance(field["type"], list) else {**field, "type": ["null", field["type"]]}


def _required(field: Any) -> Any:
    if not isinstance(field["type"], list) or len(field["type"]) != 2:
        return None
    return {key: value for key, value in {**field, "type": field["type"][1]}.items() if key != "default"}


def _default_changed(field: Any) -> Any:
    if isinstance(field.get("default"), str):
        return {**field, "default": f"{field['default']}x"}
    return {**field, "default": field["default"] + 1} if type(field.get("default")) is int else None


def _default_added(field: Any) -> Any:
    simple = {"string": "", "long": 0, "boolean": False}
    known = isinstance(field["type"], str) and field["type"] in simple and "default" not in field
    return {**field, "default": simple[field["type"]]} if known else None


def _plain(type_: Any) -> Any:
    return type_["type"] if isinstance(type_, dict) and "logicalType" in type_ else None


_RECORD_CHANGES: dict[str, Callable[[Any], Any]] = {
    "record renamed": lambda record: {**record, "name": f"{record['name']}Renamed"},
    "record moved": _with(namespace="elsewhere"),
    "record documented": _with(doc="changed"),
    "record given an alias": _with(aliases=["FormerName"]),
    "record given a property": _with(team="somebody"),
    "fields reversed": lambda record: {**record, "fields": record["fields"][::-1]},
    "nullable field added": _adding({"name": "added", "type": ["null", "string"], "default": None}),
    "field with default added first": _adding({"name": "added", "type": "long", "default": 0}, first=True),
    "required field added": _adding({"name": "added", "type": "string"}),
}
_FIELD_CHANGES: dict[str, Callable[[Any], Any]] = {
    "field removed": lambda field: _GONE,
    "field renamed": lambda field: {**field, "name": f"{field['name']}_renamed"},
    "field renamed with alias": lambda field: {
        **field,
        "name": f"{field['name']}_renamed",
        "aliases": [field["name"]],
    },
    "field given an alias": _with(aliases=["former_name"]),
    "field documented": _with(doc="changed"),
    "field's sort order": _with(order="ignore"),
    "made optional": _optional,
    "made required": _required,
    "default changed": _default_changed,
    "default removed": lambda field: {k: v for k, v in field.items() if k != "default"} if "default" in field else None,
    "default added": _default_added,
}
_TYPE_CHANGES: dict[str, Callable[[Any], Any]] = {
    "scale raised": _scaled("scale", 2),
    "scale lowered": _scaled("scale", -2),
    "precision raised": _scaled("precision", 4),
    "precision lowered": _scaled("precision", -4),
    "decimal to text": lambda type_: "string" if isinstance(type_, dict) and "precision" in type_ else None,
    "decimal to double": lambda type_: "double" if isinstance(type_, dict) and "precision" in type_ else None,
    "logical type removed": _plain,
    "micros to millis": _logical("timestamp-micros", logicalType="timestamp-millis"),
    "instant to local": _logical("timestamp-micros", logicalType="local-timestamp-micros"),
    "date to timestamp": _logical("date", type="long", logicalType="timestamp-millis"),
    "date to long": _logical("date", type="long"),
    "text to bytes": _to("string", "bytes"),
    "text to number": _to("string", "long"),
    "text to uuid": _to("string", {"type": "string", "logicalType": "uuid"}),
    "text written out": _to("string", {"type": "string"}),
    "text with a Java hint": _to("string", {"type": "string", "avro.java.string": "String"}),
    "long to int": _to("long", "int"),
    "long to double": _to("long", "double"),
    "long to text": _to("long", "string"),
    "long to instant": _to("long", {"type": "long", "logicalType": "timestamp-micros"}),
    "boolean to text": _to("boolean", "string"),
    "branch added": lambda type_: [*type_, "boolean"] if isinstance(type_, list) and "boolean" not in type_ else None,
    "branches reversed": lambda type_: type_[::-1] if isinstance(type_, list) else None,
    "wrapped in an array": lambda type_: None if type_ == "null" else {"type": "array", "items": type_},
}
