"""What is wrong with a schema alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.gate.lone import alone
from schemas.gate.parse import parse_schema


def record(name: str, *types: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": [{"name": f"f{i}", "type": t} for i, t in enumerate(types)]}


def said(schema: Any) -> list[tuple[str, str]]:
    return [(remark.rule, remark.message) for remark in alone(parse_schema(json.dumps(schema)))]


@pytest.mark.parametrize(
    "schema",
    [
        record("Node", "string", "Node"),
        record("Node", ["Node"]),
        record("A", record("B", "A")),
        record("A", record("B", ["A", record("C", "B")])),
    ],
)
def test_a_record_that_holds_itself_without_an_end_cannot_be_written(schema: Any) -> None:
    found = said(schema)
    assert {rule for rule, _ in found} == {"ML061"}
    assert "none can be written" in found[0][1]


@pytest.mark.parametrize(
    "schema",
    [
        record("Node", ["null", "Node"]),
        record("Node", {"type": "array", "items": "Node"}, {"type": "map", "values": "Node"}),
        record("A", record("B", ["A", "string"])),
        record("Empty"),
    ],
)
def test_one_that_can_end_is_fine(schema: Any) -> None:
    assert said(schema) == []
