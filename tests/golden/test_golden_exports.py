"""The exported documents keep their standards' own schemas, and are what would be generated now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fastavro
import pytest
import yaml
from jsonschema import Draft7Validator, Draft201909Validator

from schemas.contracts import contracts
from schemas.exports.generate import ASYNCAPI, asyncapi_text, odcs_texts
from schemas.released import newest_schema
from schemas.topics import TOPICS

HERE = Path(__file__).parent
EXPORTS = HERE.parents[1] / "schemas" / "exports"
DOCUMENT: dict[str, Any] = yaml.safe_load((EXPORTS / ASYNCAPI).read_text("utf-8"))
ODCS = sorted((EXPORTS / "odcs").glob("*.odcs.yaml"))


def standard(name: str) -> Any:
    return json.loads((HERE / "standards" / name).read_text("utf-8"))


def test_the_asyncapi_document_is_valid() -> None:
    validator = Draft7Validator(standard("asyncapi-3.0.0.json"))
    assert [error.message[:300] for error in validator.iter_errors(DOCUMENT)] == []
    broken = {**DOCUMENT, "channels": {"x": {"address": 7}}}
    assert not validator.is_valid(broken), "the schema can refuse"


@pytest.mark.parametrize("path", ODCS, ids=lambda path: path.name)
def test_an_odcs_document_is_valid(path: Path) -> None:
    validator = Draft201909Validator(standard("odcs-3.1.0.json"))
    document = yaml.safe_load(path.read_text("utf-8"))
    assert [error.message[:300] for error in validator.iter_errors(document)] == []
    assert not validator.is_valid({**document, "surprise": 1}), "the schema can refuse"


def test_what_is_checked_in_is_what_would_be_generated() -> None:
    catalogue = contracts()
    assert (EXPORTS / ASYNCAPI).read_text("utf-8") == asyncapi_text(catalogue), "run: meshline schemas asyncapi"
    generated = odcs_texts(catalogue)
    assert {path.name for path in ODCS} == generated.keys()
    for path in ODCS:
        assert path.read_text("utf-8") == generated[path.name], "run: meshline schemas odcs"


def test_every_topic_is_a_channel_and_every_payload_is_avro() -> None:
    assert list(DOCUMENT["channels"]) == [topic.name for topic in TOPICS]
    messages = DOCUMENT["components"]["messages"]
    for topic in TOPICS:
        (reference,) = DOCUMENT["channels"][topic.name]["messages"].values()
        message = messages[reference["$ref"].rpartition("/")[2]]
        if topic.record is None:
            assert "payload" not in message
        else:
            assert message["payload"]["schemaFormat"] == "application/vnd.apache.avro;version=1.9.0"
            parsed = fastavro.parse_schema(message["payload"]["schema"])
            assert parsed["name"] == f"meshline.{topic.record.__name__}"
            released = fastavro.schema.to_parsing_canonical_form(newest_schema(topic.record))
            assert fastavro.schema.to_parsing_canonical_form(message["payload"]["schema"]) == released
            assert all(field["doc"] for field in message["payload"]["schema"]["fields"])
