"""Logical types: which are valid on which type, as Avro's specification says (1.12, "Logical Types")."""

from __future__ import annotations

from typing import Any

from schemas.gate.model import Logical

_LONG = (
    "time-micros",
    "timestamp-millis",
    "timestamp-micros",
    "timestamp-nanos",
    "local-timestamp-millis",
    "local-timestamp-micros",
    "local-timestamp-nanos",
)
#: logical type -> the kinds it is valid on; `duration` also needs fixed(12), `uuid` fixed(16)
VALID_ON: dict[str, frozenset[str]] = {
    "decimal": frozenset({"bytes", "fixed"}),
    "big-decimal": frozenset({"bytes"}),
    "uuid": frozenset({"string", "fixed"}),
    "date": frozenset({"int"}),
    "time-millis": frozenset({"int"}),
    "duration": frozenset({"fixed"}),
    **dict.fromkeys(_LONG, frozenset({"long"})),
}
#: unit of a count, by logical type: two of one family that differ only here are a change of unit
UNITS = {"millis": 1_000, "micros": 1_000_000, "nanos": 1_000_000_000}
_FIXED_SIZES = {"duration": 12, "uuid": 16}


def unit_of(name: str) -> tuple[str, int] | None:
    """("timestamp", ticks per second) of `timestamp-micros` and its like; None where there is no unit."""
    family, _, unit = name.rpartition("-")
    return (family, UNITS[unit]) if unit in UNITS else None


def read_logical(raw: dict[str, Any], kind: str, size: int) -> tuple[Logical | None, str]:
    """The logical type that a reader will apply, and why there is none where one is written."""
    name = raw.get("logicalType")
    if name is None:
        return None, ""
    if not isinstance(name, str):
        return None, "its logicalType is not a text"
    if name not in VALID_ON:
        return Logical(name), ""  # somebody's own: opaque, but a change of it is still a change
    if kind not in VALID_ON[name]:
        return None, f"{name} is not valid on {kind} (it goes on {' or '.join(sorted(VALID_ON[name]))})"
    if kind == "fixed" and name in _FIXED_SIZES and size != _FIXED_SIZES[name]:
        return None, f"{name} needs a fixed of {_FIXED_SIZES[name]} bytes, this has {size}"
    return _decimal(raw, kind, size) if name == "decimal" else (Logical(name), "")


def _decimal(raw: dict[str, Any], kind: str, size: int) -> tuple[Logical | None, str]:
    precision, scale = raw.get("precision"), raw.get("scale", 0)
    if type(precision) is not int or precision <= 0:
        return None, "a decimal needs a precision above 0"
    if type(scale) is not int or not 0 <= scale <= precision:
        return None, f"a decimal's scale is from 0 to its precision, {precision}; this is {scale!r}"
    if kind == "fixed" and precision > fixed_digits(size):
        return None, f"{size} bytes hold {fixed_digits(size)} digits, precision is {precision}"
    return Logical("decimal", precision, scale), ""


def fixed_digits(size: int) -> int:
    """How many decimal digits a signed number of so many bytes always holds: floor(log10(2^(8n-1) - 1))."""
    return len(str(2 ** (8 * min(size, 1000) - 1) - 1)) - 1 if size > 0 else 0
