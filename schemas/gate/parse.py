"""JSON to a `Schema`, as strictly as Java's parser: what is not Avro is a `BadSchema` with its pointer."""

from __future__ import annotations

import re
from typing import Any, NoReturn

from schemas.gate.defaults import default_problem
from schemas.gate.errors import BadSchema
from schemas.gate.logical import read_logical
from schemas.gate.model import MISSING, PRIMITIVES, Field, Schema, Type
from schemas.gate.reading import DEEPEST, read_json

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_MOST = 20_000  #: types in one schema
_MOST_BRANCHES = 200  #: of one union; readers try them one by one, and each against each
_LARGEST_FIXED = 2**31 - 1


def parse_schema(text: str) -> Schema:
    """The schema in a text. Raises BadSchema."""
    return schema_of(read_json(text), text)


def schema_of(raw: Any, text: str = "") -> Schema:
    """The schema in a JSON document that was read already. Raises BadSchema."""
    parser = _Parser()
    root = parser.type(raw, "", "", 0)
    for owner, field in parser.defaults:
        problem = default_problem(field.type, field.default)
        if problem:
            raise BadSchema("ML061", f'the default of "{field.name}" in {owner} {problem}', f"{field.pointer}/default")
    return Schema(text, raw, root, parser.named, tuple(parser.types))


def _refuse(message: str, pointer: str, rule: str = "ML061") -> NoReturn:
    raise BadSchema(rule, message, pointer)


class _Parser:
    def __init__(self) -> None:
        self.named: dict[str, Type] = {}
        self.types: list[Type] = []
        self.defaults: list[tuple[str, Field]] = []  # checked at the end: a default's type may be defined later

    def type(self, raw: Any, pointer: str, space: str, depth: int) -> Type:
        if depth > DEEPEST:
            _refuse(f"types are nested deeper than {DEEPEST} levels", pointer, "ML062")
        if len(self.types) > _MOST:
            _refuse(f"more than {_MOST:,} types", pointer, "ML062")
        if isinstance(raw, str):
            return self._reference(raw, pointer, space)
        if isinstance(raw, list):
            return self._union(raw, pointer, space, depth)
        if not isinstance(raw, dict):
            _refuse(f"{_short(raw)} is not a type", pointer)
        kind = raw.get("type")
        if not isinstance(kind, str):
            _refuse("an object that is a type has a text under its own `type`" if kind else "no `type`", pointer)
        if kind in ("record", "error", "enum", "fixed"):
            return self._definition(raw, kind, pointer, space, depth)
        if kind in ("array", "map"):
            return self._container(raw, kind, pointer, space, depth)
        if kind not in PRIMITIVES:
            return self._reference(kind, pointer, space)
        return self._finish(Type(kind, pointer), raw)

    def _finish(self, found: Type, raw: dict[str, Any]) -> Type:
        found.logical, found.ignored = read_logical(raw, found.kind, found.size)
        self.types.append(found)
        if found.kind in PRIMITIVES:
            found.key = (found.kind, found.logical)
        return found

    def _reference(self, name: str, pointer: str, space: str) -> Type:
        if name in PRIMITIVES:
            return self._finish(Type(name, pointer), {})
        full = name if "." in name or not space else f"{space}.{name}"
        if full not in self.named and name not in self.named:
            _refuse(f"{_short(name)} is neither a type of Avro nor defined above this place", pointer)
        return self.named.get(full) or self.named[name]

    def _union(self, raw: list[Any], pointer: str, space: str, depth: int) -> Type:
        if len(raw) > _MOST_BRANCHES:
            _refuse(f"a union of {len(raw):,} branches; {_MOST_BRANCHES} are the most", pointer, "ML062")
        union = Type("union", pointer)
        self.types.append(union)
        seen: set[str] = set()
        for index, item in enumerate(raw):
            at = f"{pointer}/{index}"
            branch = self.type(item, at, space, depth + 1)
            if branch.kind == "union":
                _refuse("a union directly inside a union", at)
            label = branch.name or branch.kind
            if label in seen:
                _refuse(f"{label} stands twice in one union", at)
            seen.add(label)
            union.branches += (branch,)
        union.key = _key("union", *union.branches)
        return union

    def _container(self, raw: dict[str, Any], kind: str, pointer: str, space: str, depth: int) -> Type:
        key = "items" if kind == "array" else "values"
        if key not in raw:
            _refuse(f"{kind} without `{key}`", pointer)
        found = self._finish(Type(kind, pointer), raw)
        found.inner = self.type(raw[key], f"{pointer}/{key}", space, depth + 1)
        found.key = _key(kind, found.inner)
        return found

    def _definition(self, raw: dict[str, Any], kind: str, pointer: str, space: str, depth: int) -> Type:
        full = _full_name(raw, pointer, space)
        if full in self.named:
            _refuse(f'"{full}" is defined twice; the second time, refer to it by its name', f"{pointer}/name", "ML063")
        space = full.rpartition(".")[0]
        found = Type("record" if kind == "error" else kind, pointer, full)
        found.aliases = frozenset(
            alias if "." in alias or not space else f"{space}.{alias}" for alias in _names(raw, "aliases", pointer)
        )
        self.named[full] = found
        if kind == "fixed":
            size = raw.get("size")
            if type(size) is not int or not 0 <= size <= _LARGEST_FIXED:
                _refuse(f"a fixed has a size in bytes; this is {_short(size)}", f"{pointer}/size")
            found.size = size
        self._finish(found, raw)
        if kind == "enum":
            _enum(found, raw, pointer)
        elif kind != "fixed":
            self._fields(found, raw, pointer, space, depth)
        if not found.aliases:
            found.key = _definition_key(found)
        return found

    def _fields(self, record: Type, raw: dict[str, Any], pointer: str, space: str, depth: int) -> None:
        fields = raw.get("fields")
        if not isinstance(fields, list):
            _refuse(f"record {record.simple} has no list of `fields`", pointer)
        for index, entry in enumerate(fields):
            at = f"{pointer}/fields/{index}"
            if not isinstance(entry, dict):
                _refuse(f"{_short(entry)} is not a field", at)
            name = entry.get("name")
            if not isinstance(name, str) or not _NAME.match(name):
                _refuse(f"{_short(name)} is not a name of a field: letters, digits and _", f"{at}/name")
            if name in record.fields:
                _refuse(f'{record.simple} has two fields "{name}"', f"{at}/name", "ML063")
            if "type" not in entry:
                _refuse(f'"{name}" has no type', at)
            if entry.get("order", "ascending") not in ("ascending", "descending", "ignore"):
                _refuse(f'"{name}" has an `order` that Avro does not know', f"{at}/order")
            field = Field(name, at, self.type(entry["type"], f"{at}/type", space, depth + 1))
            field.aliases = tuple(_names(entry, "aliases", at))
            field.pii, field.system_of_record = _pii(entry), _text(entry.get("system_of_record"))
            record.fields[name] = field
            if "default" in entry:
                field.default = entry["default"]
                self.defaults.append((record.simple, field))


