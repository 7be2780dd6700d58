"""Damaged records through the codec: a value or `Undecodable`, in bounded time. A value is what fastavro reads too."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from io import BytesIO
from random import Random
from typing import Any

import fastavro

from ops.chaos.fuzz.damage import damaged_bytes
from ops.chaos.fuzz.outcome import Outcome
from schemas.codec import Codec, Undecodable
from schemas.gate.parse import schema_of
from schemas.gate.python_reader import tagged, without_logical
from schemas.gate.sample import records
from schemas.registry import MemoryRegistry

_LONGEST_S = 2.0
_HEADER = 5
#: Schemas that are hard on a reader: a type inside itself, items that take no bytes, nested containers.
HOSTILE: tuple[dict[str, Any], ...] = (
    {"type": "record", "name": "Deep", "fields": [{"name": "in", "type": ["null", "Deep"]}]},
    {"type": "record", "name": "Empty", "fields": [{"name": "a", "type": {"type": "array", "items": "null"}}]},
    {
        "type": "record",
        "name": "Nested",
        "fields": [{"name": "m", "type": {"type": "map", "values": {"type": "array", "items": "long"}}}],
    },
    {
        "type": "record",
        "name": "Tree",
        "fields": [{"name": "all", "type": {"type": "array", "items": "Tree"}}, {"name": "s", "type": "bytes"}],
    },
)


def fuzz_records(
    schemas: Sequence[Any], count: int, seed: int, told: Callable[[int], None] = lambda done: None
) -> Outcome:
    """`count` damaged records of the schemas, and of some that are hostile themselves."""
    registry, outcome = MemoryRegistry(), Outcome()
    codec, originals, parsed = Codec(registry), [], {}
    for schema in (*schemas, *HOSTILE):
        schema_id = registry.register("fuzz", schema)
        parsed[schema_id] = fastavro.parse_schema(schema)
        originals += [_wire(schema_id, schema, raw) for raw in records(schema_of(schema).root, 4, "fuzz")]
    random = Random(f"records/{seed}")
    for number in range(count):
        data = damaged_bytes(originals[number % len(originals)], random)
        _try(outcome, codec, parsed, data, f"seed {seed}, record {number}")
        told(number + 1)
    return outcome


def _wire(schema_id: int, schema: Any, raw: Any) -> bytes:
    buffer = BytesIO()
    buffer.write(b"\x00" + schema_id.to_bytes(4, "big"))
    fastavro.schemaless_writer(
        buffer, fastavro.parse_schema(without_logical(schema)), tagged(schema_of(schema).root, raw)
    )
    return buffer.getvalue()


def _try(outcome: Outcome, codec: Codec, parsed: dict[int, Any], data: bytes, what: str) -> None:
    outcome.inputs += 1
    start = time.perf_counter()
    record = None
    try:
        record = codec.decode(data).record
    except Undecodable:
        outcome.count("undecodable")
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        outcome.keep(outcome.crashes, f"{what}: {error!r} on {data[:60].hex()}"[:300])
    outcome.took(time.perf_counter() - start, _LONGEST_S, f"{what}: {data[:60].hex()}")
    if record is not None:
        outcome.count("read")
        problem = _misread(parsed, data, record)
        if problem:
            outcome.keep(outcome.wrongly_accepted, f"{what}: {problem} on {data[:60].hex()}"[:300])


def _misread(parsed: dict[int, Any], data: bytes, record: Any) -> str:
    """Why the codec should not have read this; "" when fastavro reads the same, to the last byte."""
    buffer = BytesIO(data)
    buffer.seek(_HEADER)
    try:
        theirs = fastavro.schemaless_reader(buffer, parsed[int.from_bytes(data[1:_HEADER], "big")], None)
    except Exception as error:
        return f"fastavro refuses it: {error!r}"
    if buffer.tell() != len(data):
        return f"{len(data) - buffer.tell()} bytes are left over"
    return "" if _same(theirs, record) else f"fastavro reads {theirs!r}"


def _same(theirs: Any, ours: Any) -> bool:
    """Equal, where fastavro rounds a decimal that has more digits than its schema allows.

    The codec gives it as it is written, and the contract's check refuses it afterwards.
    """
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return theirs.keys() == ours.keys() and all(_same(theirs[key], ours[key]) for key in theirs)
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(theirs) == len(ours) and all(map(_same, theirs, ours))
    if isinstance(theirs, Decimal) and isinstance(ours, Decimal):
        digits = max(len(theirs.as_tuple().digits), 1)
        return theirs == ours or (len(ours.as_tuple().digits) > digits and Context(prec=digits).plus(ours) == theirs)
    return repr(theirs) == repr(ours)
