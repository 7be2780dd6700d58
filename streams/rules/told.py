"""The verdicts behind an outcome as a header's text, and back. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from streams.rules.rules import Verdict


@dataclass(frozen=True, slots=True)
class Cited:
    """A verdict as it travels. A duration is text: microseconds with `us` behind."""

    name: str
    value: bool | int | str
    rule_id: str
    rule_version: int
    row: int
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """The set's version, and what its rules answered for the event."""

    version: str
    verdicts: tuple[Cited, ...]


def tell(version: str, verdicts: Iterable[Verdict]) -> str:
    """Compact JSON. The same verdicts give the same text."""
    by = [[v.name, _plain(v.value), v.rule_id, v.rule_version, v.row, dict(v.facts)] for v in verdicts]
    return json.dumps({"set": version, "by": by}, separators=(",", ":"), ensure_ascii=False)


def read_told(text: str) -> Told | None:
    """What a header says; None where it is none of ours."""
    try:
        content = json.loads(text)
        return Told(content["set"], tuple(Cited(*one) for one in content["by"]))
    except (ValueError, KeyError, TypeError):
        return None


def _plain(value: bool | int | str | timedelta) -> bool | int | str:
    return f"{value // timedelta(microseconds=1)}us" if isinstance(value, timedelta) else value
