"""The `avro` package's own checker, as a second opinion on `resolution`.

It is slow and it is wrong in known places; each is a named correction here, with what Java does. Where the two differ
and no correction says why, the stricter one wins and the finding says so.
"""

from __future__ import annotations

import json
import warnings
from typing import Any

from schemas.gate.model import Schema
from schemas.gate.resolution import Resolution

#: What `avro.compatibility` (1.12) gets wrong, by name; the case table has an example of each.
CORRECTIONS = {
    "alias_without_namespace": "an alias of a named type without a dot is in the type's own namespace (Java, and the "
    "specification); the package compares the bare text with a full name and says incompatible",
    "ambiguous_alias": "a reader's field that matches two fields of the writer, by name and by alias, is an error in "
    "Java; the package takes the first and says compatible",
    "error_record": "a type `error` is a record to Java; the package has a kind of its own for it",
}


class Reference:
    """Asks the package, at most once per pair of documents; parses each document once."""

    def __init__(self) -> None:
        self._parsed: dict[int, tuple[Schema, Any]] = {}
        self.asked = 0

    def compatible(self, reader: Schema, writer: Schema) -> bool | None:
        """What the package's checker says; None where it cannot read a schema that Java reads."""
        from avro.compatibility import (  # noqa: PLC0415 - slow to load, and most checks never need it
            ReaderWriterCompatibilityChecker,
            SchemaCompatibilityType,
        )

        self.asked += 1
        try:
            checker: Any = ReaderWriterCompatibilityChecker  # it has no types
            found = checker().get_compatibility(self._parse(reader), self._parse(writer))
        except Exception:  # the package's errors have no one root, and RecursionError is one of them
            return None
        return bool(found.compatibility is SchemaCompatibilityType.compatible)

    def _parse(self, schema: Schema) -> Any:
        import avro.schema  # noqa: PLC0415

        known = self._parsed.get(id(schema))
        if known is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it warns of logical types that it does not know
                known = (schema, avro.schema.parse(json.dumps(schema.raw)))
            self._parsed[id(schema)] = known
        return known[1]


def correction(reader: Schema, writer: Schema, ours: Resolution, theirs: bool | None) -> str | None:
    """The name of the correction that explains a difference; None where nothing does."""
    if not theirs and '"type": "error"' in json.dumps([reader.raw, writer.raw]):
        return "error_record"
    if theirs:
        return "ambiguous_alias" if any(clash.kind == "alias" for clash in ours.clashes) else None
    if theirs is False and any(type_.aliases for type_ in reader.named.values()):
        return "alias_without_namespace"
    return None
