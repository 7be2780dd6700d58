from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from stamping import found_in

from schemas.codec import ContractViolation
from schemas.records import Account, Contact, Contract, Opportunity
from streams.intake.webhooks import Unhandled

AT = "2026-03-01T10:00:00.5Z"
ACCOUNT = {"id": "P-1", "name": "Čapek", "country": "CZ", "currency": "CZK", "updated_at": AT, "updated_by": "jana"}
LINE = {"id": "L-1", "sku": "SKU-1", "quantity": "2.5", "unit_price": "19.9900", "discount_percent": "10"}
OPPORTUNITY = {
    "id": "O-1",
    "account_id": "P-1",
    "name": "Deal",
    "stage": "Closed Won",
    "currency": "EUR",
    "amount": "44.98",
    "close_date": "2026-02-28",
    "lines": [LINE, {**LINE, "id": "L-2", "quantity": 3}],
    "updated_at": AT,
}


def body(kind: str, data: Any) -> dict[str, Any]:
    return {"type": kind, "timestamp": AT, "data": data}


def violation(kind: str, data: Any) -> str:
    with pytest.raises(ContractViolation) as caught:
        found_in("standard", body(kind, data))
    return str(caught.value)


def test_an_account_at_full_state() -> None:
    (account,) = found_in("standard", body("account.created", ACCOUNT))
    assert isinstance(account, Account)
    assert (account.id, account.name, account.country, account.currency) == ("P-1", "Čapek", "CZ", "CZK")
    meta = account.meta
    assert (meta.entity, meta.key, meta.account_id, meta.operation) == ("account", "P-1", "P-1", "create")
    assert meta.occurred_at == datetime(2026, 3, 1, 10, 0, 0, 500_000, UTC)
    assert (meta.actor, meta.sequence) == ("jana", 0)


@pytest.mark.parametrize(("verb", "operation"), [("created", "create"), ("updated", "update"), ("deleted", "delete")])
def test_the_verb_is_the_operation(verb: str, operation: str) -> None:
    (account,) = found_in("standard", body(f"account.{verb}", ACCOUNT))
    assert isinstance(account, Account)
    assert account.meta.operation == operation


def test_a_deleted_account_needs_no_name() -> None:
    (account,) = found_in("standard", body("account.deleted", {"id": "P-1", "updated_at": AT}))
    assert isinstance(account, Account)
    assert account.name is None
    assert violation("account.updated", {"id": "P-1", "updated_at": AT}).startswith("name: ")


def test_an_opportunity_carries_its_lines_exactly() -> None:
    (deal,) = found_in("standard", body("opportunity.updated", OPPORTUNITY))
    assert isinstance(deal, Opportunity)
    assert (deal.amount, deal.close_date, deal.line_count) == (Decimal("44.98"), date(2026, 2, 28), 2)
    assert deal.lines is not None
    first, second = deal.lines
    assert (first.quantity, first.unit_price, first.discount_percent) == (Decimal("2.5"), Decimal("19.99"), Decimal(10))
    assert (second.position, second.quantity) == (1, Decimal(3))
    assert deal.meta.account_id == "P-1"


def test_an_opportunity_without_account_goes_by_its_own_id() -> None:
    (deal,) = found_in("standard", body("opportunity.created", {**OPPORTUNITY, "account_id": None}))
    assert isinstance(deal, Opportunity)
    assert deal.meta.account_id == "O-1"


def test_contacts_and_contracts_belong_to_an_account() -> None:
    data = {"id": "C-1", "account_id": "P-1", "updated_at": AT}
    (contact,) = found_in("standard", body("contact.updated", {**data, "name": "Jana", "email": "j@x.cz"}))
    assert isinstance(contact, Contact)
    terms = {"reference": "R", "signed_at": AT, "starts_on": "2026-01-01", "ends_on": None}
    (contract,) = found_in("standard", body("contract.updated", {**data, **terms}))
    assert isinstance(contract, Contract)
    assert (contract.starts_on, contract.ends_on) == (date(2026, 1, 1), None)
    assert violation("contact.updated", {"id": "C-1", "updated_at": AT}).startswith("account_id: ")


