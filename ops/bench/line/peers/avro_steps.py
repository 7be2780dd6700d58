"""W1 with stock fastavro, for the Python peers: a parsed schema, one BytesIO per record, no schema look-ups."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import fastavro
from contract import HEADER_IN, HEADER_OUT, SCHEMA_IN, SCHEMA_OUT, Bad, handle_with

_IN = fastavro.parse_schema(SCHEMA_IN)
_OUT = fastavro.parse_schema(SCHEMA_OUT)
_read, _write = fastavro.schemaless_reader, fastavro.schemaless_writer


def read(raw: bytes) -> Any:
    if raw[:5] != HEADER_IN:
        raise Bad("header")
    buffer = BytesIO(raw)
    buffer.seek(5)
    return _read(buffer, _IN, None)


def write(order: Any) -> bytes:
    buffer = BytesIO()
    buffer.write(HEADER_OUT)
    _write(buffer, _OUT, order)
    return buffer.getvalue()


handle = handle_with(read, write)
