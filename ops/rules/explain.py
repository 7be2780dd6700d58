"""Which rules decided an event, by which facts, in English. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from streams.rules import Rules
from streams.rules.decisions import DECISIONS
from streams.rules.told import Cited, read_told

_MICROSECONDS = re.compile(r"\d+us")


def explain(outcomes: Iterable[tuple[str, int, str]], set_of: Callable[[str], Rules | None]) -> list[str]:
    """Lines about each outcome: (topic, time in ms, header). `set_of` gives a set by its version, None if unknown."""
    lines: list[str] = []
    for topic, at_ms, header in outcomes:
        at = datetime.fromtimestamp(at_ms / 1000, UTC)
        told = read_told(header)
        if told is None:
            lines.append(f"{at:%Y-%m-%d %H:%M:%S}  a record on {topic}; no rule was asked")
            continue
        lines.append(f"{at:%Y-%m-%d %H:%M:%S}  a record on {topic}, decided by the set {told.version}")
        rules = set_of(told.version)
        lines += [f"  {_sentence(cited, rules)}" for cited in told.verdicts]
    return lines


def _sentence(cited: Cited, rules: Rules | None) -> str:
    decision = DECISIONS.get(cited.name)
    question = decision.meaning if decision is not None else cited.name
    facts = ", ".join(f"{name} is {_text(value)}" for name, value in cited.facts.items())
    asked = f" It asked: {facts}." if facts else " It asks for no fact."
    known = [one.rule for one in rules.compiled.get(cited.name, ())] if rules else []
    rule = next((r for r in known if (r.id, r.version) == (cited.rule_id, cited.rule_version)), None)
    why = f": {rule.rows[cited.row - 1].why}" if rule is not None and cited.row <= len(rule.rows) else ""
    lent = " of the shipped set" if rules is not None and cited.name in rules.lent else ""
    by = f"Rule {cited.rule_id} version {cited.rule_version}{lent}, row {cited.row}{why}."
    return f"{question} {_answer(cited)}. {by}{asked}"


def _answer(cited: Cited) -> str:
    value = cited.value
    if isinstance(value, bool):
        return "Yes" if value else "No"
    kind = DECISIONS[cited.name].kind if cited.name in DECISIONS else ""
    if isinstance(value, int):
        return f"{value // 100}.{value % 100:02d} %" if kind == "basis points" else f"{value} {kind}".rstrip()
    if kind == "duration" and _MICROSECONDS.fullmatch(value):
        return str(timedelta(microseconds=int(value.removesuffix("us"))))
    return value


def _text(value: object) -> str:
    return "empty" if value == "" else str(value)
