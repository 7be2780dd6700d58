"""The proof: records written with one version and read with the other, as a JVM reader and as a Python reader would.

A JVM reader resolves the raw value and then applies its *own* logical type; Python's fastavro applies the *writer's*.
That is why a changed decimal scale passes a Python test suite, and every compatibility check, and then bills another
amount.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from schemas.gate.meaning import Meaning, meaning, promoted, told
from schemas.gate.model import MISSING, Field, Type
from schemas.gate.modes import Direction
from schemas.gate.resolution import PROMOTIONS, Resolution, writer_fields
from schemas.gate.sample import Branch


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that is not read as it was meant. Pointers lead to the field, where there is one, in either document."""

    path: str
    reader: str
    writer: str
    written: str
    read: str
    who: str  #: "JVM" or "Python"

    def told(self) -> str:
        """In words, for a person."""
        return f"{self.written} would be read as {self.read} by a {self.who} reader"


def jvm_differences(writer: Type, reader: Type, raw: Any, direction: Direction) -> tuple[list[Difference], bool]:
    """What a JVM reader gets wrong in one record, and whether it fails on it."""
    reading = _Jvm(direction)
    found = list(reading.walk(writer, reader, raw, "", writer.pointer, reader.pointer))
    return found, reading.failed


class _Jvm:
    """Java's resolving reader: values by the writer's shape, meanings by the reader's types."""

    def __init__(self, direction: Direction) -> None:
        self._direction = direction
        self.failed = False  # it stops at the first such place; the walk goes on, to find what else is wrong

    def walk(self, writer: Type, reader: Type, raw: Any, path: str, at_w: str, at_r: str) -> Iterator[Difference]:
        if writer.key is not None and writer.key == reader.key:
            return
        if writer.kind == "union":
            yield from self.walk(writer.branches[raw.index], reader, raw.raw, path, at_w, at_r)
            return
        if reader.kind == "union":
            branch = reading_branch(writer, reader)
            if branch is None:
                self.failed = True
                return
            reader = branch
        if writer.kind == "record" and reader.kind == "record":
            for field in reader.fields.values():
                yield from self._field(field, writer, raw, path)
        elif writer.inner is not None and reader.inner is not None and writer.kind == reader.kind:
            for item in raw if writer.kind == "array" else raw.values():
                yield from self.walk(writer.inner, reader.inner, item, path, at_w, at_r)
        else:
            yield from self._leaf(writer, reader, raw, path, at_w, at_r)

    def _field(self, field: Field, writer: Type, raw: Any, path: str) -> Iterator[Difference]:
        found = writer_fields(field, writer)
        inside = f"{path}.{field.name}" if path else field.name
        if found:
            yield from self.walk(found[0].type, field.type, raw[found[0].name], inside, found[0].pointer, field.pointer)
        elif field.default is MISSING:
            self.failed = True
        elif self._direction == "forward":
            yield Difference(inside, field.pointer, f"{writer.pointer}/fields", "nothing", repr(field.default), "JVM")

    def _leaf(self, writer: Type, reader: Type, raw: Any, path: str, at_w: str, at_r: str) -> Iterator[Difference]:
        if writer.kind == "enum" and reader.kind == "enum":
            if raw in reader.symbols:
                return
            if reader.default is None:
                self.failed = True
            elif self._direction == "backward":  # forward, the default is what it is there for
                yield Difference(path, at_r, at_w, raw, reader.default, "JVM")
            return
        if writer.kind != reader.kind and reader.kind not in PROMOTIONS.get(writer.kind, ()):
            self.failed = True
            return
        meant, read = meaning(writer, raw), meaning(reader, promoted(raw, reader.kind))
        if meant != read:
            yield Difference(path, at_r, at_w, *told_apart(meant, read), "JVM")


def reading_branch(writer: Type, reader: Type) -> Type | None:
    """The branch of the reader's union that takes the writer's value, as Java picks it; None where none does."""
    same = [branch for branch in reader.branches if branch.kind == writer.kind]
    for alike in (
        [branch for branch in same if branch.name == writer.name],
        [branch for branch in same if branch.simple == writer.simple or writer.name in branch.aliases],
        [branch for branch in reader.branches if branch.kind in PROMOTIONS.get(writer.kind, ())],
        [branch for branch in same if Resolution(branch, writer).compatible],
    ):
        if alike:
            return alike[0]
    return None


def told_apart(meant: Meaning, read: Meaning) -> tuple[str, str]:
    """Both in words; with their kinds where the words alone would look the same."""
    written, got = told(meant), told(read)
    return (written, got) if written != got else (f"{written} ({meant[0]})", f"{got} ({read[0]})")


def plain(raw: Any) -> Any:
    """A raw record without the marks of its unions' branches, for showing."""
    if isinstance(raw, Branch):
        return plain(raw.raw)
    if isinstance(raw, dict):
        return {key: plain(value) for key, value in raw.items()}
    return [plain(item) for item in raw] if isinstance(raw, list) else raw
