"""What breaks a contract is named by field, rule, value and owner; personal data is not shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import records
from schemas.codec import ContractViolation, validate
from schemas.contracts import contracts
from schemas.contracts.check import checked, rules_of, violations
from schemas.contracts.rules import code_list, compile_rule
from schemas.money import is_currency_code, minor_unit
from schemas.records import Account, Contract, Drift, Invoice, Opportunity, OrderLine, Travelling
from tests.unit.schemas.contracts.samples import sample

ACCOUNT = sample(Account)
DEAL = sample(Opportunity)
CONTRACT = sample(Contract)
INVOICE = sample(Invoice)


def with_(record: Travelling, **fields: Any) -> Travelling:
    return record.model_copy(update=fields)


@pytest.mark.parametrize(
    ("record", "field", "rule", "words"),
    [
        (with_(ACCOUNT, name="x" * 129), "name", "length", "<person_name, 129 characters>"),
        (with_(ACCOUNT, name=" "), "name", "not_blank", "<person_name, 1 characters>"),
        (with_(ACCOUNT, country="Germany"), "country", "country_code", "'Germany'"),
        (with_(ACCOUNT, currency="EURO"), "currency", "currency_code", "'EURO'"),
        (with_(ACCOUNT, city="K\x00ln"), "city", "storable", "<postal_address, 4 characters>"),
        (with_(DEAL, currency="ZZZ"), "currency", "currency_code", "'ZZZ'"),
        (with_(DEAL, amount=Decimal("1.001")), "amount", "minor_units", "1.001"),
        (with_(DEAL, currency="JPY", amount=Decimal("1.5")), "amount", "minor_units", "1.5"),
        (with_(CONTRACT, ends_on=date(2020, 1, 1)), "ends_on", "not_before", "2020-01-01"),
        (with_(INVOICE, balance=Decimal("0.00001")), "balance", "minor_units", "0.00001"),
        (with_(sample(Drift), currency=None), "money", "currency_required", "-12.5"),
        (with_(DEAL, stage=None), "stage", "required", "None"),
        (with_(DEAL, meta=with_(DEAL.meta, key="")), "meta.key", "length", "''"),
        (with_(DEAL, lines=[with_(DEAL.lines[0], quantity=Decimal(0))]), "lines.0.quantity", "above", "0"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_violation_names_field_rule_value_and_owner(record: Travelling, field: str, rule: str, words: str) -> None:
    found = {(violation.field, violation.rule): violation for violation in violations(record)}
    name = type(record).__name__
    contract = contracts().of_record(name)
    assert contract is not None
    assert (found[field, rule].value, found[field, rule].owner) == (words, contract.owner)
    told = checked(record)
    assert isinstance(told, ContractViolation)
    assert f"{field}: " in str(told)
    assert f"[{rule}] (is {words})" in str(told)
    assert str(told).endswith(f"; contract {contract.id} v{contract.version}, owner {contract.owner}")


@pytest.mark.parametrize("model", [Account, Contract, Opportunity, Invoice], ids=lambda model: model.__name__)
def test_what_fits_passes_as_it_is(model: type[Travelling]) -> None:
    record = sample(model)
    assert violations(record) == []
    assert checked(record) is record


def test_a_delete_and_a_patch_need_no_more_than_their_keys() -> None:
    bare = Account(meta=ACCOUNT.meta.model_copy(update={"operation": "delete"}), id="ACC-1001")
    assert checked(bare) is bare


def test_what_is_no_record_passes() -> None:
    violation = ContractViolation("x")
    assert checked(violation) is violation


def test_a_record_without_contract_is_our_mistake() -> None:
    with pytest.raises(LookupError, match="no contract for OrderLine"):
        violations(OrderLine(sku="a", quantity=Decimal(1), unit_price=Decimal(1), amount=Decimal(1)))


def test_a_model_s_faults_are_told_the_same_way_and_masked() -> None:
    wrong = ACCOUNT.model_dump() | {"email": 7, "phone": b"+49", "nickname": "Lea Müller", "id": ""}
    with pytest.raises(ContractViolation) as caught:
        validate(Account, wrong)
    told = str(caught.value)
    assert "email: Input should be a valid string [string_type] (is <email>)" in told
    assert "id: String should have at least 1 character [string_too_short] (is '')" in told
    assert "nickname: Extra inputs are not permitted [extra_forbidden] (is <str, 10 characters>)" in told
    assert "Müller" not in told
    assert told.endswith(f"; contract account v{contracts().contracts['account'].version}, owner revenue-operations")


def test_many_faults_are_cut_short() -> None:
    lines = [with_(DEAL.lines[0], sku="")] * 1000
    told = str(checked(with_(DEAL, lines=lines)))
    assert "lines.0.sku" in told
    assert "; and more; contract" in told
    assert len(told) < 1500


SECRET = "Zq7"
PERSONAL = [
    (contract.record, name)
    for contract in contracts().contracts.values()
    if contract.record is not None
    for name in contract.pii
    if contract.fields[name].type == "string"
]


@pytest.mark.parametrize(("record", "field"), PERSONAL)
@settings(max_examples=10)
@given(value=st.text(max_size=20).map(lambda text: f"\x00{SECRET}{text}"))
def test_tagged_values_are_never_told(record: str, field: str, value: str) -> None:
    told = checked(with_(sample(getattr(records, record)), **{field: value}))
    assert isinstance(told, ContractViolation)
    assert SECRET not in str(told)


@pytest.mark.parametrize(
    ("rule", "value", "good"),
    [
        ("length 1 3", "abc", True),
        ("length 1 3", "", False),
        ("length 1 3", "abcd", False),
        ("one_of a b", "b", True),
        ("one_of a b", "c", False),
        ("above 0", Decimal("0.001"), True),
        ("above 0", Decimal(0), False),
        ("at_least 0", Decimal(0), True),
        ("at_least 0", Decimal("-0.01"), False),
        ("at_most 100", Decimal(100), True),
        ("at_most 100", Decimal("100.01"), False),
        ("not_blank", " x", True),
        ("not_blank", "\t\u00a0", False),
        ("currency_code", "JPY", True),
        ("currency_code", "jpy", False),
        ("country_code", "CH", True),
        ("country_code", "UK", False),
        ("time_zone", "Asia/Tokyo", True),
        ("time_zone", "Tokyo", False),
    ],
)
def test_each_rule_at_its_edges(rule: str, value: Any, good: bool) -> None:
    assert (compile_rule(rule)(value, _nothing) is None) is good


@pytest.mark.parametrize("rule", ["length 1", "length a b", "above x", "one_of", "not_blank 1", "nothing"])
def test_a_rule_that_is_written_wrong_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match=rule.split(maxsplit=1)[0]):
        compile_rule(rule)


_nothing: Callable[[str], Any] = {}.get


def test_the_code_lists_are_codes() -> None:
    assert len(code_list("countries")) == 249  # ISO 3166-1's number of officially assigned codes
    assert all(is_currency_code(code) for code in code_list("currencies"))
    assert {code for code in code_list("currencies") if minor_unit(code) != Decimal("0.01")} >= {"JPY", "KWD", "KRW"}
    assert rules_of("Line")["quantity"] == ("above",)
