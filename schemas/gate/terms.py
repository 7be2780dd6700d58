"""What the gate needs of a data contract: who owns the subject, what it promises, which fields are special.

Read from YAML files by convention, `contracts/<anything>.yaml` beside the schemas, each with a `record` (or `subject`)
that names its schema; all other keys may be missing. A folder without contracts is checked too: the owner is then the
schema's own `owner` property. A field's PII mark and system of record may also stand in the schema, on the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from schemas.gate.errors import BadSchema
from schemas.gate.model import Field, Schema, Type
from schemas.gate.modes import Mode

UNKNOWN = "unknown"
_LARGEST = 1_000_000
FieldMarks = Mapping[tuple[str, str], str]  #: (record's simple name, field) -> mark


@dataclass(frozen=True, slots=True)
class Terms:
    """One subject's contract, as far as the gate is concerned."""

    file: str = ""
    owner: str = ""
    backup: str = ""
    contact: str = ""
    version: str = ""
    mode: Mode | None = None
    partition_key: str = ""
    readers: tuple[str, ...] = ()
    pii: FieldMarks = field(default_factory=dict)
    systems: FieldMarks = field(default_factory=dict)

    def person(self, schema: Schema | None) -> str:
        """The owner: the contract's, else the one that the schema names itself."""
        own = schema.properties.get("owner") if schema is not None else None
        return self.owner or (own if isinstance(own, str) and own else UNKNOWN)


def read_terms(texts: Mapping[str, str]) -> tuple[dict[str, Terms], list[tuple[str, BadSchema]]]:
    """Terms by record, from contract texts by file name, and what is wrong with which file."""
    terms: dict[str, Terms] = {}
    problems: list[tuple[str, BadSchema]] = []
    documents: dict[str, dict[str, Any]] = {}
    for file, text in sorted(texts.items()):
        try:
            documents[file] = _document(text)
        except BadSchema as error:
            problems.append((file, error))
    pii: dict[tuple[str, str], str] = {}
    systems: dict[tuple[str, str], str] = {}
    for document in documents.values():
        record = _record(document)
        for path, tag in _mapping(document, "pii").items():
            pii[record, str(path)] = str(tag)
        for name, entry in _mapping(document, "fields").items():
            if isinstance(entry, dict) and entry.get("system_of_record"):
                systems[record, str(name)] = str(entry["system_of_record"])
    for file, document in documents.items():
        try:
            mode = _mode(document)
        except BadSchema as error:
            problems.append((file, error))
            mode = None
        texts_of = {key: _text(document, key) for key in ("owner", "backup", "contact", "version", "partition_key")}
        readers = document.get("readers")
        named = tuple(str(reader) for reader in readers) if isinstance(readers, list) else ()
        terms[_record(document)] = Terms(file, mode=mode, readers=named, pii=pii, systems=systems, **texts_of)
    return terms, problems


def mark_of(marks: FieldMarks, record: Type, name: str, path: str, root: Type) -> str:
    """The mark of a field: under its record's name, or under the root's with the whole path."""
    return marks.get((record.simple, name)) or marks.get((root.simple, path)) or ""


def partition_field(root: Type, path: str) -> tuple[Type, Field] | None:
    """The record and field that a dotted path leads to; None where it leads nowhere."""
    record, found = root, None
    for name in path.split("."):
        if record.kind == "union":
            record = next((branch for branch in record.branches if branch.kind == "record"), record)
        field_ = record.fields.get(name)
        if field_ is None:
            return None
        found, record = (record, field_), field_.type
    return found


def _document(text: str) -> dict[str, Any]:
    if len(text) > _LARGEST:
        raise BadSchema("ML045", "the contract is too large")
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.CSafeLoader)):  # they can blow up
            raise BadSchema("ML045", "a contract has no YAML aliases")
        document = yaml.load(text, yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = (mark.line + 1, mark.column + 1) if mark is not None else None
        problem = getattr(error, "problem", None) or str(error)[:100]
        raise BadSchema("ML045", f"the contract is not YAML: {problem}", place=place) from error
    if not isinstance(document, dict):
        raise BadSchema("ML045", "a contract is a mapping of keys to values")
    return document


def _record(document: dict[str, Any]) -> str:
    return str(document.get("record") or document.get("subject") or document.get("id") or "")


def _mode(document: dict[str, Any]) -> Mode | None:
    text = document.get("compatibility")
    if text is None:
        return None
    if text not in Mode.__members__:
        raise BadSchema("ML045", f"compatibility {str(text)[:40]!r} is none of {', '.join(Mode)}")
    return Mode(text)


def _mapping(document: dict[str, Any], key: str) -> dict[Any, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def _text(document: dict[str, Any], key: str) -> str:
    value = document.get(key)
    if isinstance(value, dict):
        value = value.get("team") or value.get("name")
    return str(value) if value is not None else ""
