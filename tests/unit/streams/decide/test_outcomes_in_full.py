"""Every row of the decision tables comes to exactly what `outcomes/` says: words, waits, and commands with their ids.

Ids and fingerprints are kept by the ledger and the operations database: one that changes would send everything again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.outcome import DeadLetter, Forward, Hold, Outcome, Record, Skip
from streams.decide import Facts, Policy, decide
from tests.unit.streams.decide import (
    conflict_rows,
    outcome_rows,
    test_billing_decisions,
    test_case_decisions,
    test_customer_decisions,
    test_lead_decisions,
    test_refund_decisions,
    test_subscription_decisions,
)
from tests.unit.streams.decide.cases import NOW

OUTCOMES = Path(__file__).with_name("outcomes")
SHIPPED = Policy()
TABLES: dict[str, tuple[dict[str, Any], Policy]] = {
    "accounts": (outcome_rows.ACCOUNTS, SHIPPED),
    "deals": (outcome_rows.DEALS, SHIPPED),
    "line_items": (outcome_rows.ITEMS, SHIPPED),
    "invoices": (outcome_rows.INVOICES, SHIPPED),
    "waiting": (outcome_rows.ALONE, SHIPPED),
    "billing": (test_billing_decisions.CASES, test_billing_decisions.POLICY),
    "conflicts": (conflict_rows.CONFLICTS, SHIPPED),
    "cases": (test_case_decisions.CASES, SHIPPED),
    "customers": (test_customer_decisions.CASES, SHIPPED),
    "leads": (test_lead_decisions.CASES, SHIPPED),
    "refunds": (test_refund_decisions.CASES, SHIPPED),
    "subscriptions": (test_subscription_decisions.CASES, SHIPPED),
}
KEPT = {name: yaml.safe_load((OUTCOMES / f"{name}.yaml").read_text("utf-8")) for name in TABLES}


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


@pytest.mark.parametrize(("table", "row"), [(table, row) for table, (rows, _) in TABLES.items() for row in rows])
def test_a_row_comes_to_what_is_written(table: str, row: str) -> None:
    rows, policy = TABLES[table]
    event, facts = rows[row][:2]
    assert isinstance(facts, Facts)
    assert told(decide(event, facts, policy, NOW)) == KEPT[table][row]


@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_written_of_rows_that_are_not_there(table: str) -> None:
    assert list(KEPT[table]) == list(TABLES[table][0])
    assert {path.stem for path in OUTCOMES.glob("*.yaml")} == set(TABLES)
