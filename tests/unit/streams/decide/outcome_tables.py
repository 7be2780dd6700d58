"""The decision tables with how their rows are decided, and an outcome as `outcomes/` keeps it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from schemas.outcome import DeadLetter, Forward, Hold, Outcome, Record, Skip
from streams.decide import Policy, decide, decide_effect, decide_patch, state_records
from streams.rules import rules_of, shipped_texts
from tests.unit.streams.decide import (
    conflict_rows,
    effect_rows,
    outcome_rows,
    sum_rows,
    test_billing_decisions,
    test_case_decisions,
    test_customer_decisions,
    test_lead_decisions,
    test_refund_decisions,
    test_subscription_decisions,
)
from tests.unit.streams.decide.cases import NOW

OUTCOMES = Path(__file__).with_name("outcomes")
Decider = Callable[[Any, Any], Outcome]


def by(policy: Policy) -> Decider:
    return lambda event, facts: decide(event, facts, policy, NOW)


#: As shipped, but in force from a day on: whoever asks without a time gets no answer.
DATED = {name: text.replace("from: null", "from: 1970-01-01T00:00:00Z") for name, text in shipped_texts().items()}
SHIPPED = by(Policy(rules_of(DATED)))
TABLES: dict[str, tuple[dict[str, Any], Decider]] = {
    "accounts": (outcome_rows.ACCOUNTS, SHIPPED),
    "deals": (outcome_rows.DEALS, SHIPPED),
    "line_items": (outcome_rows.ITEMS, SHIPPED),
    "invoices": (outcome_rows.INVOICES, SHIPPED),
    "repeats": (sum_rows.REPEATS, SHIPPED),
    "credits": (sum_rows.CREDITS, SHIPPED),
    "refunded": (sum_rows.REFUNDED, SHIPPED),
    "waiting": (outcome_rows.ALONE, SHIPPED),
    "patches": (effect_rows.PATCHES, lambda patch, facts: decide_patch(patch, facts, Policy(), NOW)),
    "effects": (effect_rows.EFFECTS, lambda effect, known: Forward(decide_effect(effect, known, NOW))),
    "states": (effect_rows.STATES, lambda event, _: Forward(state_records(event))),
    "billing": (test_billing_decisions.CASES, by(test_billing_decisions.POLICY)),
    "conflicts": (conflict_rows.CONFLICTS, SHIPPED),
    "cases": (test_case_decisions.CASES, SHIPPED),
    "customers": (test_customer_decisions.CASES, SHIPPED),
    "leads": (test_lead_decisions.CASES, SHIPPED),
    "refunds": (test_refund_decisions.CASES, SHIPPED),
    "subscriptions": (test_subscription_decisions.CASES, SHIPPED),
}


def told(outcome: Outcome) -> dict[str, Any]:
    """An outcome as it is kept."""
    match outcome:
        case Skip(why, detail):
            return {"skip": str(why), "says": detail}
        case DeadLetter(reason, detail, suggestion):
            return {"letter": str(reason), "says": detail, "helps": suggestion}
        case Hold(until, wait, reason, detail):
            waits = {"for": str(wait.kind), "key": wait.key, "count": wait.count}
            return {"hold": waits, "until": f"{until:%Y-%m-%d %H:%M}", "then": str(reason), "says": detail}
        case Forward(records):
            return {"sends": [record_told(record) for record in records]}


def record_told(record: Record) -> dict[str, Any]:
    """Where it goes, what every command carries, and what it is about. What is empty is left out."""
    value = record.value.model_dump(mode="json", exclude_none=True)
    carried = {name: one for name, one in value.items() if one and not isinstance(one, dict)}
    about = {name: one for name, one in value.items() if isinstance(one, dict)}
    return {"to": [record.topic, record.key, record.account_id], "carries": carried, **about}
