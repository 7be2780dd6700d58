"""Avro's schema resolution: can this reader read whatever that writer may write?

Says what Java's `SchemaCompatibility.checkReaderWriterCompatibility` says (Avro 1.12; tests hold the two together), and
says where: the `avro` package's checker loses the place inside a union, Java's names only the union.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from schemas.gate.model import MISSING, PRIMITIVES, Field, Type

ClashKind = Literal["type", "name", "size", "symbols", "default", "branch", "alias"]
#: writer kind -> what Avro lets a reader take it as
PROMOTIONS: dict[str, frozenset[str]] = {
    "int": frozenset({"long", "float", "double"}),
    "long": frozenset({"float", "double"}),
    "float": frozenset({"double"}),
    "string": frozenset({"bytes"}),
    "bytes": frozenset({"string"}),
}


@dataclass(frozen=True, slots=True)
class Clash:
    """One place where the reader cannot read the writer. Pointers lead into either document."""

    kind: ClashKind
    reader: str
    writer: str
    message: str  #: continues "the reader ..."


class Resolution:
    """One reader against one writer. `delicate`: the answer rests on rules that checkers are known to differ on."""

    def __init__(self, reader: Type, writer: Type) -> None:
        self._memo: dict[tuple[int, int], tuple[Clash, ...]] = {}
        self.delicate = False
        self.clashes = tuple(dict.fromkeys(self._resolve(reader, writer)))

    @property
    def compatible(self) -> bool:
        return not self.clashes

    def _resolve(self, reader: Type, writer: Type) -> tuple[Clash, ...]:
        if reader.kind == writer.kind and reader.kind in PRIMITIVES:
            return ()
        if reader.key is not None and reader.key == writer.key:
            return ()
        pair = (id(reader), id(writer))
        if pair not in self._memo:
            self._memo[pair] = ()  # a type inside itself: compatible unless something else says no
            self._memo[pair] = self._compare(reader, writer)
        return self._memo[pair]

    def _compare(self, reader: Type, writer: Type) -> tuple[Clash, ...]:
        if writer.kind == "union":
            return tuple(clash for branch in writer.branches for clash in self._resolve(reader, branch))
        if reader.kind == "union":
            return self._into_union(reader, writer)
        if reader.kind != writer.kind:
            if reader.kind in PROMOTIONS.get(writer.kind, ()):
                self.delicate = True
                return ()
            return (Clash("type", reader.pointer, writer.pointer, f"wants {reader}, the data has {writer}"),)
        if reader.inner is not None and writer.inner is not None:
            return self._resolve(reader.inner, writer.inner)
        return self._named(reader, writer)

    def _into_union(self, reader: Type, writer: Type) -> tuple[Clash, ...]:
        tried = []
        for branch in reader.branches:
            clashes = self._resolve(branch, writer)
            if not clashes:
                return ()
            tried.append((branch, clashes))
        alike = [clashes for branch, clashes in tried if branch.kind == writer.kind and branch.simple == writer.simple]
        if alike:
            return alike[0]  # the branch that was meant: its own reason says more than "no branch fits"
        return (Clash("branch", reader.pointer, writer.pointer, f"has no branch for {writer} in {reader}"),)

    def _named(self, reader: Type, writer: Type) -> tuple[Clash, ...]:
        clashes: list[Clash] = []
        if reader.simple != writer.simple:
            self.delicate = True
            if writer.name not in reader.aliases:
                message = f"knows {reader.simple}, the data has {writer.simple}, and no alias says that they are one"
                clashes.append(Clash("name", f"{reader.pointer}/name", f"{writer.pointer}/name", message))
        if reader.kind == "fixed" and reader.size != writer.size:
            message = f"wants {reader.size} bytes, the data has {writer.size}"
            clashes.append(Clash("size", f"{reader.pointer}/size", f"{writer.pointer}/size", message))
        if reader.kind == "enum":
            clashes += self._symbols(reader, writer)
        if reader.kind == "record":
            for field in reader.fields.values():
                clashes += self._field(field, reader, writer)
        return tuple(clashes)

    def _symbols(self, reader: Type, writer: Type) -> list[Clash]:
        unknown = [symbol for symbol in writer.symbols if symbol not in reader.symbols]
        if not unknown:
            return []
        self.delicate = True
        if reader.default is not None:
            return []
        message = f"does not know {', '.join(unknown)} of enum {writer.simple} and has no default for it"
        return [Clash("symbols", f"{reader.pointer}/symbols", f"{writer.pointer}/symbols", message)]

    def _field(self, field: Field, reader: Type, writer: Type) -> tuple[Clash, ...]:
        matches = writer_fields(field, writer)
        if not matches:
            if field.default is not MISSING:
                return ()
            # Java lets an enum's own default stand in here, and then compares the enum with the whole record.
            message = f'needs "{field.name}" of {reader.simple}: the data has none, and there is no default'
            return (Clash("default", field.pointer, f"{writer.pointer}/fields", message),)
        if field.aliases:
            self.delicate = True
        if len(matches) > 1:
            names = " and ".join(f'"{match.name}"' for match in matches)
            message = f'finds "{field.name}" twice in the data, as {names}: by its name and by an alias'
            return (Clash("alias", f"{field.pointer}/aliases", matches[1].pointer, message),)
        return self._resolve(field.type, matches[0].type)


def writer_fields(field: Field, writer: Type) -> list[Field]:
    """The fields of the writer's record that the reader's field takes its value from; more than one is an error."""
    names = dict.fromkeys((field.name, *field.aliases))
    return [writer.fields[name] for name in names if name in writer.fields]
