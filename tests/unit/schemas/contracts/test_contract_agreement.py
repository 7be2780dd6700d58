"""One definition of a thing: what contracts, record types, decisions and comparison say of a field is the same."""

from __future__ import annotations

from typing import Any, get_args, get_origin

import annotated_types
import pytest

from reconciler.rules import PAIRS, Pair
from schemas import records
from schemas.contracts import Part, contracts
from schemas.contracts.check import checked
from schemas.contracts.example import example_of
from schemas.records import AccountWriteBack, CustomerUpsert, OpportunityWriteBack, Travelling
from schemas.records.fields import AvroDecimal
from streams.decide.touched import shared_fields
from tests.unit.schemas.contracts.samples import sample

CATALOGUE = contracts()
ACCOUNT, OPPORTUNITY, INVOICE = PAIRS["account"], PAIRS["opportunity"], PAIRS["invoice"]
DESCRIBED = {part.record: part for part in (*CATALOGUE.contracts.values(), *CATALOGUE.parts.values()) if part.record}


@pytest.mark.parametrize("name", sorted(DESCRIBED))
def test_the_example_is_a_record_that_keeps_its_contract(name: str) -> None:
    record = sample(getattr(records, name))
    assert checked(record) is record
    assert example_of(name).keys() == DESCRIBED[name].fields.keys()


@pytest.mark.parametrize("name", sorted(DESCRIBED))
def test_the_contract_has_every_rule_that_the_record_s_types_have(name: str) -> None:
    model: type[Travelling] = getattr(records, name)
    for field, info in model.model_fields.items():
        rules = set(DESCRIBED[name].fields[field].rules)
        assert set(_rules_of_type(info.annotation, info.metadata)) <= rules, field


def _rules_of_type(annotation: Any, marks: list[Any]) -> list[str]:
    arguments = get_args(annotation)
    inner = next((one for one in arguments if one is not type(None)), None)
    if get_origin(annotation) is not None and "Literal" in str(get_origin(annotation)):
        return [f"one_of {' '.join(arguments)}"]
    found: dict[type, Any] = {}
    for mark in marks:
        if isinstance(mark, AvroDecimal):
            continue
        for constraint in getattr(mark, "metadata", None) or [mark]:
            found[type(constraint)] = constraint
    rules = []
    if annotated_types.MinLen in found:
        least, most = found[annotated_types.MinLen].min_length, found[annotated_types.MaxLen].max_length
        rules.append(f"length {least} {most}")
    if annotated_types.Gt in found:
        rules.append(f"above {found[annotated_types.Gt].gt}")
    if annotated_types.Ge in found:
        rules.append(f"at_least {found[annotated_types.Ge].ge}")
    if annotated_types.Le in found:
        rules.append(f"at_most {found[annotated_types.Le].le}")
    if any("[A-Z]{3}" in str(mark) for mark in marks):
        rules.append("currency_code")
    return rules or (_rules_of_type(inner, []) if inner is not None else [])


def test_the_rules_of_types_are_found() -> None:
    line = records.Line.model_fields["discount_percent"]
    assert _rules_of_type(line.annotation, line.metadata) == ["at_least 0", "at_most 100"]
    deal = records.Opportunity.model_fields["id"]
    assert _rules_of_type(deal.annotation, deal.metadata) == ["length 1 128"]
    side = records.Envelope.model_fields["side"]
    assert _rules_of_type(side.annotation, side.metadata) == ["one_of crm erp"]


def crossing(part: Part, direction: str) -> set[str]:
    return {name for name, terms in part.fields.items() if terms.direction == direction}


def test_what_the_erp_is_told_of_an_account_is_what_the_contract_says() -> None:
    told = CustomerUpsert.model_fields.keys() - {"code"}
    assert crossing(CATALOGUE.contracts["account"], "crm_to_erp") == told
    assert crossing(CATALOGUE.parts["CustomerUpsert"], "crm_to_erp") == told


@pytest.mark.parametrize("body", [AccountWriteBack, OpportunityWriteBack])
def test_what_is_written_back_belongs_to_the_erp(body: type[Travelling]) -> None:
    part = CATALOGUE.parts[body.__name__]
    assert crossing(part, "erp_to_crm") == body.model_fields.keys()
    owners = {name: terms.system_of_record for name, terms in part.fields.items()}
    won = {field.crm for field in shared_fields("account") if field.owner == "crm"}  # by the ERP, where both changed it
    assert {name for name, owner in owners.items() if owner != "erp"} == (won if body is AccountWriteBack else set())


@pytest.mark.parametrize("pair", [ACCOUNT, OPPORTUNITY], ids=lambda pair: pair.name)
def test_compared_fields_have_one_owner_and_one_direction_on_both_sides(pair: Pair) -> None:
    crm, erp = CATALOGUE.contracts[pair.crm], CATALOGUE.contracts[pair.erp]
    totals = [(pair.total.crm, pair.total.erp)] if pair.total else []
    for ours, theirs in [(rule.crm, rule.erp) for rule in pair.fields] + totals:
        left, right = crm.fields[ours], erp.fields[theirs]
        assert (left.system_of_record, left.direction) == (right.system_of_record, right.direction), ours
        assert left.direction == ("crm_to_erp" if left.system_of_record == "crm" else "erp_to_crm"), ours


@pytest.mark.parametrize("pair", [ACCOUNT, OPPORTUNITY], ids=lambda pair: pair.name)
def test_who_is_right_when_two_sides_differ_is_the_system_of_record(pair: Pair) -> None:
    """But for money: there people decide."""
    contract = CATALOGUE.contracts[pair.crm]
    for rule in pair.fields:
        assert rule.owner == contract.fields[rule.crm].system_of_record, rule.name
    assert pair.total is None or pair.total.owner == "people"


def test_every_field_that_crosses_with_an_account_is_compared() -> None:
    """Except the state: the ERP's customer does not tell it."""
    account = CATALOGUE.contracts["account"]
    both = crossing(account, "crm_to_erp") | crossing(account, "erp_to_crm")
    assert both - {rule.crm for rule in ACCOUNT.fields} == {"state"}
    assert "state" not in CATALOGUE.contracts["customer"].fields


def test_totals_that_are_compared_are_amounts_with_a_currency() -> None:
    for pair in (OPPORTUNITY, INVOICE):
        assert pair.total is not None
        for contract, field in ((pair.crm, pair.total.crm), (pair.erp, pair.total.erp)):
            assert CATALOGUE.contracts[contract].fields[field].currency == "currency"


def test_an_invoice_and_a_customer_s_code_are_the_erp_s() -> None:
    invoice = CATALOGUE.contracts["invoice"]
    assert {invoice.fields[name].system_of_record for name in ("total", "balance", "state")} == {"erp"}
    assert CATALOGUE.contracts["account"].fields["erp_customer_code"].system_of_record == "erp"
