from __future__ import annotations

from typing import Any

import pytest

from schemas.gate.describe import describe
from schemas.gate.parse import schema_of
from tests.unit.schemas.gate.gate_examples import AMOUNT, field, record

NESTED = {"type": "array", "items": record(field("x"), name="Line")}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (record(), record(doc="more words"), []),
        (
            record(field("a")),
            record(field("a"), field("b", "int", default=0)),
            [("", '"b" of Order is new: int, 0 where it is missing')],
        ),
        (
            record(field("a")),
            record(field("a"), field("b", "int")),
            [
                ("", '"b" of Order is new: int, without a default'),
                ("ML001", 'a new reader needs "b" of Order: the data has none, and there is no default'),
            ],
        ),
        (
            record(field("a", AMOUNT)),
            record(field("a", {**AMOUNT, "scale": 4})),
            [("ML011", '"a" was decimal(18, 2), is decimal(18, 4)')],
        ),
        (
            record(field("a", ["null", "string"])),
            record(field("a", ["null", "string", "int"])),
            [
                ("", '"a" was [null, string], is [null, string, int]'),
                ("ML002", "a reader of the old one has no branch for int in [null, string]"),
            ],
        ),
        (
            record(field("a"), field("b")),
            record(field("b"), field("a")),
            [("", "the fields of Order are in another order")],
        ),
        (record(field("a")), record(field("a", aliases=["z"])), [("", '"a" has gained the alias z')]),
        (
            record(field("lines", NESTED)),
            record(field("lines", {**NESTED, "items": record(name="Line")})),
            [("ML003", '"x" of Line is gone')],
        ),
    ],
)
def test_differences_in_words(old: Any, new: Any, said: list[tuple[str, str]]) -> None:
    assert [(line.rule, line.text) for line in describe(schema_of(old), schema_of(new))] == said
