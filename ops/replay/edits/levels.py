"""Who may change which field, read from `fields.yaml`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from schemas.reasons import Reason


class Level(StrEnum):
    """How carefully a field is to be changed; the order is the order of care."""

    FREE = "free"
    SENSITIVE = "sensitive"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Rules:
    """Paths without numbers -> level. `decisions`: what is chosen for a case -> the field that it changes."""

    always: Mapping[str, Level]
    reasons: Mapping[Reason, Mapping[str, Level]]
    decisions: Mapping[str, str]

    def level(self, reason: Reason, path: str) -> Level:
        """Of one field, for letters with this reason."""
        bare = bare_path(path)
        for lines in (self.reasons.get(reason, {}), self.always):
            fits = [line for line in lines if bare == line or bare.startswith(line + ".")]
            if fits:
                return lines[max(fits, key=len)]
        return Level.SENSITIVE


def bare_path(path: str) -> str:
    """Without the numbers of lines."""
    return ".".join(part for part in path.split(".") if not part.isdecimal())


def highest(levels: Iterable[Level]) -> Level:
    """The most careful one."""
    return max(levels, key=list(Level).index, default=Level.FREE)


@cache
def rules() -> Rules:
    """The file's."""
    document = yaml.safe_load(files("ops.replay.edits").joinpath("fields.yaml").read_text("utf-8"))
    reasons = {Reason(code): _lines(entry) for code, entry in document["reasons"].items()}
    return Rules(_lines(document["always"]), reasons, document["decisions"])


def _lines(entry: Mapping[str, Any]) -> dict[str, Level]:
    return {path: Level(level) for level, paths in entry.items() for path in paths}
