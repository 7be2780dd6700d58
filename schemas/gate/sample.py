"""Records of a schema, as raw Avro values: the same ones for the same schema, amounts and boundaries among them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from schemas.gate.logical import unit_of
from schemas.gate.model import Type

_MOST_DIGITS = 1000  #: a file may name a precision of a thousand million
_DEEPEST = 8
_MOST = 5_000  #: values in one record


class Unsampleable(Exception):
    """No finite, small record exists of this schema: a record that must contain itself, or too many fields."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A union's value: which branch, and its raw value."""

    index: int
    raw: Any


def records(type_: Type, count: int, seed: str) -> list[Any]:
    """`count` raw values. Raises Unsampleable."""
    return [_Sampler(Random(f"{seed}/{turn}"), turn).value(type_, 0) for turn in range(count)]


class _Sampler:
    def __init__(self, random: Random, turn: int) -> None:
        self._random, self._turn, self._left = random, turn, _MOST

    def value(self, type_: Type, depth: int) -> Any:
        self._left -= 1
        if depth > _DEEPEST * 4 or self._left < 0:
            raise Unsampleable
        kind = type_.kind
        if kind == "record":
            return {name: self.value(field.type, depth + 1) for name, field in type_.fields.items()}
        if kind == "union":
            return self._branch(type_, depth)
        if kind in ("array", "map") and type_.inner is not None:
            count = 0 if depth > _DEEPEST else 1 + self._turn % 2
            items = [self.value(type_.inner, depth + 1) for _ in range(count)]
            return items if kind == "array" else {f"key{at}": item for at, item in enumerate(items)}
        if kind == "enum":
            if not type_.symbols:
                raise Unsampleable
            return type_.symbols[self._turn % len(type_.symbols)]
        return self._leaf(type_)

    def _branch(self, union: Type, depth: int) -> Branch:
        if not union.branches:
            raise Unsampleable
        small = [at for at, branch in enumerate(union.branches) if branch.kind == "null"]
        if depth > _DEEPEST and small:
            return Branch(small[0], None)
        real = [at for at in range(len(union.branches)) if at not in small] or small
        # The first records have every value; each third one shows the null.
        index = small[0] if small and self._turn % 3 == 2 else real[self._turn % len(real)]
        return Branch(index, self.value(union.branches[index], depth + 1))

    def _leaf(self, type_: Type) -> Any:  # noqa: PLR0911 - one return per kind of type
        if type_.logical is not None:
            special = self._logical(type_)
            if special is not None:
                return special
        turn, random = self._turn, self._random
        if type_.kind in ("int", "long"):
            bits = 31 if type_.kind == "int" else 63
            return (7, 2**bits - 2, -(2**bits) + 1, random.randint(0, 2**31 - 1))[turn % 4]
        if type_.kind in ("float", "double"):
            return (0.5, -1234.5, random.randint(0, 9999) / 4)[turn % 3]
        if type_.kind == "boolean":
            return turn % 2 == 0
        if type_.kind == "string":
            return ("Müller & Söhne", "", f"text {random.randint(0, 999)}")[turn % 3]
        if type_.kind == "bytes":
            return (b"\xff\xfe\x01", b"", random.randbytes(5))[turn % 3]
        return random.randbytes(type_.size) if type_.kind == "fixed" and type_.size < 4096 else None

    def _logical(self, type_: Type) -> Any:
        logical, turn, random = type_.logical, self._turn, self._random
        assert logical is not None
        if logical.name == "decimal":
            if max(logical.precision, logical.scale) > _MOST_DIGITS:
                return None  # its bytes are as good as any
            digits = logical.precision
            # An amount that everybody knows, the largest, the smallest, anything.
            familiar = 123456 * 10**logical.scale // 100 if logical.scale >= 2 else 1234
            most = 10**digits - 1
            unscaled = (min(familiar, most), most, -most, random.randint(-most, most))[turn % 4]
            size = type_.size if type_.kind == "fixed" else unscaled.bit_length() // 8 + 1
            return unscaled.to_bytes(size, "big", signed=True)
        unit = unit_of(logical.name)
        if unit is not None:
            whole = 36_000 + turn if unit[0] == "time" else 1_795_255_200 + turn * 86_400
            return whole * unit[1] + unit[1] // 8
        if logical.name == "date":
            return 20_778 + turn
        if logical.name == "uuid" and type_.kind == "string":
            return str(UUID(int=random.getrandbits(128)))
        return None
