"""A record's unreadable fields in words, for the letter."""

from __future__ import annotations

from schemas.contracts.tell import violation_text
from streams.standards.fields import Fault

RULE = "standard"  #: the rule's name in a letter


def refusal(record: str, faults: tuple[Fault, ...]) -> str:
    """One sentence for the faults; personal data is not shown."""
    return violation_text(record, [(fault.field, fault.problem.problem, fault.value, RULE) for fault in faults])


def suggestion_of(faults: tuple[Fault, ...]) -> str:
    """The nearest candidates of each fault, in words; empty where there are none."""
    told = (f"{fault.field}: {' or '.join(fault.problem.suggestions)}" for fault in faults if fault.problem.suggestions)
    return "; ".join(told)
