"""Bytes of every released version are kept, decoded with their own schema, and read through every later version."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import avro.io
import avro.schema
import fastavro
import pytest

from schemas.records import Travelling
from schemas.released import released_versions
from schemas.topics import TOPICS

HERE = Path(__file__).parent
MODELS = sorted({topic.record for topic in TOPICS if topic.record is not None}, key=lambda model: model.__name__)
EVERY = [(model, version) for model in MODELS for version, _ in released_versions(model)]


def versions(model: type[Travelling]) -> dict[int, dict[str, Any]]:
    return {version: json.loads(text) for version, text in released_versions(model)}


def bodies(model: type[Travelling], version: int) -> list[bytes]:
    """The golden bodies of a version: the one on the wire without its header, and the example of its contract."""
    wire = (HERE / f"{model.__name__}.v{version}.bin").read_bytes()
    assert wire[0] == 0
    example = HERE / "examples" / f"{model.__name__}.v{version}.avro"
    return [wire[5:], *([example.read_bytes()] if example.exists() else [])]


def fast_read(body: bytes, writer: dict[str, Any], reader: dict[str, Any]) -> Any:
    buffer = BytesIO(body)
    found = fastavro.schemaless_reader(buffer, fastavro.parse_schema(writer), fastavro.parse_schema(reader))
    assert buffer.read() == b"", "bytes are left over"
    return found


def plain_read(body: bytes, writer: dict[str, Any], reader: dict[str, Any]) -> Any:
    """The same by the reference implementation."""
    schemas = (avro.schema.parse(json.dumps(writer)), avro.schema.parse(json.dumps(reader)))
    return avro.io.DatumReader(*schemas).read(avro.io.BinaryDecoder(BytesIO(body)))


@pytest.mark.parametrize(("model", "version"), EVERY, ids=lambda value: getattr(value, "__name__", f"v{value}"))
def test_a_version_s_bytes_are_read_by_it_and_by_every_later_one(model: type[Travelling], version: int) -> None:
    known = versions(model)
    for body in bodies(model, version):
        for later in range(version, max(known) + 1):
            found = fast_read(body, known[version], known[later])
            assert found == plain_read(body, known[version], known[later])
        assert model.model_validate(found), "the newest version is the model's"


def test_every_version_has_its_golden_files() -> None:
    wire = {f"{model.__name__}.v{version}.bin" for model, version in EVERY}
    newest = {f"{model.__name__}.v{max(versions(model))}.avro" for model in MODELS}
    every = {f"{model.__name__}.v{version}.avro" for model, version in EVERY}
    assert {path.name for path in HERE.glob("*.bin")} == wire, "python -m tests.golden.write_golden"
    assert newest <= {path.name for path in (HERE / "examples").iterdir()} <= every


def test_a_version_that_cannot_read_the_bytes_is_seen() -> None:
    account = next(model for model in MODELS if model.__name__ == "Account")
    (old,) = [schema for version, schema in versions(account).items() if version == 1]
    later = {**old, "fields": [*old["fields"], {"name": "segment", "type": ["null", "string"], "default": None}]}
    body = bodies(account, 1)[0]
    assert fast_read(body, old, later)["segment"] is None
    broken = {**old, "fields": [*old["fields"], {"name": "segment", "type": "string"}]}
    with pytest.raises(fastavro.read.SchemaResolutionError, match="segment"):
        fast_read(body, old, broken)
