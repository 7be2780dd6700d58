"""What is wrong with a set of rules, before it decides anything. Pure; an empty answer means that it may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations

from streams.rules.decisions import DECISIONS, Decision, Fact, Value, defaults
from streams.rules.document import Example, read_rule
from streams.rules.errors import Undecided, Unreadable
from streams.rules.expression import value_of
from streams.rules.rules import Compiled, Context, Verdict, compile_rule
from streams.rules.trial_facts import trial_facts

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something to mend: in which rule or decision, and what."""

    where: str
    what: str


def faults_of(texts: Mapping[str, str]) -> list[Fault]:
    """Schema, types, examples, contradictions and gaps of a set: file name -> text."""
    faults: list[Fault] = []
    compiled: list[Compiled] = []
    seen: set[tuple[str, int]] = set()
    for name, text in sorted(texts.items()):
        try:
            one = compile_rule(read_rule(name, text))
        except Unreadable as error:
            faults.append(Fault(name, str(error)))
            continue
        if (one.rule.id, one.rule.version) in seen:
            faults.append(Fault(name, f"{one.rule.id} version {one.rule.version} is there twice"))
        seen.add((one.rule.id, one.rule.version))
        compiled.append(one)
        faults += [Fault(one.rule.id, what) for what in _faults_alone(one)]
    for decision in DECISIONS.values():
        mine = [one for one in compiled if one.rule.decides == decision.name]
        mine.sort(key=lambda one: (one.rule.id, one.rule.version))
        faults += _faults_together(decision, mine)
    return faults


def _faults_alone(one: Compiled) -> Iterator[str]:
    rule = one.rule
    if rule.start is not None and rule.end is not None and rule.start >= rule.end:
        yield "`to` is not after `from`: it is never in force"
    for number, row in enumerate(rule.rows, 1):
        if not row.examples:
            yield f"row {number} has no example"
        for example in row.examples:
            if fault := _example_fault(one, number, example):
                yield f"row {number}, example {dict(example.facts)}: {fault}"


def _example_fault(one: Compiled, number: int, example: Example) -> str | None:
    decision = DECISIONS[one.rule.decides]
    wanted = value_of(example.value, decision.kind)
    if wanted is None:
        return f"{example.value!r} is not of the kind: {decision.kind}"
    if example.at is not None and not one.rule.in_force(example.at):
        return f"the rule is not in force at {example.at.isoformat()}"
    return _facts_fault(decision, example) or _answer_fault(one, number, example, wanted)


def _facts_fault(decision: Decision, example: Example) -> str | None:
    for name, fact in example.facts.items():
        kind = decision.facts.get(name)
        if kind is None:
            return f"{name} is no fact of {decision.name}"
        if type(fact) is not type(kind.samples[0]):
            return f"{name} is {fact!r}, which is no {type(kind.samples[0]).__name__}"
    return None


def _answer_fault(one: Compiled, number: int, example: Example, wanted: Value) -> str | None:
    facts = defaults(DECISIONS[one.rule.decides]) | dict(example.facts)
    try:
        verdict = one.verdict(facts, Context(facts))
    except Undecided as error:
        return str(error)
    if verdict is None or verdict.row != number:
        return f"row {verdict.row} answers" if verdict else "no row answers"
    return None if verdict.value == wanted else f"the answer is {verdict.value}, not {wanted}"


def _faults_together(decision: Decision, compiled: list[Compiled]) -> Iterator[Fault]:
    """At each instant from which other rules are in force: is there one answer for all facts that are tried?"""
    dates = {at for one in compiled for at in (one.rule.start, one.rule.end) if at is not None}
    tried = list(trial_facts(decision, (one.rule for one in compiled)))
    told: set[str] = set()
    for at in sorted(dates | {_LONG_AGO}):
        in_force = [one for one in compiled if one.rule.in_force(at)]
        since = "always" if at == _LONG_AGO else f"from {at.isoformat()}"
        for facts in tried:
            for where, what in _disagreements(decision, in_force, facts):
                if what not in told:  # one fact that shows it is enough
                    told.add(what)
                    yield Fault(where, f"{what}, {since}, for {facts}")
            if not in_force:
                break


def _disagreements(
    decision: Decision, in_force: list[Compiled], facts: Mapping[str, Fact]
) -> Iterator[tuple[str, str]]:
    context, verdicts = Context(facts), list[Verdict]()
    for one in in_force:
        try:
            verdict = one.verdict(facts, context)
        except Undecided as error:
            yield one.rule.id, str(error)
            return
        if verdict is not None:
            verdicts.append(verdict)
    if not verdicts:
        yield decision.name, "gap: no rule answers"
    for left, right in combinations(verdicts, 2):
        if left.value != right.value:
            yield decision.name, f"contradiction: {_cited(left)}, {_cited(right)}"


def _cited(verdict: Verdict) -> str:
    return f"{verdict.rule_id} version {verdict.rule_version} (row {verdict.row}) says {verdict.value}"
