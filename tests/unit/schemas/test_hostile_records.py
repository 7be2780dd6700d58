"""Hostile bytes are undecodable within bounded time and memory, whatever schema they claim to be of."""

from __future__ import annotations

import json
import struct
import sys
import time
import tracemalloc
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import Codec, ContractViolation, Undecodable
from schemas.records import Opportunity
from schemas.registry import MemoryRegistry
from schemas.topics import CRM_OPPORTUNITY
from tests.unit.schemas.examples import example

LARGEST = 2 * 1024 * 1024  # what a topic takes
SECONDS, MEGABYTES = 3.0, 300.0

TREE: dict[str, Any] = {
    "type": "record",
    "name": "Tree",
    "fields": [{"name": "child", "type": ["null", "Tree"]}],
}
SHAPES: dict[str, Any] = {
    "string": "string",
    "bytes": "bytes",
    "fixed": {"type": "fixed", "name": "F", "size": 2**31 - 1},
    "array of null": {"type": "array", "items": "null"},
    "array of empty records": {"type": "array", "items": {"type": "record", "name": "E", "fields": []}},
    "array of strings": {"type": "array", "items": "string"},
    "array of longs": {"type": "array", "items": "long"},
    "map": {"type": "map", "values": "string"},
    "map of null": {"type": "map", "values": "null"},
    "union": ["null", "string"],
    "enum": {"type": "enum", "name": "N", "symbols": ["A"]},
    "decimal": {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 4},
    "timestamp": {"type": "long", "logicalType": "timestamp-micros"},
    "date": {"type": "int", "logicalType": "date"},
    "long": "long",
    "boolean": "boolean",
    "double": "double",
}


def wire(schema_id: int, body: bytes) -> bytes:
    return struct.pack(">bI", 0, schema_id) + body


def zigzag(number: int) -> bytes:
    """A long as Avro writes it."""
    rest, out = (number << 1) ^ (number >> 63), bytearray()
    rest &= (1 << 64) - 1
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def codec_for(schema: Any) -> Codec:
    registry = MemoryRegistry()
    outer = {"type": "record", "name": "Outer", "fields": [{"name": "it", "type": schema}]}
    registry.register("s", schema if isinstance(schema, dict) and schema.get("name") == "Tree" else outer)
    return Codec(registry)


def refused(codec: Codec, body: bytes) -> str:
    """Decodes within bounds of time and memory; the refusal in words, or what was read."""
    codec.learn(1)
    tracemalloc.start()
    started = time.process_time()
    try:
        codec.decode(wire(1, body))
        found = "read"
    except Undecodable as error:
        found = str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
    assert time.process_time() - started < SECONDS
    assert peak < MEGABYTES
    assert len(found) < 700
    return found


LENGTHS = [2**31 - 1, 2**31, 2**40, 2**62, 2**63 - 1, -1, -(2**31), -(2**63)]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_length_bomb_is_refused(shape: str, length: int) -> None:
    told = refused(codec_for(SHAPES[shape]), zigzag(length))
    if shape not in ("long", "timestamp", "date", "boolean"):
        assert "read these bytes" in told or "left over" in told


@pytest.mark.parametrize("shape", ["array of null", "array of empty records", "map of null"])
def test_items_that_need_no_bytes_do_not_fill_the_memory(shape: str) -> None:
    """A count of a hundred million in five bytes."""
    assert "read these bytes" in refused(codec_for(SHAPES[shape]), zigzag(10**8) + b"\x00")


def test_a_block_with_a_size_that_lies_is_refused() -> None:
    body = zigzag(-2) + zigzag(2**62) + zigzag(1) + zigzag(1) + b"\x00"
    assert refused(codec_for(SHAPES["array of longs"]), body)


@pytest.mark.parametrize("depth", [100, 1_000, 100_000, LARGEST - 10])
def test_deep_nesting_is_refused_or_read_and_never_a_crash(depth: int) -> None:
    limit = sys.getrecursionlimit()
    told = refused(codec_for(TREE), b"\x02" * depth + b"\x00")
    assert told.startswith("read") if depth == 100 else told
    assert sys.getrecursionlimit() == limit


def test_a_number_that_never_ends_is_refused() -> None:
    for body in (b"\xff" * 11, b"\xff" * LARGEST, b"\x80" * 9 + b"\x7f\x00"):
        assert "read these bytes" in refused(codec_for("long"), body)


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        ("timestamp", zigzag(2**63 - 1)),
        ("timestamp", zigzag(-(2**63))),
        ("date", zigzag(2**31 - 1)),
        ("enum", zigzag(7)),
        ("union", zigzag(9)),
        ("union", zigzag(-1)),
        ("string", zigzag(2) + b"\xff\xfe"),
        ("decimal", zigzag(100) + b"\x7f" * 100),
    ],
)
def test_values_out_of_their_type_are_refused_or_read(shape: str, body: bytes) -> None:
    assert refused(codec_for(SHAPES[shape]), body)


WHOLE = Codec(MemoryRegistry()).encode(CRM_OPPORTUNITY, example(Opportunity))


def ours() -> Codec:
    codec = Codec(MemoryRegistry())
    codec.encode(CRM_OPPORTUNITY, example(Opportunity))
    return codec


OURS = ours()


def outcome(data: bytes) -> object:
    """The record, or the refusal in words; every other exception is a failure of the test."""
    try:
        return OURS.read(data, Opportunity)
    except (Undecodable, ContractViolation) as error:
        return str(error)[:2500]


def test_every_truncation_is_undecodable() -> None:
    for at in range(len(WHOLE)):
        with pytest.raises(Undecodable):
            OURS.read(WHOLE[:at], Opportunity)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_behind_a_good_header_are_read_or_refused(body: bytes) -> None:
    assert outcome(wire(1, body))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_flipped_byte_is_read_or_refused_quickly(data: st.DataObject) -> None:
    at = data.draw(st.integers(5, len(WHOLE) - 1))
    damaged = WHOLE[:at] + bytes([data.draw(st.integers(0, 255))]) + WHOLE[at + 1 :]
    started = time.process_time()
    assert outcome(damaged)
    assert time.process_time() - started < SECONDS


def test_the_largest_record_of_wrong_lines_is_told_in_bounds() -> None:
    """Two megabytes of lines that each break the contract in several ways."""
    record = OURS.decode(WHOLE).record
    line = {**record["lines"][0], "id": "", "sku": "", "quantity": Decimal(0)}
    registry = MemoryRegistry()
    codec = Codec(registry)
    codec.encode(CRM_OPPORTUNITY, example(Opportunity))
    write = codec.writer(CRM_OPPORTUNITY.subject, registry.schema(1))
    data = write({**record, "lines": [line] * (LARGEST // 12)})
    assert len(data) < 3 * LARGEST
    started = time.process_time()
    with pytest.raises(ContractViolation, match="and more; contract opportunity"):
        codec.read(data, Opportunity)
    assert time.process_time() - started < 4 * SECONDS


@pytest.mark.parametrize(
    "schema",
    [{"type": "object"}, {"type": "record", "name": "X"}, {"type": "array"}, {"type": ["null", "Missing"]}, {}],
    ids=json.dumps,
)
def test_a_schema_that_is_none_makes_its_records_undecodable(schema: dict[str, Any]) -> None:
    class Odd(MemoryRegistry):
        def schema(self, schema_id: int) -> dict[str, Any]:
            return schema

    with pytest.raises(Undecodable, match="schema id 1"):
        Codec(Odd()).decode(wire(1, b"\x00"))
