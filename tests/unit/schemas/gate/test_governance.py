from __future__ import annotations

from typing import Any

import pytest

from schemas.gate.modes import Mode
from schemas.gate.terms import Terms, read_terms
from tests.unit.schemas.gate.gate_examples import checked, field, record, rules

CONTRACT = """
id: order
version: 3
record: Order
owner: sales
partition_key: account
compatibility: FULL
pii: {email: contact}
fields: {status: {system_of_record: erp}, email: {system_of_record: crm}}
"""
SCHEMA = record(field("account"), field("email"), field("status"))


def terms(text: str = CONTRACT) -> Terms:
    found, problems = read_terms({"order.yaml": text})
    assert problems == []
    return found["Order"]


def found(new: Any, after: str = CONTRACT, before: str = CONTRACT) -> list[str]:
    return list(rules(checked(SCHEMA, new, terms=terms(after), before=terms(before))))


def test_a_contract_is_read() -> None:
    read = terms()
    assert (read.owner, read.version, read.mode, read.partition_key) == ("sales", "3", Mode.FULL, "account")
    assert read.pii["Order", "email"] == "contact"


WIDER = record(*SCHEMA["fields"], field("note", ["null", "string"], default=None))
BUMPED = CONTRACT.replace("version: 3", "version: 4")


@pytest.mark.parametrize(
    ("new", "after", "expected"),
    [
        (SCHEMA, CONTRACT, []),
        (WIDER, CONTRACT, ["ML043"]),
        (WIDER, BUMPED, []),
        ({**SCHEMA, "doc": "nothing that readers see"}, CONTRACT, []),
        (SCHEMA, CONTRACT.replace("{email: contact}", "{}"), ["ML041"]),
        (SCHEMA, CONTRACT.replace("system_of_record: erp", "system_of_record: crm"), ["ML042"]),
        (SCHEMA, CONTRACT.replace("partition_key: account", "partition_key: email"), ["ML040"]),
        (SCHEMA, CONTRACT.replace("FULL", "BACKWARD"), ["ML044"]),
        (SCHEMA, CONTRACT.replace("FULL", "FULL_TRANSITIVE"), []),
        (SCHEMA, CONTRACT.replace("FULL", "NONE"), ["ML044"]),
    ],
)
def test_agreements(new: Any, after: str, expected: list[str]) -> None:
    assert found(new, after) == expected


def test_the_partition_keys_type_counts() -> None:
    retyped = record(field("account", {"type": "string", "logicalType": "uuid"}), *SCHEMA["fields"][1:])
    assert set(found(retyped, BUMPED)) == {"ML010", "ML040"}


def test_marks_may_stand_in_the_schema() -> None:
    marked = record(field("email", pii="contact", system_of_record="crm"))
    tagged = record(field("email", **{"confluent:tags": ["PII"]}))
    assert sorted(rules(checked(marked, record(field("email"))))) == ["ML041", "ML042"]
    assert rules(checked(tagged, record(field("email")))) == ["ML041"]
    assert rules(checked(tagged, record(field("email", pii=True)))) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("compatibility: FULL-TRANSITIVE", "none of NONE"),
        ("a: [", "not YAML"),
        ("- a", "a mapping"),
        ("a: &x [*x]", "no YAML aliases"),
    ],
)
def test_a_contract_that_cannot_be_used_is_a_finding(text: str, says: str) -> None:
    _, ((file, problem),) = read_terms({"order.yaml": text})
    assert (file, problem.rule) == ("order.yaml", "ML045")
    assert says in problem.message
