"""A set of rules, compiled once and never changed: `rules.decide(name, facts, now)` is a pure function."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import cel

from streams.rules.decisions import DECISIONS, Facts, Value, ValueKind
from streams.rules.document import Row, Rule
from streams.rules.errors import Undecided, Unreadable
from streams.rules.expression import Expression, compile_expression, context_of, evaluate, fault_of


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer, the rule that gave it, and the facts that its rows asked about. `row` counts from 1."""

    name: str
    value: Value
    rule_id: str
    rule_version: int
    row: int
    why: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Row:
    when: Expression
    value: Expression
    why: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule whose expressions are compiled."""

    rule: Rule
    rows: tuple[_Row, ...]
    kind: ValueKind
    asks: frozenset[str]

    def verdict(self, facts: Facts, context: Context) -> Verdict | None:
        """What the rule answers; None where no row holds. Raises Undecided."""
        for number, row in enumerate(self.rows, 1):
            holds = evaluate(row.when, context.get)
            if not isinstance(holds, bool):
                raise Undecided(f"{self.rule.id}, row {number}: `{row.when.text}` is {holds!r}, not true or false")
            if holds:
                value = evaluate(row.value, context.get)
                if fault := fault_of(value, self.kind):
                    raise Undecided(f"{self.rule.id}, row {number}: {fault}")
                asked = {name: facts[name] for name in sorted(self.asks) if name in facts}
                why = f"{self.rule.title}: {row.why}"
                return Verdict(self.rule.decides, value, self.rule.id, self.rule.version, number, why, asked)
        return None


@dataclass(slots=True)
class Context:
    """Facts as CEL takes them, made when the first expression asks."""

    facts: Facts
    made: cel.Context | None = None

    def get(self) -> cel.Context:
        if self.made is None:
            self.made = context_of(self.facts)
        return self.made


@dataclass(frozen=True)
class Rules:
    """Rules that are in force together. `version` is the hash of what they say; comments do not count.

    `lent`: decisions that the set says nothing about, answered by the rules of another one.
    """

    version: str
    rules: tuple[Rule, ...]
    compiled: Mapping[str, tuple[Compiled, ...]] = field(repr=False, compare=False)
    lent: frozenset[str] = frozenset()

    @property
    def lacks(self) -> tuple[str, ...]:
        """The decisions that it has no rules of its own for: they came with a newer program, as a set begins whole."""
        return tuple(name for name in DECISIONS if name in self.lent or name not in self.compiled)

    def completed_by(self, other: Rules) -> Rules:
        """The same set, with the other's rules for each decision that it has none for. A decision that it has rules
        for stays its own, also where they give no answer.
        """
        lent = {name: found for name, found in other.compiled.items() if name not in self.compiled}
        return replace(self, compiled={**self.compiled, **lent}, lent=frozenset(lent))

    def decide(self, name: str, facts: Facts, now: datetime) -> Verdict:
        """The one answer at an instant. Raises Undecided where there is none, or where two rules differ."""
        context = Context(facts)
        found: Verdict | None = None
        for rule in self.compiled.get(name, ()):
            verdict = rule.verdict(facts, context) if rule.rule.in_force(now) else None
            if verdict is not None and found is not None and verdict.value != found.value:
                raise Undecided(f"{name}: {found.rule_id} says {found.value}, {verdict.rule_id} says {verdict.value}")
            found = found or verdict
        if found is None:
            raise Undecided(f"{name}: no rule in force at {now.isoformat()} answers for {dict(facts)}")
        return found


def compile_rule(rule: Rule) -> Compiled:
    """Raises Unreadable where an expression does not compile or asks for a fact that the decision does not have."""
    decision = DECISIONS.get(rule.decides)
    if decision is None:
        raise Unreadable(f"{rule.id}: decides {rule.decides}, which is none of {', '.join(DECISIONS)}")
    rows = []
    for number, row in enumerate(rule.rows, 1):
        try:
            compiled = _compile_row(row)
        except Unreadable as error:
            raise Unreadable(f"{rule.id}, row {number}: {error}") from None
        unknown = sorted((compiled.when.asks | compiled.value.asks) - decision.facts.keys())
        if unknown:
            known = ", ".join(decision.facts)
            raise Unreadable(f"{rule.id}, row {number}: {unknown[0]} is no fact of {rule.decides}; there are {known}")
        rows.append(compiled)
    asks = frozenset().union(*(row.when.asks | row.value.asks for row in rows))
    return Compiled(rule, tuple(rows), decision.kind, asks)


def _compile_row(row: Row) -> _Row:
    return _Row(compile_expression(row.when), compile_expression(row.value), row.why)


def compile_rules(rules: Iterable[Rule]) -> Rules:
    """A set of rules, in the order of their ids. Raises Unreadable."""
    ordered = tuple(sorted(rules, key=lambda rule: (rule.id, rule.version)))
    by_name: dict[str, list[Compiled]] = {}
    for rule in ordered:
        by_name.setdefault(rule.decides, []).append(compile_rule(rule))
    return Rules(version_of(ordered), ordered, {name: tuple(found) for name, found in by_name.items()})


def version_of(rules: Iterable[Rule]) -> str:
    """The hash of what the rules say: 12 characters."""
    said: list[Any] = [rule.model_dump(mode="json", by_alias=True) for rule in rules]
    return sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:12]
