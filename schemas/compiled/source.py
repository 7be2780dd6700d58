"""Generated source: indented lines, fresh names, constants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Unsupported(Exception):
    """The schema has a type that is not compiled; a general library is to read and write it."""


class Source:
    """The source of one module of functions, and the objects that it refers to."""

    def __init__(self, **known: Any) -> None:
        self._lines: list[str] = []
        self._depth = 0
        self._names = 0
        self.objects: dict[str, Any] = dict(known)

    def add(self, *lines: str) -> None:
        self._lines += [" " * self._depth + line for line in lines]

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Lines added inside are indented under the head."""
        self.add(head)
        self._depth += 1
        yield
        self._depth -= 1

    def name(self, stem: str = "v") -> str:
        """A name that is not used yet."""
        self._names += 1
        return f"{stem}{self._names}"

    def constant(self, value: Any) -> str:
        """The name under which the code finds an object."""
        name = self.name("K")
        self.objects[name] = value
        return name

    @property
    def text(self) -> str:
        return "\n".join(self._lines) + "\n"

    def function(self, name: str) -> Any:
        """The compiled function of that name. Names and field names in the source are quoted by `repr` only."""
        exec(compile(self.text, f"<avro {name}>", "exec"), self.objects)
        return self.objects[name]


def kind_of(schema: Any) -> str:
    """The type's name: of a primitive, a complex type, `union`, or a named type's full name."""
    if isinstance(schema, list):
        return "union"
    return str(schema["type"]) if isinstance(schema, dict) else str(schema)


def logical_of(schema: Any) -> str:
    return str(schema.get("logicalType", "")) if isinstance(schema, dict) else ""
