"""An Avro schema as a tree that the gate walks: names resolved, defaults checked, each node with its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

NUMBERS: Final = frozenset({"int", "long", "float", "double"})
PRIMITIVES: Final = NUMBERS | {"null", "boolean", "bytes", "string"}
NAMED: Final = frozenset({"record", "enum", "fixed"})


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


#: "There is no default", which is not the same as a default of null.
MISSING: Final[Any] = _Missing()


@dataclass(frozen=True, slots=True)
class Logical:
    """A logical type that a reader applies; one that is not valid on its type is not here (Avro ignores it)."""

    name: str
    precision: int = 0
    scale: int = 0

    def __str__(self) -> str:
        return f"decimal({self.precision}, {self.scale})" if self.name == "decimal" else self.name


@dataclass(slots=True, eq=False)
class Type:
    """One type. Named types that are used twice are one object, so a schema may be a graph."""

    kind: str  #: a primitive, record, enum, fixed, array, map, union
    pointer: str  #: JSON pointer to where it is defined
    name: str = ""  #: full name of a named type
    aliases: frozenset[str] = frozenset()  #: full names
    fields: dict[str, Field] = field(default_factory=dict)
    symbols: tuple[str, ...] = ()
    default: str | None = None  #: an enum's
    size: int = 0
    inner: Type | None = None  #: an array's items, a map's values
    branches: tuple[Type, ...] = ()
    logical: Logical | None = None
    ignored: str = ""  #: why a logical type that is written here has no effect
    #: All that readers see of it, or None where that is not in one place (a name that refers elsewhere, an alias).
    #: Two types with equal keys are one type, and need no comparing.
    key: tuple[Any, ...] | None = None

    @property
    def simple(self) -> str:
        """The name without its namespace."""
        return self.name.rpartition(".")[2]

    def __str__(self) -> str:
        if self.kind == "union":
            return f"[{', '.join(str(branch) for branch in self.branches)}]"
        if self.kind in ("array", "map"):
            return f"{self.kind} of {self.inner}"
        if self.kind in NAMED:
            return f"{self.kind} {self.simple}" + (f" as {self.logical}" if self.logical else "")
        return f"{self.kind} as {self.logical}" if self.logical else self.kind


@dataclass(slots=True, eq=False)
class Field:
    """A record's field. `pointer` leads to its object, `type.pointer` to its type."""

    name: str
    pointer: str
    type: Type
    default: Any = MISSING
    aliases: tuple[str, ...] = ()
    pii: str = ""  #: from the schema itself: "pii" or Confluent's tags
    system_of_record: str = ""


@dataclass(frozen=True, slots=True)
class Waiver:
    """A finding that somebody has accepted, with a reason and an end. `field` narrows it to one field's name."""

    pointer: str
    rule: str
    reason: str
    owner: str
    expires: str
    field: str = ""


@dataclass(slots=True, eq=False)
class Schema:
    """A parsed document: `raw` as JSON gave it, `root` as the tree."""

    text: str
    raw: Any
    root: Type
    named: dict[str, Type]
    types: tuple[Type, ...]  #: every node once, in the document's order

    @property
    def properties(self) -> dict[str, Any]:
        return self.raw if isinstance(self.raw, dict) else {}
