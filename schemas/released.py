"""The released Avro schemas: files under `schemas/avro/<Record>/v<N>.avsc`, never edited once released."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from schemas.records import Travelling


@cache
def released_versions(record: type[Travelling]) -> tuple[tuple[int, str], ...]:
    """(version, schema text) of a record's released schemas, oldest first. Empty where none is released."""
    folder = files("schemas").joinpath("avro", record.__name__)
    if not folder.is_dir():
        return ()
    found = [
        (int(entry.name[1:-5]), entry.read_text("utf-8")) for entry in folder.iterdir() if entry.name.endswith(".avsc")
    ]
    return tuple(sorted(found))


@cache
def newest_schema(record: type[Travelling]) -> dict[str, Any]:
    """The schema that records of this model are written with. LookupError where none is released."""
    versions = released_versions(record)
    if not versions:
        raise LookupError(f"no released schema for {record.__name__}: draft one with `meshline schemas draft`")
    schema: dict[str, Any] = json.loads(versions[-1][1])
    return schema
