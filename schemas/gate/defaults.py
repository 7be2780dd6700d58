"""Is a default a value of its type? As Java's parser asks, and a little stricter: what it lets through and then
fails on while reading (an enum's default that is no symbol, a fixed of another length) is refused here.
"""

from __future__ import annotations

from typing import Any

from schemas.gate.model import MISSING, Type

_BITS = {"int": 31, "long": 63}
_MOST_STEPS = 10_000  #: a default inside a recursive union can be tried in exponentially many ways


def default_problem(type_: Type, value: Any) -> str:
    """Why the value cannot be the default of the type; "" when it can."""
    if valid(type_, value, [_MOST_STEPS]):
        return ""
    shown = repr(value) if value is not None else "null"
    return f"is {shown[:60]}, which is not a value of {str(type_)[:80]}"


def valid(type_: Type, value: Any, steps: list[int]) -> bool:  # noqa: PLR0911 - one return per kind of type
    """Whether a JSON value is one of the type, as defaults are written. Out of `steps`, nothing is valid."""
    steps[0] -= 1
    if steps[0] < 0:
        return False
    kind = type_.kind
    if kind == "null":
        return value is None
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in _BITS:
        return type(value) is int and -(2 ** _BITS[kind]) <= value < 2 ** _BITS[kind]
    if kind in ("float", "double"):
        return type(value) in (int, float)
    if kind == "union":
        return any(valid(branch, value, steps) for branch in type_.branches)
    if kind == "array" and type_.inner is not None:
        return isinstance(value, list) and all(valid(type_.inner, item, steps) for item in value)
    if kind == "map" and type_.inner is not None:
        return isinstance(value, dict) and all(valid(type_.inner, item, steps) for item in value.values())
    if kind == "record":
        return isinstance(value, dict) and all(
            valid(field.type, value[name], steps) if name in value else field.default is not MISSING
            for name, field in type_.fields.items()
        )
    return isinstance(value, str) and _valid_text(type_, value)


def _valid_text(type_: Type, value: str) -> bool:
    if type_.kind == "enum":
        return value in type_.symbols
    if type_.kind == "fixed":
        return len(value) == type_.size and all(ord(char) < 256 for char in value)
    if type_.kind == "bytes":
        return all(ord(char) < 256 for char in value)
    return type_.kind == "string"
