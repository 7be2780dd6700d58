"""Fields of JSON as the canonical records want them. Each raises ContractViolation that names the field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from schemas.codec import ContractViolation

_DECIMAL = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9:]{8})(?:\.([0-9]{1,9}))?([Zz]|[+-][0-9]{2}:[0-9]{2})")


def shown(value: Any) -> str:
    """A value for a message: short, and cheap whatever it is."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    return repr(value)[:80] if isinstance(value, str | int | bool | None) else str(value)[:80]


def required_text(data: Mapping[str, Any], name: str) -> str:
    """A text that is not empty."""
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise ContractViolation(f"{name}: must be a text that is not empty (is {shown(value)})")
    return value


def exact_decimal(data: Mapping[str, Any], name: str) -> Decimal | None:
    """A decimal text or a whole JSON number. A JSON number with a fraction is refused: senders make it of a float."""
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, Decimal):
        raise ContractViolation(
            f'{name}: is a JSON number, send it as a decimal text such as "12.50" (is {shown(value)})'
        )
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise ContractViolation(f'{name}: must be a decimal text such as "12.50" (is {shown(value)})')
    return Decimal(value)


def day(data: Mapping[str, Any], name: str) -> date | None:
    """A day as `2026-01-31`."""
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ContractViolation(f"{name}: must be a day such as 2026-01-31 (is {shown(value)})")


def moment(data: Mapping[str, Any], name: str) -> tuple[datetime, int]:
    """A time with its zone (RFC 3339), to the microsecond, and the nanoseconds that are left over."""
    value = data.get(name)
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is not None:
        on, at, fraction, zone = found.groups()
        nanos = (fraction or "").ljust(9, "0")
        try:
            moment = datetime.fromisoformat(f"{on}T{at}.{nanos[:6]}{zone.upper()}")
            return moment.astimezone(UTC), int(nanos[6:])
        except (ValueError, OverflowError):
            pass
    raise ContractViolation(f"{name}: must be a time with its zone such as 2026-01-31T09:30:00Z (is {shown(value)})")


def check_texts(data: Any, path: str = "") -> None:
    """Refuse texts that no database or header can hold: U+0000 and halves of a surrogate pair."""
    for name, text in _texts(data, path):
        if any(char == "\x00" or "\ud800" <= char <= "\udfff" for char in text):
            raise ContractViolation(f"{name or 'a name'}: holds U+0000 or half a surrogate pair")


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, child in value.items():
            yield path, name
            yield from _texts(child, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _texts(child, f"{path}[{index}]")
