"""Released schemas are never edited, and the newest says what its model says."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest

from schemas import records
from schemas.avro_schema import avro_schema
from schemas.records import Travelling
from schemas.released import newest_schema, released_versions
from schemas.topics import TOPICS
from tests.architecture.tree import ROOT

WRITTEN = sorted({topic.record for topic in TOPICS if topic.record is not None}, key=lambda model: model.__name__)
AVRO = ROOT / "schemas" / "avro"


def _without_docs(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {name: _without_docs(value) for name, value in schema.items() if name != "doc"}
    return [_without_docs(item) for item in schema] if isinstance(schema, list) else schema


@pytest.mark.parametrize("model", WRITTEN, ids=lambda model: model.__name__)
def test_the_newest_file_is_the_model(model: type[Travelling]) -> None:
    drafted = json.loads(json.dumps(avro_schema(model)))
    assert _without_docs(newest_schema(model)) == _without_docs(drafted), "draft a new version: meshline schemas draft"


@pytest.mark.parametrize("model", WRITTEN, ids=lambda model: model.__name__)
def test_versions_count_up_from_one(model: type[Travelling]) -> None:
    versions = [version for version, _ in released_versions(model)]
    assert versions == list(range(1, len(versions) + 1))


def test_each_folder_is_a_record_that_some_topic_carries() -> None:
    assert {path.name for path in AVRO.iterdir()} == {model.__name__ for model in WRITTEN}
    assert all(getattr(records, model.__name__) is model for model in WRITTEN)


def test_released_files_are_as_they_were_released() -> None:
    listed = dict(
        reversed(line.split("  ")) for line in (ROOT / "tests/golden/released.sha256").read_text().splitlines()
    )
    found = {path.relative_to(AVRO).as_posix(): sha256(path.read_bytes()).hexdigest() for path in AVRO.rglob("*.avsc")}
    assert found == listed, "a released schema changed, or a new one is not listed in tests/golden/released.sha256"
