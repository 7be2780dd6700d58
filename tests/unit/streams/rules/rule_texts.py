"""Rule files for tests."""

from __future__ import annotations

from typing import Any

import yaml

from streams.rules import Rules, rules_of, shipped_texts


def row(when: str = "true", value: str = "2000", examples: Any = None, why: str = "because") -> dict[str, Any]:
    return {"when": when, "value": value, "why": why, "examples": examples or []}


def rule(*rows: dict[str, Any], **over: Any) -> dict[str, Any]:
    """A rule on discounts, unless told otherwise."""
    usual = {"id": "r1", "version": 1, "owner": "sales", "title": "A rule", "decides": "discount.threshold"}
    return usual | {"rows": list(rows)} | {name.rstrip("_"): value for name, value in over.items()}


def texts(*rules: dict[str, Any], without: str = "discount-threshold") -> dict[str, str]:
    """The shipped files, where these rules stand in place of one of them."""
    kept = {name: text for name, text in shipped_texts().items() if name != f"{without}.yaml"}
    return kept | {f"{number}.yaml": yaml.safe_dump(one) for number, one in enumerate(rules)}


def rules(*given: dict[str, Any], without: str = "discount-threshold") -> Rules:
    return rules_of(texts(*given, without=without))
