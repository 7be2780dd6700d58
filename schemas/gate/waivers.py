"""Waivers: findings that somebody accepted, written in the schema itself, with a reason, an owner and an end."""

from __future__ import annotations

from datetime import date

from schemas.gate.compare import Remark
from schemas.gate.model import Schema, Waiver
from schemas.gate.rules import find_rule

KEY = "meshline.waivers"


def waivers_of(schema: Schema) -> tuple[list[Waiver], list[Remark]]:
    """The waivers of a schema, and remarks about those that are not whole."""
    raw = schema.properties.get(KEY)
    if raw is None:
        return [], []
    at = f"/{KEY}"
    if not isinstance(raw, list):
        return [], [Remark("ML072", at, f"`{KEY}` is a list")]
    whole, broken = [], []
    for index, entry in enumerate(raw):
        pointer = f"{at}/{index}"
        problem = _problem(entry)
        if problem:
            broken.append(Remark("ML072", pointer, f"the waiver {problem}"))
            continue
        rule = find_rule(entry["rule"])
        assert rule is not None
        texts = {key: entry[key] for key in ("reason", "owner", "expires")}
        whole.append(Waiver(pointer, rule.id, field=entry.get("field", ""), **texts))
    return whole, broken


def _problem(entry: object) -> str:  # noqa: PLR0911 - one return per thing that can be missing
    if not isinstance(entry, dict):
        return "is not an object"
    for key in ("rule", "reason", "owner", "expires"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            return f"has no {key}"
    if not isinstance(entry.get("field", ""), str):
        return "names a field that is not a text"
    rule = find_rule(entry["rule"])
    if rule is None:
        return f"is about {entry['rule'][:40]!r}, which is no rule"
    if not rule.waivable:
        return f"is about {rule.id}, which cannot be waived"
    try:
        date.fromisoformat(entry["expires"])
    except ValueError:
        return f"expires on {entry['expires'][:40]!r}, which is not a date like 2026-12-31"
    return ""


def apply_waivers(schema: Schema, remarks: list[Remark], today: date) -> tuple[list[Remark], int]:
    """The remarks that stand, and how many were waived. An expired waiver waives nothing and is itself a remark."""
    waivers, standing = waivers_of(schema)
    used: set[Waiver] = set()
    waived = 0
    for remark in remarks:
        fitting = [waiver for waiver in waivers if waiver.rule == remark.rule and _covers(waiver, remark)]
        used.update(fitting)
        if any(today <= date.fromisoformat(waiver.expires) for waiver in fitting):
            waived += 1
        else:
            standing.append(remark)
    for waiver in waivers:
        if waiver not in used:
            message = f"the waiver of {waiver.rule} by {waiver.owner} waives nothing"
            standing.append(Remark("ML071", waiver.pointer, message))
        elif date.fromisoformat(waiver.expires) < today:
            message = f"the waiver of {waiver.rule} by {waiver.owner} expired on {waiver.expires}: {waiver.reason}"
            standing.append(Remark("ML070", waiver.pointer, message))
    return standing, waived


def _covers(waiver: Waiver, remark: Remark) -> bool:
    return not waiver.field or waiver.field in (remark.path, remark.path.rpartition(".")[2])