def _key(kind: str, *inner: Type) -> tuple[Any, ...] | None:
    keys = tuple(type_.key for type_ in inner)
    return None if None in keys else (kind, keys)


def _definition_key(found: Type) -> tuple[Any, ...] | None:
    """A named type's key. None while something in it refers to a type that is still open, or has an alias."""
    fields = []
    for field in found.fields.values():
        if field.type.key is None or field.aliases:
            return None
        fields.append((field.name, field.type.key, repr(field.default), field.pii, field.system_of_record))
    return (found.kind, found.name, found.logical, found.size, found.symbols, found.default, tuple(fields))


def _full_name(raw: dict[str, Any], pointer: str, space: str) -> str:
    name, given = raw.get("name"), raw.get("namespace", space)
    if not isinstance(name, str) or not all(_NAME.match(part) for part in name.split(".")):
        _refuse(f"{_short(name)} is not a name: letters, digits and _, parts with a dot between", f"{pointer}/name")
    if not isinstance(given, str) or (given and not all(_NAME.match(part) for part in given.split("."))):
        _refuse(f"{_short(given)} is not a namespace", f"{pointer}/namespace")
    full = name if "." in name or not given else f"{given}.{name}"
    if full in PRIMITIVES:
        _refuse(f'"{name}" is the name of a primitive type', f"{pointer}/name")
    return full


def _names(raw: dict[str, Any], key: str, pointer: str) -> list[str]:
    if key not in raw:
        return []
    found = raw[key]
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        _refuse(f"`{key}` is a list of names", f"{pointer}/{key}")
    return found


def _enum(found: Type, raw: dict[str, Any], pointer: str) -> None:
    symbols = raw.get("symbols")
    if not isinstance(symbols, list) or not all(isinstance(s, str) and _NAME.match(s) for s in symbols):
        _refuse("an enum has a list of `symbols`, each made of letters, digits and _", f"{pointer}/symbols")
    if len(set(symbols)) != len(symbols):
        _refuse("an enum's symbol stands twice", f"{pointer}/symbols", "ML063")
    found.symbols = tuple(symbols)
    if "default" in raw:
        if raw["default"] not in symbols:
            _refuse(f"the enum's default {_short(raw['default'])} is not one of its symbols", f"{pointer}/default")
        found.default = raw["default"]


def _pii(entry: dict[str, Any]) -> str:
    """The tag of personal data: our own key, or the tags that a Confluent data contract carries."""
    tags = entry.get("confluent:tags")
    tagged = sorted(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else []
    own = entry.get("pii")
    return "personal" if own is True else _text(own) or ", ".join(tagged)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _short(value: Any) -> str:
    text = MISSING if value is MISSING else value
    return repr(text)[:60]
