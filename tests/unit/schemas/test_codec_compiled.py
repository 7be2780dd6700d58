"""The compiled readers and writers agree with fastavro, on our schemas and on any, and are not led astray."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from io import BytesIO
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import Codec, Undecodable
from schemas.compiled import Unsupported, compile_reader, compile_writer
from schemas.fallback import reader_for, writer_for
from schemas.records import Travelling
from schemas.registry import MemoryRegistry
from schemas.released import newest_schema, released_versions
from tests.unit.schemas.examples import MODELS, example, records

_AMOUNT = {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 4}
_MOMENT = {"type": "long", "logicalType": "timestamp-micros"}
_DAY = {"type": "int", "logicalType": "date"}
_LEAVES: list[tuple[Any, st.SearchStrategy[Any]]] = [
    ("null", st.none()),
    ("boolean", st.booleans()),
    ("int", st.integers(-(2**31), 2**31 - 1)),
    ("long", st.integers(-(2**63), 2**63 - 1)),
    ("double", st.floats(allow_nan=False)),
    ("float", st.floats(width=32, allow_nan=False)),
    ("bytes", st.binary(max_size=80)),
    ("string", st.text(max_size=80)),
    (_AMOUNT, st.decimals(-(10**13), 10**13, places=4)),
    (_MOMENT, st.datetimes(timezones=st.just(UTC))),
    (_DAY, st.dates()),
]


def written(schema: Any, value: Any) -> bytes:
    buffer = BytesIO()
    fastavro.schemaless_writer(buffer, schema, value)
    return buffer.getvalue()


def record_of(*types: Any) -> Any:
    fields = [{"name": f"field{place}", "type": type_} for place, type_ in enumerate(types)]
    return fastavro.parse_schema({"type": "record", "name": "Any", "fields": fields})


@st.composite
def cases(draw: st.DrawFn) -> tuple[Any, dict[str, Any]]:
    """A record schema, and a record of it."""
    types, values = [], []
    for _ in range(draw(st.integers(1, 6))):
        leaf, any_value = draw(st.sampled_from(_LEAVES))
        match draw(st.sampled_from(["plain", "nullable", "array"])):
            case "nullable" if leaf != "null":
                leaf, any_value = ["null", leaf], st.none() | any_value
            case "array":
                leaf, any_value = {"type": "array", "items": leaf}, st.lists(any_value, max_size=70)
        types.append(leaf)
        values.append(draw(any_value))
    return record_of(*types), {f"field{place}": value for place, value in enumerate(values)}


@settings(max_examples=400, deadline=None)
@given(cases())
def test_any_record_has_fastavros_bytes_and_values(case: tuple[Any, dict[str, Any]]) -> None:
    schema, record = case
    bytes_ = written(schema, record)
    assert compile_writer(schema, b"head", attributes=False)(record) == b"head" + bytes_
    found, end = compile_reader(schema)(b"head" + bytes_, 4)
    assert end == 4 + len(bytes_)
    assert found == fastavro.schemaless_reader(BytesIO(bytes_), schema, None)
    assert repr(found) == repr(fastavro.schemaless_reader(BytesIO(bytes_), schema, None))  # scales and zones, too


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_our_schemas_are_compiled(model: type[Travelling]) -> None:
    parsed = fastavro.parse_schema(newest_schema(model))
    compile_writer(parsed, b"", attributes=True)(example(model))
    for _, text in released_versions(model):
        compile_reader(fastavro.parse_schema(json.loads(text)))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_our_records_have_fastavros_bytes(model: type[Travelling], data: st.DataObject) -> None:
    record, parsed = data.draw(records(model)), fastavro.parse_schema(newest_schema(model))
    bytes_ = written(parsed, record.model_dump())
    assert compile_writer(parsed, b"", attributes=True)(record) == bytes_
    found, end = compile_reader(parsed)(bytes_, 0)
    assert (repr(found), end) == (repr(fastavro.schemaless_reader(BytesIO(bytes_), parsed, None)), len(bytes_))


@settings(max_examples=400, deadline=None)
@given(cases(), st.data())
def test_damaged_bytes_are_refused_or_mean_what_fastavro_says(
    case: tuple[Any, dict[str, Any]], data: st.DataObject
) -> None:
    """It may refuse more than fastavro (lengths below zero, rounded amounts), and never reads something else."""
    schema, record = case
    whole = written(schema, record)
    at = data.draw(st.integers(0, len(whole)))
    damaged = whole[:at] + data.draw(st.binary(max_size=12)) + whole[at + data.draw(st.integers(0, 12)) :]
    try:
        found, end = compile_reader(schema)(damaged, 0)
    except Exception:
        return
    if end != len(damaged):
        return
    assert repr(found) == repr(fastavro.schemaless_reader(BytesIO(damaged), schema, None))


def test_other_complex_types_are_read_as_fastavro_reads_them() -> None:
    tree = {"type": "record", "name": "Tree", "fields": [{"name": "below", "type": {"type": "array", "items": "Tree"}}]}
    schema = record_of(
        ["string", "long", {"type": "map", "values": ["null", "double"]}],
        {"type": "enum", "name": "Colour", "symbols": ["RED", "BLUE"]},
        "Colour",
        {"type": "fixed", "name": "Four", "size": 4},
        {"type": "fixed", "name": "Fee", "size": 3, "logicalType": "decimal", "precision": 6, "scale": 2},
        {"type": "long", "logicalType": "timestamp-millis"},
        tree,
    )
    moment = datetime(2026, 1, 31, 9, 30, 0, 123000, tzinfo=UTC)
    record = {
        "field0": {"a": 1.5, "b": None}, "field1": "BLUE", "field2": "RED", "field3": b"abcd",
        "field4": Decimal("-12.34"), "field5": moment, "field6": {"below": [{"below": []}, {"below": []}]},
    }  # fmt: skip
    bytes_ = written(schema, record)
    assert compile_reader(schema)(bytes_, 0) == (record, len(bytes_))
    with pytest.raises(Unsupported):  # which branch of the union it is, fastavro decides
        compile_writer(schema, b"", attributes=False)
    assert writer_for(schema, b"")(record) == bytes_


def test_a_type_that_is_not_compiled_is_left_to_fastavro() -> None:
    schema = record_of({"type": "int", "logicalType": "time-millis"})
    bytes_ = written(schema, {"field0": 1000})
    with pytest.raises(Unsupported):
        compile_reader(schema)
    assert reader_for(schema)(bytes_, 0) == (fastavro.schemaless_reader(BytesIO(bytes_), schema, None), len(bytes_))


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (_MOMENT, datetime(2026, 1, 31, 9, 30)),  # noqa: DTZ001 - without a zone, as fastavro takes it
        (_DAY, "2026-01-31"),
        (_AMOUNT, Decimal("1E+3")),
        ("double", 7),
        ("long", True),
    ],
)
def test_a_value_that_is_not_plain_is_written_as_fastavro_writes_it(type_: Any, value: Any) -> None:
    schema = record_of(type_)
    assert writer_for(schema, b"")({"field0": value}) == written(schema, {"field0": value})


@pytest.mark.parametrize(
    ("type_", "value", "error"),
    [
        (_AMOUNT, Decimal("1.00001"), ValueError),
        (_AMOUNT, Decimal("1.50000"), ValueError),
        (_AMOUNT, Decimal("1234567890123456789"), ValueError),
        (_AMOUNT, Decimal("NaN"), (ValueError, TypeError)),
        ("long", 2**63, OverflowError),
        ("string", None, TypeError),
        ("string", b"bytes", TypeError),
    ],
)
def test_a_value_that_does_not_fit_raises_as_with_fastavro(type_: Any, value: Any, error: Any) -> None:
    schema = record_of(type_)
    with pytest.raises(error):
        written(schema, {"field0": value})
    with pytest.raises(error):
        writer_for(schema, b"")({"field0": value})


def test_a_default_stands_for_a_field_that_is_absent() -> None:
    schema = fastavro.parse_schema(
        {"type": "record", "name": "R", "fields": [{"name": "a", "type": "long", "default": 7}]}
    )
    assert writer_for(schema, b"")({}) == compile_writer(schema, b"", attributes=False)({}) == written(schema, {})


_ENDLESS = b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f"  # a count of 2^62 - 1


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        ({"type": "array", "items": "null"}, _ENDLESS + b"\x00"),
        ({"type": "array", "items": "string"}, _ENDLESS),
        ({"type": "map", "values": "null"}, _ENDLESS),
        ("string", _ENDLESS),
        ("string", b"\x01"),  # a length of -1
        ("bytes", b"\xff" * 30),  # a number without an end
        ("long", b"\xff" * 9 + b"\x7f"),  # 70 bits
        (_AMOUNT, b"\xa0\x1f" + b"\x7f" * 2000),  # an amount of 2,000 bytes
        (_AMOUNT, b"\x14" + b"\x7f" * 10),  # 24 digits where 18 fit: rounding would be another amount
        (_DAY, b"\xfe\xff\xff\xff\x0f"),  # beyond the year 9999
        (["null", "string"], b"\x04"),
    ],
)
@pytest.mark.timeout(10)
def test_hostile_bytes_are_refused_at_once(type_: Any, body: bytes) -> None:
    registry = MemoryRegistry()
    schema_id = registry.register("hostile", json.loads(_json(record_of(type_))))
    with pytest.raises(Undecodable):
        Codec(registry).decode(b"\x00" + schema_id.to_bytes(4, "big") + body)


def _json(schema: Any) -> str:
    plain = {key: value for key, value in schema.items() if not key.startswith("__")}
    return str(json.dumps(plain))


@pytest.mark.timeout(10)
def test_bytes_nested_without_end_are_refused() -> None:
    tree = {"type": "record", "name": "Tree", "fields": [{"name": "below", "type": ["null", "Tree"]}]}
    registry = MemoryRegistry()
    schema_id = registry.register("tree", tree)
    with pytest.raises(Undecodable, match="RecursionError"):
        Codec(registry).decode(b"\x00" + schema_id.to_bytes(4, "big") + b"\x02" * 100_000 + b"\x00")


def test_a_codecs_writer_takes_plain_records() -> None:
    codec = Codec(MemoryRegistry())
    schema = {"type": "record", "name": "R", "fields": [{"name": "day", "type": _DAY}]}
    write = codec.writer("subject", schema)
    assert codec.decode(write({"day": date(2026, 1, 31)})) == (1, {"day": date(2026, 1, 31)})


def test_equal_moments_with_different_days_are_written_as_their_own_days() -> None:
    """One instant, told in two zones; and a day that is looked up twice is the same bytes."""
    east = datetime(2026, 3, 2, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    west = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert east == west
    schema = fastavro.parse_schema({"type": "record", "name": "Due", "fields": [{"name": "on", "type": _DAY}]})
    write, read = writer_for(schema, b""), reader_for(schema)
    days = [read(write({"on": value}), 0)[0]["on"] for value in (east, west, east.date(), west.date(), east.date())]
    assert days == [date(2026, 3, 2), date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 1), date(2026, 3, 2)]
