"""The rules that the program is shipped with, as the settings bend them. They decide until a set is activated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from streams.rules.document import Rule, read_rule
from streams.rules.errors import Unreadable
from streams.rules.rules import Rules, compile_rules


@dataclass(frozen=True, slots=True)
class Limits:
    """What the settings may say in place of a shipped rule; None leaves the rule as it is."""

    discount_threshold_percent: Decimal | None = None
    hold_for: timedelta | None = None
    line_grace: timedelta | None = None
    pilot: frozenset[str] | None = None


def shipped_texts() -> dict[str, str]:
    """File name -> text."""
    found = [entry for entry in files("streams.rules").iterdir() if entry.name.endswith(".yaml")]
    return {entry.name: entry.read_text("utf-8") for entry in sorted(found, key=lambda entry: entry.name)}


def read_folder(folder: Path) -> dict[str, str]:
    """File name -> text of every rule in a folder. Raises Unreadable where there is none, or one is no text."""
    try:
        texts = {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.yaml"))}
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{folder}: {error}") from None
    if not texts:
        raise Unreadable(f"{folder}: there is no rule here, which is a file that ends in .yaml")
    return texts


def rules_of(texts: Mapping[str, str]) -> Rules:
    """The rules in these files. Raises Unreadable."""
    return compile_rules(read_rule(name, text) for name, text in sorted(texts.items()))


@cache
def shipped(limits: Limits = Limits()) -> Rules:
    """The shipped rules; a limit that is given takes the place of the rule of that name."""
    rules = [read_rule(name, text) for name, text in sorted(shipped_texts().items())]
    fixed = {rule_id: (when, value) for rule_id, when, value in _fixed(limits)}
    return compile_rules(_bend(rule, *fixed[rule.id]) if rule.id in fixed else rule for rule in rules)


def _fixed(limits: Limits) -> list[tuple[str, str, str]]:
    found = []
    if limits.discount_threshold_percent is not None:
        # A discount has two decimals, so whatever is below a basis point makes no difference.
        points = int(limits.discount_threshold_percent * 100)
        found.append(("discount-threshold", "true", str(points)))
    for rule_id, limit in (("hold-for-account", limits.hold_for), ("hold-for-lines", limits.line_grace)):
        if limit is not None:
            found.append((rule_id, "true", f'duration("{limit // timedelta(microseconds=1)}us")'))
    if limits.pilot is not None:
        found.append(
            ("pilot-accounts", "true", f"account_id in {json.dumps(sorted(limits.pilot), ensure_ascii=False)}")
        )
    return found


def _bend(rule: Rule, when: str, value: str) -> Rule:
    row: dict[str, Any] = {"when": when, "value": value, "why": "as this worker's settings say"}
    return Rule.model_validate({**rule.model_dump(by_alias=True), "rows": [row]})
