"""A record against its contract, just before it is forwarded. Pure; what the YAML says is compiled once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, TypeVar

from schemas.codec import ContractViolation
from schemas.contracts.load import Catalogue, contracts
from schemas.contracts.model import FieldTerms, Part
from schemas.contracts.rules import Rule, amount_needs_currency, compile_rule, storable
from schemas.contracts.tell import masked, violation_text
from schemas.records import Travelling

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that breaks its contract. `value` is masked where the contract tags it as personal data."""

    record: str
    field: str  #: dotted; items of a list by number: `lines.0.quantity`
    rule: str
    problem: str
    value: str
    owner: str


@dataclass(frozen=True, slots=True)
class _Terms:
    name: str
    required: bool
    rules: tuple[tuple[str, Rule], ...]
    inside: str | None  #: the record that the field holds


def violations(record: Travelling) -> list[Violation]:
    """What in the record breaks its contract, in the order of its fields. LookupError where it has no contract."""
    name = type(record).__name__
    catalogue = contracts()
    contract = catalogue.of_record(name)
    if contract is None:
        raise LookupError(f"no contract for {name}")
    return [
        Violation(name, path, rule, problem, masked(catalogue, contract, path, value), contract.owner)
        for path, problem, value, rule in _faults(record, name, "")
    ]


def checked(item: T) -> T | ContractViolation:
    """The record as it is, or why it must not be forwarded. What is not a record of ours passes."""
    if not isinstance(item, Travelling):
        return item
    name = type(item).__name__
    faults = _faults(item, name, "")
    first = next(faults, None)
    return item if first is None else ContractViolation(violation_text(name, chain([first], faults)))


def _faults(record: Any, name: str, path: str) -> Iterator[tuple[str, str, Any, str]]:
    for terms in _compiled(name):
        value = getattr(record, terms.name)
        if value is None:
            if terms.required:
                yield path + terms.name, "must be present", None, "required"
            continue
        for rule, test in terms.rules:
            problem = test(value, lambda other: getattr(record, other))
            if problem is not None:
                yield path + terms.name, problem, value, rule
        if terms.inside is not None:
            yield from _inside(value, terms.inside, f"{path}{terms.name}.")


def _inside(value: Any, name: str, path: str) -> Iterator[tuple[str, str, Any, str]]:
    if not isinstance(value, list):
        yield from _faults(value, name, path)
        return
    for index, item in enumerate(value):
        yield from _faults(item, name, f"{path}{index}.")


@cache
def _compiled(name: str) -> tuple[_Terms, ...]:
    catalogue = contracts()
    part = _part(catalogue, name)
    return tuple(
        _Terms(field, terms.required, rules, terms.nested)
        for field, terms in part.fields.items()
        if (rules := tuple(_rules(terms))) or terms.required or terms.nested
    )


def _part(catalogue: Catalogue, name: str) -> Part:
    part: Part | None = catalogue.of_record(name) or catalogue.parts.get(name)
    if part is None:
        raise LookupError(f"no contract for {name}")
    return part


def _rules(terms: FieldTerms) -> Iterator[tuple[str, Rule]]:
    for text in terms.rules:
        yield text.split()[0], compile_rule(text)
    if terms.currency is not None:
        yield "currency_required", amount_needs_currency(terms.currency)
    if terms.type == "string":
        yield "storable", storable


def rules_of(name: str) -> Mapping[str, tuple[str, ...]]:
    """The names of the rules on each field of a record, as they are checked."""
    return {terms.name: tuple(rule for rule, _ in terms.rules) for terms in _compiled(name)}
