"""The Avro schema of a record model, derived from its fields.

The released files under `schemas/avro` are what is registered; this is how a new version is drafted, and how a
test knows that model and newest file say the same.
"""

from __future__ import annotations

import types
from datetime import date, datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from schemas.records.envelope import Travelling
from schemas.records.fields import AvroDecimal

NAMESPACE = "meshline"
_PRIMITIVES: dict[Any, Any] = {
    str: "string",
    int: "long",
    bool: "boolean",
    bytes: "bytes",
    datetime: {"type": "long", "logicalType": "timestamp-micros"},
    date: {"type": "int", "logicalType": "date"},
}


def avro_schema(model: type[Travelling]) -> dict[str, Any]:
    """The model as an Avro record; nested models are defined where they first appear. TypeError on other types."""
    schema: dict[str, Any] = _record(model, set())
    return schema


def _record(model: type[Travelling], seen: set[str]) -> Any:
    name = f"{NAMESPACE}.{model.__name__}"
    if name in seen:
        return name
    seen.add(name)
    fields = []
    for field_name, field in model.model_fields.items():
        annotation: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        entry: dict[str, Any] = {"name": field_name, "type": _type(annotation, seen)}
        if not field.is_required():
            entry["default"] = field.get_default()
        fields.append(entry)
    doc = " ".join((model.__doc__ or "").split())
    record: dict[str, Any] = {
        "type": "record",
        "name": model.__name__,
        "namespace": NAMESPACE,
        "doc": doc,
        "fields": fields,
    }
    if not doc:
        del record["doc"]
    return record


def _type(annotation: Any, seen: set[str]) -> Any:  # noqa: PLR0911 - one return per kind of type
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        decimals = [mark for mark in arguments[1:] if isinstance(mark, AvroDecimal)]
        if decimals:
            mark = decimals[0]
            return {"type": "bytes", "logicalType": "decimal", "precision": mark.precision, "scale": mark.scale}
        return _type(arguments[0], seen)
    if origin in (Union, types.UnionType):
        inner = next(argument for argument in arguments if argument is not type(None))
        return ["null", _type(inner, seen)]
    if origin is list:
        return {"type": "array", "items": _type(arguments[0], seen)}
    if origin is Literal:
        return "string"
    if isinstance(annotation, type) and issubclass(annotation, Travelling):
        return _record(annotation, seen)
    if annotation in _PRIMITIVES:
        return _PRIMITIVES[annotation]
    raise TypeError(f"no Avro type for {annotation!r}")
