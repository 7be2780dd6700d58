"""What a raw Avro value means to whoever reads it with a type: the number 123456 is 1234.56, or 12.3456, or a date.

A meaning is a pair of kind and value; two readers agree when their pairs are equal. Instants are seconds as exact
fractions, so that units compare.
"""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from schemas.gate.logical import unit_of
from schemas.gate.model import NUMBERS, Type

Meaning = tuple[str, Any]
_MOST_PLACES = 1000  #: what is written out with its zeros
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def meaning(type_: Type, raw: Any) -> Meaning:
    """What a reader takes the raw value of a primitive, enum or fixed for, its logical type applied."""
    logical = type_.logical
    if logical is None:
        return _plain(raw)
    if logical.name == "decimal" and isinstance(raw, bytes):
        if logical.scale > _MOST_PLACES:
            return f"decimal of {logical.scale} places", int.from_bytes(raw, "big", signed=True)
        return "decimal", Decimal(int.from_bytes(raw, "big", signed=True)).scaleb(-logical.scale)
    unit = unit_of(logical.name)
    if unit is not None and isinstance(raw, int):
        return unit[0], Fraction(raw, unit[1])
    if logical.name == "uuid":
        return "uuid", raw.hex() if isinstance(raw, bytes) else str(raw).replace("-", "")
    return logical.name, raw


def python_meaning(value: Any) -> Meaning:
    """What a value that fastavro gave means."""
    if isinstance(value, Decimal):
        return "decimal", value
    if isinstance(value, datetime):
        aware = value.tzinfo is not None
        since = value - (_EPOCH if aware else _EPOCH.replace(tzinfo=None))
        return "timestamp" if aware else "local-timestamp", Fraction(since // timedelta(microseconds=1), 1_000_000)
    if isinstance(value, date):
        return "date", (value - _EPOCH.date()).days
    if isinstance(value, time):
        seconds = (value.hour * 60 + value.minute) * 60 + value.second
        return "time", Fraction(seconds * 1_000_000 + value.microsecond, 1_000_000)
    if isinstance(value, UUID):
        return "uuid", value.hex
    return _plain(value)


def promoted(raw: Any, kind: str) -> Any:
    """The raw value as a reader of another kind gets it. ValueError where bytes are not a text."""
    if kind in NUMBERS and isinstance(raw, int | float) and not isinstance(raw, bool):
        if kind == "float":
            return struct.unpack("<f", struct.pack("<f", raw))[0]
        return float(raw) if kind == "double" else raw
    if kind == "bytes" and isinstance(raw, str):
        return raw.encode()
    if kind == "string" and isinstance(raw, bytes):
        return raw.decode("utf-8", "replace")  # as Java's Utf8 does
    return raw


def told(found: Meaning) -> str:  # noqa: PLR0911 - one return per kind of meaning
    """A meaning in a message: `1234.5600`, `2026-11-21 10:00:00+00:00`, `19683`."""
    kind, value = found
    if kind == "decimal":
        return f"{value:f}"
    try:
        if kind in ("timestamp", "local-timestamp"):
            moment = _EPOCH + timedelta(microseconds=int(value * 1_000_000))
            return str(moment if kind == "timestamp" else moment.replace(tzinfo=None))
        if kind == "time":
            return str((_EPOCH + timedelta(microseconds=int(value * 1_000_000))).time())
        if kind == "date":
            return str(_EPOCH.date() + timedelta(days=value))
    except (OverflowError, ValueError):
        return f"{kind} far outside the calendar ({float(value):.3g})"
    if kind == "text":
        return f'"{str(value)[:40]}"'
    return str(value)[:60]


def _plain(raw: Any) -> Meaning:
    if isinstance(raw, bool) or raw is None:
        return "constant", raw
    if isinstance(raw, int | float):
        return "number", raw
    if isinstance(raw, str):
        return "text", raw
    return "bytes", bytes(raw)
