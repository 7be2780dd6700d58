"""The table of evolution cases, as data: `*.yaml` in this folder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from schemas.gate.modes import Direction, Mode, in_scope

_FOLDER = Path(__file__).parent
_TABLES = ("fields", "numbers", "logical_types", "unions", "enums", "names")


@dataclass(frozen=True)
class Case:
    """One story: schemas oldest first, the last is the candidate."""

    name: str
    versions: tuple[Any, ...]
    avro_refuses: frozenset[Mode]
    gate_finds: dict[Mode, list[str]]

    def questions(self, mode: Mode) -> list[tuple[Any, Any]]:
        """(reader, writer) pairs that must all be compatible in the mode."""
        new = self.versions[-1]
        sides: dict[Direction, Any] = {
            "backward": lambda old: (new, old),
            "forward": lambda old: (old, new),
        }
        return [sides[direction](old) for old in in_scope(mode, self.versions[:-1]) for direction in mode.directions]


@cache
def cases() -> tuple[Case, ...]:
    found = []
    for table in _TABLES:
        for entry in yaml.safe_load((_FOLDER / f"{table}.yaml").read_text("utf-8")):
            finds = {Mode(mode): rules for mode, rules in entry["gate_finds"].items()}
            versions = tuple(_whole(version) for version in entry["versions"])
            found.append(Case(entry["name"], versions, frozenset(map(Mode, entry["avro_refuses"])), finds))
    return tuple(found)


def differences() -> list[dict[str, Any]]:
    """Where the gate finds what Avro's resolution accepts: case, rules, modes, because."""
    found: list[dict[str, Any]] = yaml.safe_load((_FOLDER / "differences.yaml").read_text("utf-8"))
    return found


def _whole(version: Any) -> Any:
    """A list of fields stands for the record shop.Order; a union is a list of types."""
    if isinstance(version, list) and all(isinstance(item, dict) and "name" in item for item in version):
        return {"type": "record", "name": "Order", "namespace": "shop", "fields": version}
    return version