def test_nanoseconds_order_what_microseconds_cannot() -> None:
    positions = []
    for fraction in ("000000123", "000000999", "000001"):
        at = f"2026-03-01T12:00:00.{fraction}+02:00"
        (account,) = found_in("standard", body("account.updated", {**ACCOUNT, "updated_at": at}))
        assert isinstance(account, Account)
        positions.append(account.meta.position)
    assert positions == sorted(set(positions))


@pytest.mark.parametrize("field", ["amount", "lines.unit_price", "lines.quantity", "lines.discount_percent"])
@pytest.mark.parametrize("value", [12.5, 1e3, True, "12,50", "1e3", "NaN", " 1", "١٢", "", [], "0.00001", "1" * 16])
def test_money_is_a_decimal_text_never_a_float(field: str, value: Any) -> None:
    name = field.removeprefix("lines.")
    data = {**OPPORTUNITY, "lines": [{**LINE, name: value}]} if field != name else {**OPPORTUNITY, name: value}
    assert name in violation("opportunity.updated", data)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "2026-03-01",
        "2026-03-01T10:00:00",
        "2026-02-30T10:00:00Z",
        "2026-03-01T25:00:00Z",
        1772600767,
        "0001-01-01T00:00:00+14:00",
        "2026-03-01T10:00:60Z",
        "\uff12026-03-01T10:00:00Z",
    ],
)
def test_the_version_is_a_time_with_its_zone(value: Any) -> None:
    assert violation("account.updated", {**ACCOUNT, "updated_at": value}).startswith("updated_at: ")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"id": ""}, "id"),
        ({"id": 5}, "id"),
        ({"id": "x" * 129}, "key"),
        ({"name": 5}, "name"),
        ({"colour": "red"}, "colour"),
        ({"updated_by": 5}, "updated_by"),
        ({"city": "a\x00b"}, "city"),
        ({"city": "\ud800"}, "city"),
        ({"bad\ud800": "x"}, "a name"),
        ({"bad\nname": "x"}, "bad?name"),
    ],
)
def test_a_violation_names_the_field(changed: dict[str, Any], named: str) -> None:
    message = violation("account.updated", {**ACCOUNT, **changed})
    assert named in message
    assert message.isprintable()


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"lines": None}, "lines"),
        ({"lines": [LINE, LINE]}, "same id"),
        ({"lines": [5]}, r"lines[0]"),
        ({"line_count": 3}, "line_count"),
        ({"close_date": 20260228}, "close_date"),
        ({"close_date": "2026-02-30"}, "close_date"),
        ({"amount": None}, "amount"),
        ({"currency": "euro"}, "currency"),
        ({"stage": None}, "stage"),
        ({"lines": [{**LINE, "unit_price": "-1"}]}, "unit_price"),
    ],
)
def test_an_opportunity_that_is_not_whole_is_a_violation(changed: dict[str, Any], named: str) -> None:
    assert named in violation("opportunity.updated", {**OPPORTUNITY, **changed})


@pytest.mark.parametrize("kind", ["invoice.created", "account.archived", "account", "account.created.v2", "a\x00b"])
def test_a_type_outside_the_contract_is_named_not_guessed(kind: str) -> None:
    (found,) = found_in("standard", body(kind, ACCOUNT))
    assert isinstance(found, Unhandled)
    assert found.kind == kind.replace("\x00", "?")


@pytest.mark.parametrize("document", [[], {}, {"type": 5}, {"type": "account.created"}, b"not json"])
def test_a_body_of_another_shape_is_a_violation(document: Any) -> None:
    with pytest.raises(ContractViolation):
        found_in("standard", document)
