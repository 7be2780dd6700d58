"""Runs the proof over a pair of versions: a few generated records, through the JVM's way of reading and Python's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from schemas.gate.model import Schema
from schemas.gate.modes import Direction
from schemas.gate.proof import Difference, jvm_differences
from schemas.gate.python_reader import PythonReader, Unreadable
from schemas.gate.sample import Unsampleable, records

_RECORDS = 4
_MOST_TYPES = 4_000  #: in both schemas; fastavro's time grows faster than they do


@dataclass(frozen=True, slots=True)
class Proof:
    """What the records showed. `failure`: in whose words a reader failed, None where none did."""

    differences: tuple[Difference, ...] = ()
    failure: str | None = None


class Prover:
    """Makes records of each schema once, and reads them."""

    def __init__(self) -> None:
        self._records: dict[int, tuple[Schema, list[Any]]] = {}
        self._python = PythonReader()

    def prove(self, writer: Schema, reader: Schema, direction: Direction, thorough: bool) -> Proof:
        """`thorough` has fastavro write and read real bytes; without it only the JVM's way is followed, for two."""
        found: dict[tuple[str, str, str], Difference] = {}
        failure = None
        for raw in self._of(writer)[: _RECORDS if thorough else 2]:
            misread, failed = jvm_differences(writer.root, reader.root, raw, direction)
            for difference in misread:
                found.setdefault((difference.reader, difference.writer, difference.who), difference)
            if failed:
                failure = failure or "a JVM reader stops at it"
            if thorough and len(writer.types) + len(reader.types) <= _MOST_TYPES:
                try:
                    for difference in self._python.differences(writer, reader, raw):
                        found.setdefault((difference.reader, difference.writer, difference.who), difference)
                except Unreadable as error:
                    failure = f"fastavro says {error}"
        return Proof(tuple(found.values()), failure)

    def _of(self, schema: Schema) -> list[Any]:
        known = self._records.get(id(schema))
        if known is None:
            try:
                made = records(schema.root, _RECORDS, schema.root.name)
            except Unsampleable:
                made = []
            known = self._records[id(schema)] = (schema, made)
        return known[1]
