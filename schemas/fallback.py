"""Which code reads and writes a schema: the compiled one, or fastavro's for what is not compiled.

A record that the compiled writer refuses goes to fastavro, too: what it accepts (a date as text, a moment without a
zone) is written as ever, and what it refuses raises as ever.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import fastavro

from schemas.compiled import Reader, Unsupported, compile_reader, compile_writer


def reader_for(parsed: Any) -> Reader:
    """The reader of a parsed schema."""
    try:
        return compile_reader(parsed)
    except Unsupported:
        return _general_reader(parsed)


def _general_reader(parsed: Any) -> Reader:
    def read(data: bytes, at: int) -> tuple[Any, int]:
        buffer = BytesIO(data)
        buffer.seek(at)
        return fastavro.schemaless_reader(buffer, parsed, None), buffer.tell()

    return read


def writer_for(
    parsed: Any, header: bytes, plain: Callable[[Any], dict[str, Any]] | None = None
) -> Callable[[Any], bytes]:
    """The writer of a parsed schema. `plain` makes a dict of a value that is an object with attributes."""
    general = _general_writer(parsed, header, plain)
    try:
        compiled = compile_writer(parsed, header, attributes=plain is not None)
    except Unsupported:
        return general

    def write(value: Any) -> bytes:
        try:
            return compiled(value)
        except Exception:
            return general(value)

    return write


def _general_writer(
    parsed: Any, header: bytes, plain: Callable[[Any], dict[str, Any]] | None
) -> Callable[[Any], bytes]:
    def write(value: Any) -> bytes:
        buffer = BytesIO()
        buffer.write(header)
        fastavro.schemaless_writer(buffer, parsed, plain(value) if plain else value)
        return buffer.getvalue()

    return write
