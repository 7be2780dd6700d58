"""A reader per schema.

The generated code reads one value after another from `data`, `at` being where it stands. Slices that go beyond the end
are not checked one by one: `at` is then beyond the end, too, so that the next byte asked for raises IndexError, and
whoever called compares `at` with the end. Lengths are never negative, so `at` only grows.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from fastavro.read import LOGICAL_READERS

from schemas.compiled import numbers
from schemas.compiled.source import Source, Unsupported, kind_of, logical_of

#: (bytes, where to begin) -> (value, where it ended; beyond the last byte where the bytes are cut off).
Reader = Callable[[bytes, int], tuple[Any, int]]

_KNOWN = {
    "varint": numbers.varint,
    "length": numbers.length,
    "block": numbers.block,
    "wide": numbers.wide_amount,
    "times": numbers.EXACT.multiply,
    "number_of": int.from_bytes,
    "day": numbers.day,
    "MICROSECOND": timedelta(microseconds=1),
    "EPOCH": numbers.EPOCH,
    "Malformed": numbers.Malformed,
    "double": struct.Struct("<d").unpack_from,
    "pairs_at": struct.Struct("<4H").unpack_from,
    "float32": struct.Struct("<f").unpack_from,
}


def compile_reader(schema: Any) -> Reader:
    """A reader for what fastavro's `parse_schema` returned. Raises Unsupported.

    It raises whatever the broken bytes lead to: IndexError, ValueError, OverflowError, RecursionError.
    """
    reader: Reader = _Compiler().compile(schema)
    return reader


class _Compiler:
    def __init__(self) -> None:
        self.source = Source(**_KNOWN)
        self._named: dict[str, Any] = {}
        self._functions: dict[str, str] = {}
        self._pending: list[tuple[str, Any]] = []

    def compile(self, schema: Any) -> Any:
        self._pending.append(("read", schema))
        while self._pending:
            name, part = self._pending.pop()
            with self.source.block(f"def {name}(data, at):"):
                self.source.add(f"return {self._value(part)}, at")
        return self.source.function("read")

    def _value(self, schema: Any) -> str:  # noqa: C901, PLR0911, PLR0912 - one case per kind of type
        """Add the code that reads one value; the expression that gives it, to be used once, before `at` moves on."""
        kind, logical = kind_of(schema), logical_of(schema)
        if logical and f"{kind}-{logical}" in LOGICAL_READERS:
            return self._logical(schema, f"{kind}-{logical}")
        match kind:
            case "null":
                return "None"
            case "int" | "long":
                return self._number()
            case "boolean":
                return self._bind("data[at] != 0", "at += 1")
            case "string":
                return self._bind(f"data[at:{self._end()}].decode()", "at = end")
            case "bytes":
                return self._bind(f"data[at:{self._end()}]", "at = end")
            case "fixed":
                return self._bind(f"data[at:at + {int(schema['size'])}]", f"at += {int(schema['size'])}")
            case "double":
                return self._bind("double(data, at)[0]", "at += 8")
            case "float":
                return self._bind("float32(data, at)[0]", "at += 4")
            case "enum":
                return self._enum(schema)
            case "union":
                return self._union(schema)
            case "array":
                return self._array(schema)
            case "map":
                return self._map(schema)
            case "record" | "error":
                return self._record(schema)
            case _:
                return self._reference(kind)

    def _bind(self, expression: str, *then: str) -> str:
        name = self.source.name()
        self.source.add(f"{name} = {expression}", *then)
        return name

    def _length(self) -> str:
        """`n`: one byte nearly always; with the lowest bit it is negative, with the highest it goes on."""
        self.source.add("n = data[at]")
        with self.source.block("if n & 129:"):
            self.source.add("n, at = length(data, at)")
        with self.source.block("else:"):
            self.source.add("n >>= 1", "at += 1")
        return "n"

    def _end(self) -> str:
        """`end`: where that many bytes end; `at` is where they begin."""
        self.source.add("n = data[at]", "at += 1", "end = at + (n >> 1)")
        with self.source.block("if n & 129:"):
            self.source.add("n, at = length(data, at - 1)", "end = at + n")
        return "end"

    def _number(self) -> str:
        name = self.source.name()
        self.source.add(f"{name} = data[at]")
        with self.source.block(f"if {name} > 127:"):
            self.source.add(f"{name}, at = varint(data, at)")
        with self.source.block("else:"):
            self.source.add(f"{name} = ({name} >> 1) ^ -({name} & 1)", "at += 1")
        return name

    def _moment(self) -> str:
        """A number that has eight bytes, as microseconds of our century have; any other goes the usual way."""
        self.source.objects["PAIRS"], self.source.objects["LASTS"] = numbers.bits_of_pairs()
        name = self._bind("-1")
        with self.source.block("if len(data) >= at + 8:"):
            self.source.add("a, b, c, d = pairs_at(data, at)")
            # one that is no pair is -1, and makes the whole negative
            self.source.add(f"{name} = PAIRS[a] | PAIRS[b] << 14 | PAIRS[c] << 28 | LASTS[d] << 42")
        with self.source.block(f"if {name} < 0:"):
            self.source.add(f"{name}, at = varint(data, at)")
        with self.source.block("else:"):
            self.source.add(f"{name} = ({name} >> 1) ^ -({name} & 1)", "at += 8")
        return name

    def _logical(self, schema: Any, name: str) -> str:
        match name:
            case "bytes-decimal":
                return self._decimal(schema, self._length())
            case "fixed-decimal":
                return self._decimal(schema, str(int(schema["size"])))
            case "int-date":
                return self._bind(f"day({self._number()})")
            case "long-timestamp-micros":
                return self._bind(f"EPOCH + MICROSECOND * {self._moment()}")
            case "long-timestamp-millis":
                return self._bind(f"EPOCH + MICROSECOND * (1000 * {self._number()})")
            case _:
                raise Unsupported(name)

    def _decimal(self, schema: Any, size: str) -> str:
        precision = int(schema["precision"])
        unit = self.source.constant(Decimal(1).scaleb(-int(schema.get("scale", 0))))
        name = self.source.name()
        with self.source.block(f"if {size} <= {numbers.narrow_bytes(precision)}:"):
            self.source.add(f"{name} = times(number_of(data[at:at + {size}], 'big', signed=True), {unit})")
        with self.source.block("else:"):
            self.source.add(f"{name} = wide(data[at:at + {size}], {precision}, {unit})")
        self.source.add(f"at += {size}")
        return name

    def _enum(self, schema: Any) -> str:
        symbols = self.source.constant(tuple(schema["symbols"]))
        self._named[schema["name"]] = schema
        number = self._number()
        with self.source.block(f"if {number} < 0:"):
            self.source.add("raise Malformed('an enum below its first symbol')")
        return self._bind(f"{symbols}[{number}]")

    def _union(self, schema: Any) -> str:
        name, index = self.source.name(), self.source.name()
        self.source.add(f"{index} = data[at]", "at += 1")
        for place, branch in enumerate(schema):
            if place > 63:
                raise Unsupported("a union of more than 64 types")
            with self.source.block(f"{'if' if place == 0 else 'elif'} {index} == {2 * place}:"):
                self.source.add(f"{name} = {self._value(branch)}")
        with self.source.block("else:"):
            self.source.add(f"raise Malformed(f'a union of {len(schema)} types, byte {{at - 1}} names another')")
        return name

    def _items(self, item: Callable[[], None], least: int) -> None:
        """Blocks of items, each with its count before it, until a count of zero."""
        count = self.source.name("n")
        with self.source.block("while True:"):
            self.source.add(f"{count} = {self._number()}")
            with self.source.block(f"if {count} == 0:"):
                self.source.add("break")
            self.source.add(f"{count}, at = block(data, at, {count}, {least})")
            with self.source.block(f"for _ in range({count}):"):
                item()

    def _array(self, schema: Any) -> str:
        name = self._bind("[]")
        self._items(
            lambda: self.source.add(f"{name}.append({self._value(schema['items'])})"), self._least(schema["items"])
        )
        return name

    def _map(self, schema: Any) -> str:
        name = self._bind("{}")

        def item() -> None:
            key = self._value("string")
            self.source.add(f"{name}[{key}] = {self._value(schema['values'])}")

        self._items(item, 1 + self._least(schema["values"]))
        return name

    def _record(self, schema: Any) -> str:
        self._named[schema["name"]] = schema
        fields = []
        for field in schema["fields"]:
            value = self._value(field["type"])
            fields.append(f"{field['name']!r}: {value}")
        return self._bind("{" + ", ".join(fields) + "}")

    def _reference(self, full_name: str) -> str:
        """A named type that was defined before: a function of its own, as it may contain itself."""
        if full_name not in self._named:
            raise Unsupported(full_name)
        if full_name not in self._functions:
            self._functions[full_name] = self.source.name("read_")
            self._pending.append((self._functions[full_name], self._named[full_name]))
        name = self.source.name()
        self.source.add(f"{name}, at = {self._functions[full_name]}(data, at)")
        return name

    def _least(self, schema: Any) -> int:
        """Bytes that a value has at least; 1 for what refers to a type defined before."""
        match kind_of(schema):
            case "null":
                return 0
            case "record" | "error":
                return sum(self._least(field["type"]) for field in schema["fields"])
            case "fixed":
                return int(schema["size"])
            case "double" | "float" as kind:
                return 8 if kind == "double" else 4
            case _:
                return 1
