"""A writer per schema.

The generated code makes one expression per value, and joins them all at the end. It writes only what it is sure of: a
value that does not fit raises, and the codec lets fastavro decide about the record.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fastavro.write import LOGICAL_WRITERS

from schemas.compiled import numbers
from schemas.compiled.source import Source, Unsupported, kind_of, logical_of

#: value -> bytes; raises where the value is not plainly what the schema says.
Writer = Callable[[Any], bytes]

_KNOWN = {
    "SMALL": numbers.SMALL,
    "PAIR": numbers.PAIR,
    "LAST": numbers.LAST,
    "long_of": numbers.encode_long,
    "pairs": struct.Struct("<4H").pack,
    "day": numbers.encode_day,
    "check": numbers.check_precision,
    "whole": numbers.whole,
    "times": numbers.EXACT.multiply,
    "EPOCH": numbers.EPOCH,
    "date": date,
    "datetime": datetime,
    "Decimal": Decimal,
    "double": struct.Struct("<d").pack,
    "float32": struct.Struct("<f").pack,
}
_SMALL = len(numbers.SMALL)
_PLAIN = {"str": "string", "int": "int, long", "bytes": "bytes", "bool": "boolean"}


def compile_writer(schema: Any, header: bytes, *, attributes: bool) -> Writer:
    """A writer for what fastavro's `parse_schema` returned; `header` goes before every record. Raises Unsupported.

    `attributes`: records are objects with attributes, else mappings.
    """
    writer: Writer = _Compiler(attributes).compile(schema, header)
    return writer


class _Compiler:
    def __init__(self, attributes: bool) -> None:
        self.source = Source(**_KNOWN)
        self._attributes = attributes
        self._parts: list[str] = []
        self._named: dict[str, Any] = {}
        self._open: list[str] = []

    def compile(self, schema: Any, header: bytes) -> Any:
        with self.source.block("def write(r):"):
            self._value(schema, "r")
            head = self.source.constant(header)
            self.source.add(f"return b''.join(({head}, {self._taken(0)}))")
        return self.source.function("write")

    def _taken(self, mark: int) -> str:
        """The parts from `mark` on, as the inside of a tuple; they are no longer pending."""
        parts, self._parts[mark:] = self._parts[mark:], []
        return "".join(f"{part}, " for part in parts)

    def _value(self, schema: Any, value: str) -> None:  # noqa: C901, PLR0912 - one case per kind of type
        """Add the code that writes `value`, a name; what it gives are pending parts."""
        kind, logical = kind_of(schema), logical_of(schema)
        if logical and f"{kind}-{logical}" in LOGICAL_WRITERS:
            return self._logical(schema, f"{kind}-{logical}", value)
        match kind:
            case "null":
                self._require(f"{value} is None")
            case "int" | "long":
                self._require(f"{value}.__class__ is int")
                self._number(value)
            case "boolean":
                self._require(f"{value}.__class__ is bool")
                self._parts.append(f"(b'\\1' if {value} else b'\\0')")
            case "string":
                self._sized(self._bind(f"{value}.encode()"))
            case "bytes":
                self._require(f"{value}.__class__ is bytes")
                self._sized(value)
            case "double" | "float":
                self._require(f"{value}.__class__ is float")
                self._parts.append(f"{'double' if kind == 'double' else 'float32'}({value})")
            case "enum":
                self._named[schema["name"]] = schema
                places = {symbol: numbers.encode_long(place) for place, symbol in enumerate(schema["symbols"])}
                self._parts.append(f"{self.source.constant(places)}[{value}]")
            case "union":
                self._union(schema, value)
            case "array":
                self._array(schema, value)
            case "record":
                self._record(schema, value)
            case _ if kind in self._named and kind not in self._open:
                self._value(self._named[kind], value)
            case _:
                raise Unsupported(kind)
        return None

    def _bind(self, expression: str) -> str:
        name = self.source.name()
        self.source.add(f"{name} = {expression}")
        return name

    def _require(self, condition: str) -> None:
        with self.source.block(f"if not ({condition}):"):
            self.source.add("raise TypeError('not what the schema says')")

    def _number(self, value: str) -> None:
        self._parts.append(f"(SMALL[{value}] if 0 <= {value} < {_SMALL} else long_of({value}))")

    def _sized(self, content: str) -> None:
        size = self._bind(f"len({content})")
        self._parts += [f"(SMALL[{size}] if {size} < {_SMALL} else long_of({size}))", content]

    def _logical(self, schema: Any, name: str, value: str) -> None:
        match name:
            case "bytes-decimal":
                self._decimal(schema, value)
            case "int-date":
                self._require(f"isinstance({value}, date)")
                # A moment is a date, too, but equal moments may have different days: they are not looked up.
                slow = f"long_of({value}.toordinal() - {numbers.EPOCH_DAY})"
                self._parts.append(f"(day({value}) if {value}.__class__ is date else {slow})")
            case "long-timestamp-micros":
                since = self._bind(f"{value} - EPOCH")  # a moment without a zone raises
                whole = f"({since}.days * 86400 + {since}.seconds) * 1000000 + {since}.microseconds"
                self._moment(self._bind(whole))
            case _:
                raise Unsupported(name)

    def _decimal(self, schema: Any, value: str) -> None:
        """Shifted by the scale an amount is a plain number; `int` refuses the point of any other."""
        precision = int(schema["precision"])
        shift = self.source.constant(Decimal(1).scaleb(int(schema.get("scale", 0))))
        least, most = self.source.constant(-(10**precision)), self.source.constant(10**precision)
        self._require(f"{value}.__class__ is Decimal")
        text = self._bind(f"str(times({value}, {shift}))")
        number = self._bind(f"int({text}) if 'E' not in {text} else whole({text})")
        with self.source.block(f"if not {least} < {number} < {most}:"):
            self.source.add(f"check({value}, {precision})")
        self._sized(self._bind(f"{number}.to_bytes(({number}.bit_length() + 8) >> 3, 'big', signed=True)"))

    def _moment(self, number: str) -> None:
        """Eight bytes for microseconds of our century, without a loop."""
        double = self._bind(f"{number} << 1")
        name = self.source.name()
        with self.source.block(f"if {1 << 49} <= {double} < {1 << 56}:"):
            low = ", ".join(f"PAIR[{double} >> {shift} & 16383]" for shift in (0, 14, 28))
            self.source.add(f"{name} = pairs({low}, LAST[{double} >> 42])")
        with self.source.block("else:"):
            self.source.add(f"{name} = long_of({number})")
        self._parts.append(name)

    def _union(self, schema: Any, value: str) -> None:
        """`["null", X]` only: which branch a value belongs to is otherwise a question for fastavro."""
        if len(schema) != 2 or "null" not in schema:
            raise Unsupported("a union other than with null")
        null = schema.index("null")
        name = self.source.name()
        mark = len(self._parts)
        with self.source.block(f"if {value} is None:"):
            self.source.add(f"{name} = {numbers.encode_long(null)!r}")
        with self.source.block("else:"):
            self._value(schema[1 - null], value)
            self.source.add(f"{name} = b''.join(({numbers.encode_long(1 - null)!r}, {self._taken(mark)}))")
        self._parts.append(name)

    def _array(self, schema: Any, value: str) -> None:
        self._require(f"{value}.__class__ is list")
        items, item, mark = self._bind("[]"), self.source.name(), len(self._parts)
        with self.source.block(f"if {value}:"):
            self._number(self._bind(f"len({value})"))
            self.source.add(f"{items}.append({self._parts.pop()})")
            with self.source.block(f"for {item} in {value}:"):
                self._value(schema["items"], item)
                self.source.add(f"{items} += ({self._taken(mark)})")
        self._parts += [f"*{items}", "b'\\0'"]

    def _record(self, schema: Any, value: str) -> None:
        full_name = str(schema["name"])
        self._named[full_name] = schema
        self._open.append(full_name)  # a type that contains itself is not written out for ever
        for field in schema["fields"]:
            name = str(field["name"])
            self._value(field["type"], self._bind(self._field(value, name, field)))
        self._open.pop()

    def _field(self, record: str, name: str, field: Any) -> str:
        if self._attributes:
            if not name.isidentifier():
                raise Unsupported(name)
            return f"{record}.{name}"
        if "default" in field:
            return f"{record}.get({name!r}, {self.source.constant(field['default'])})"
        return f"{record}[{name!r}]"
