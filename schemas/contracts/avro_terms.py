"""What an Avro schema says of its fields, in the words of a contract, so that the two can be compared. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_PLAIN = {"string": "string", "long": "integer", "int": "integer", "boolean": "boolean", "bytes": "bytes"}
_LOGICAL = {"timestamp-micros": "timestamp", "date": "date"}


def records_in(schema: Any) -> Iterator[Mapping[str, Any]]:
    """The schema's record and every record that is defined inside it, outermost first."""
    if isinstance(schema, list):
        for branch in schema:
            yield from records_in(branch)
    elif isinstance(schema, dict):
        if schema.get("type") == "record":
            yield schema
            for field in schema.get("fields", ()):
                yield from records_in(field.get("type"))
        else:
            yield from records_in(schema.get("items", schema.get("values")))
            if isinstance(schema.get("type"), dict | list):
                yield from records_in(schema["type"])


def fields_of(record: Mapping[str, Any]) -> dict[str, tuple[str, bool]]:
    """Field -> (type in a contract's words, whether it is never null)."""
    return {field["name"]: (contract_type(field["type"]), not _nullable(field["type"])) for field in record["fields"]}


def contract_type(avro: Any) -> str:
    """An Avro type in a contract's words; `?` and the type itself where a contract has no word for it."""
    if isinstance(avro, list):
        kinds = [branch for branch in avro if branch != "null"]
        return contract_type(kinds[0]) if len(kinds) == 1 else f"? {avro}"
    if isinstance(avro, str):
        return _PLAIN.get(avro) or (f"record {avro.rpartition('.')[2]}" if avro[:1] != "?" else avro)
    return _described(avro)


def _described(avro: Mapping[str, Any]) -> str:
    kind, logical = avro.get("type"), avro.get("logicalType")
    if logical == "decimal":
        return f"decimal({avro.get('precision')},{avro.get('scale', 0)})"
    if logical is not None:
        return _LOGICAL.get(logical, f"? {logical}")
    if kind == "record":
        return f"record {avro['name'].rpartition('.')[2]}"
    if kind == "array":
        return f"list of {contract_type(avro['items']).removeprefix('record ')}"
    return _PLAIN.get(str(kind), f"? {kind}")


def _nullable(avro: Any) -> bool:
    return avro == "null" or (isinstance(avro, list) and "null" in avro)
