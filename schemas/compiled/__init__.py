"""Avro by specialised code: one Python function per schema, generated once and compiled.

A general Avro library looks every field's type up again for every record, and calls a function per value. Here that is
done once per schema: what is left per record is straight-line code. Schemas with a type that is not covered raise
Unsupported, and the codec reads and writes them with fastavro.

    reading   schema -> source of `read(data, at) -> (value, end)`     source   lines, names, constants
    writing   schema -> source of `write(value) -> bytes`              numbers  the wire format's numbers, slow cases
"""

from schemas.compiled.reading import Reader, compile_reader
from schemas.compiled.source import Unsupported
from schemas.compiled.writing import Writer, compile_writer

__all__ = ["Reader", "Unsupported", "Writer", "compile_reader", "compile_writer"]
