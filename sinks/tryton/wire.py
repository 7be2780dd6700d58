"""Values on Tryton's wire: JSON, with decimals and times as tagged objects. No number becomes a binary float here."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any


class Quantity(Decimal):
    """A number that Tryton wants as a plain JSON number: it keeps quantities so. Up to 15 digits survive."""


def dumps(value: Any) -> bytes:
    return json.dumps(value, default=_tagged, ensure_ascii=False, separators=(",", ":")).encode()


def _tagged(value: Any) -> Any:
    if isinstance(value, Quantity):
        return float(value)
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, datetime):
        fields = ("year", "month", "day", "hour", "minute", "second", "microsecond")
        utc = value.astimezone(UTC)
        return {"__class__": "datetime", **{name: getattr(utc, name) for name in fields}}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    raise TypeError(f"{type(value).__name__} has no form on the wire")


def loads(data: bytes) -> Any:
    """ValueError: not JSON."""
    return json.loads(data, object_hook=_value, parse_float=Decimal)


def _value(tagged: dict[str, Any]) -> Any:
    match tagged.get("__class__"):
        case "Decimal":
            return Decimal(tagged["decimal"])
        case "datetime":
            day = date(tagged["year"], tagged["month"], tagged["day"])
            hour = time(tagged["hour"], tagged["minute"], tagged["second"], tagged["microsecond"], UTC)
            return datetime.combine(day, hour)
        case "date":
            return date(tagged["year"], tagged["month"], tagged["day"])
        case _:
            return tagged
