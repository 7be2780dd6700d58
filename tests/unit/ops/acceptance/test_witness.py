"""The witness tells every difference, and knows nothing of the line."""

from __future__ import annotations

import ast
import copy
from decimal import Decimal
from typing import Any

import pytest

from ops.acceptance.drive import SHARES, plan_work
from ops.acceptance.witness.compare import CHECKS, compare, obstacle, rounded
from tests.architecture.tree import ROOT
from tests.unit.streams.decide.cases import NOW

D = Decimal
CRM: dict[str, list[Any]] = {
    "accounts": [
        {
            "id": "acc-r-0",
            "name": "Müller & Söhne",
            "erp_customer_code": "C1",
            "street": "Hauptstr. 1",
            "city": "Köln",
            "postal_code": "50667",
            "country": "DE",
            "email": "a@example.org",
            "phone": "+49 221 5550101",
            "tax_id": "DE 136695976",
        }
    ],
    "contracts": [{"id": "ctr-r-0", "reference": "MSA-1"}],
    "deals": [
        {
            "id": "opp-r-0",
            "account_id": "acc-r-0",
            "stage": "Closed Won",
            "currency": "EUR",
            "amount": D("18.00"),
            "discount_approved_by": None,
            "contract_id": "ctr-r-0",
            "erp_order_number": "17",
            "invoice_number": "2026/3",
            "invoice_status": "issued",
            "payment_status": "partial",
            "outstanding_balance": D("8.00"),
        }
    ],
    "lines": [
        {
            "opportunity_id": "opp-r-0",
            "sku": "SKU-1",
            "quantity": D("2.000"),
            "unit_price": D("10.0000"),
            "discount_percent": D("10.00"),
        }
    ],
    "balances": [{"account_id": "acc-r-0", "currency": "EUR", "outstanding": D("8.00")}],
}
ERP: dict[str, list[Any]] = {
    "customers": [
        {
            "crm_id": "acc-r-0",
            "name": "Müller & Söhne",
            "code": "C1",
            "addresses": [{"street": "Hauptstr. 1", "city": "Köln", "postal_code": "50667", "country": "DE"}],
            "contact_mechanisms": [
                {"type": "email", "value": "a@example.org"},
                {"type": "phone", "value": "+492215550101"},
            ],
            "identifiers": [{"code": "acc-r-0"}, {"code": "TAX:DE136695976"}],
        }
    ],
    "orders": [
        {
            "reference": "opp-r-0",
            "number": "17",
            "currency": "EUR",
            "total_amount": D("18.00"),
            "customer": "C1",
            "description": "MSA-1",
            "lines": [
                {
                    "id": 1,
                    "sequence": 1,
                    "sku": "SKU-1",
                    "quantity": 2.0,
                    "unit_price": D("9.0000"),
                    "amount": D("18.00"),
                }
            ],
            "invoices": [
                {
                    "number": "2026/3",
                    "state": "posted",
                    "currency": "EUR",
                    "total_amount": D("18.00"),
                    "amount_to_pay": D("8.00"),
                }
            ],
        }
    ],
}


def spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of all plain values."""
    if isinstance(value, dict):
        return [spot for name, inner in value.items() for spot in spots(inner, (*path, name))]
    if isinstance(value, list):
        return [spot for index, inner in enumerate(value) for spot in spots(inner, (*path, index))]
    return [path]


def changed(tables: Any, path: tuple[Any, ...]) -> Any:
    found = copy.deepcopy(tables)
    here = found
    for step in path[:-1]:
        here = here[step]
    old = here[path[-1]]
    here[path[-1]] = old + 1 if isinstance(old, Decimal | float | int) else f"{old}7"
    return found


#: Alone they say nothing: an id, what a contact is, the order of a single line.
QUIET = {"id", "sequence", "type", "discount_approved_by"}


def test_two_systems_that_agree() -> None:
    found = compare(CRM, ERP)
    assert found.clean, [one.told() for one in found.mismatches] + found.unexplained
    assert found.totals == {
        "EUR": {
            "sold": D("18.00"),
            "ordered": D("18.00"),
            "outstanding on deals": D("8.00"),
            "outstanding on accounts": D("8.00"),
            "to pay": D("8.00"),
        }
    }
    assert {one.flow for one in found.compared} == {"FL1", "FL3", "FL6", "totals"}


@pytest.mark.parametrize("path", [p for p in spots(ERP) if p[-1] not in QUIET], ids=str)
def test_every_value_of_the_erp_that_is_changed_is_told(path: tuple[Any, ...]) -> None:
    assert not compare(CRM, changed(ERP, path)).clean


@pytest.mark.parametrize("path", [p for p in spots(CRM) if p[-1] not in QUIET], ids=str)
def test_every_value_of_the_crm_that_is_changed_is_told(path: tuple[Any, ...]) -> None:
    assert not compare(changed(CRM, path), ERP).clean


@pytest.mark.parametrize("name", ["customers", "orders"])
def test_what_is_missing_or_there_twice_is_told(name: str) -> None:
    assert compare(CRM, {**ERP, name: []}).unexplained
    assert compare(CRM, {**ERP, name: ERP[name] * 2}).unexplained


def test_an_order_that_the_rules_forbid_is_told() -> None:
    line = {**CRM["lines"][0], "discount_percent": D("20.01")}
    assert "nobody approved" in str(obstacle(CRM["deals"][0], [line]))
    assert obstacle({**CRM["deals"][0], "discount_approved_by": "ann"}, [line]) is None
    found = compare({**CRM, "lines": [line]}, ERP)
    assert any("1 orders in the ERP, though: 20.01 %" in text for text in found.unexplained)
    open_ = {**CRM["deals"][0], "stage": "Proposal", "erp_order_number": None}
    assert compare({**CRM, "deals": [open_]}, {**ERP, "orders": []}).unexplained == []


@pytest.mark.parametrize(("amount", "currency", "wanted"), [("2.5", "JPY", "2"), ("2.345", "EUR", "2.34")])
def test_amounts_are_rounded_half_to_even(amount: str, currency: str, wanted: str) -> None:
    assert rounded(D(amount), currency) == D(wanted)


@pytest.mark.parametrize("records", [10, 100, 5000])
def test_a_run_has_as_many_records_as_asked(records: int) -> None:
    work = plan_work("r", 1, records, NOW.date())
    percents = {share.flow: share.percent for share in SHARES}
    assert sum(percents.values()) == 100
    asked = len(work.accounts) + len(work.deals) + len(work.billing)
    assert asked == records
    assert plan_work("r", 1, records, NOW.date()).deals == work.deals
    assert CHECKS.keys() <= percents.keys()


def test_the_witness_imports_nothing_of_ours() -> None:
    allowed = {"__future__", "base64", "collections", "dataclasses", "datetime", "decimal", "json", "typing"}
    allowed |= {"httpx", "psycopg"}
    for path in sorted((ROOT / "ops" / "acceptance" / "witness").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert {name.partition(".")[0] for name in names} <= allowed, path
