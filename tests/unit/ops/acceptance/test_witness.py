"""The witness tells every difference, and knows nothing of the line."""

from __future__ import annotations

import ast
import copy
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ops.acceptance.witness.compare import CHECKS, compare
from ops.acceptance.witness.found import Found, Sides, rounded
from ops.acceptance.witness.orders import obstacle
from ops.acceptance.witness.schedules import around
from schemas.prorate import interval_at
from tests.architecture.tree import ROOT
from tests.unit.ops.acceptance.witness_rows import CRM, ERP, SAID, D

#: Alone they say nothing: ids, what a contact is, the order of a single line, the day of a signature.
QUIET = {"id", "sequence", "type", "discount_approved_by", "sale", "account_id", "deal_id", "closed_at", "kind"}
QUIET |= {"description", "signed_at"}


def counts(path: tuple[Any, ...]) -> bool:
    """Whether a value that is another must be told. Of an invoice that people posted its total is compared."""
    if path[-1] in QUIET or path == ("orders", 0, "comment"):
        return False
    if path[:2] == ("revisions", 0):
        return path[-1] in ("quantity", "unit_price", "effective_on", "sku")
    return path[:2] == ("invoices", 1) or path[0] != "invoices" or path[-1] not in ("invoice_date", "quantity")


FLOWS = {f"FL{number}" for number in range(1, 11)}


def judge(crm: Any = CRM, erp: Any = ERP, said: Any = SAID) -> Found:
    return compare(Sides(crm, erp, said))


def spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of all plain values that are there."""
    if isinstance(value, dict):
        return [spot for name, inner in value.items() for spot in spots(inner, (*path, name))]
    if isinstance(value, list | tuple):
        return [spot for index, inner in enumerate(value) for spot in spots(inner, (*path, index))]
    return [path] if value is not None else []


def changed(tables: Any, path: tuple[Any, ...]) -> Any:
    found = copy.deepcopy(tables)
    here = found
    for step in path[:-1]:
        here = here[step]
    old = here[path[-1]]
    if old == "month":
        here[path[-1]] = "year"
    elif isinstance(old, bool):
        here[path[-1]] = not old
    elif isinstance(old, date):
        here[path[-1]] = old + timedelta(days=1)
    else:
        here[path[-1]] = old + 1 if isinstance(old, Decimal | float | int) else f"{old}7"
    return found


def test_two_systems_that_agree() -> None:
    found = judge()
    assert found.clean, [one.told() for one in found.mismatches] + found.unexplained
    assert found.flows.keys() == FLOWS
    assert found.flows["FL1"] == 3
    assert found.totals["EUR"] == {
        "sold": D("36.00"),
        "ordered": D("36.00"),
        "sold to leads": D("20.00"),
        "ordered by leads": D("20.00"),
        "billed by itself": D("18.00"),
        "invoices of it": D("18.00"),
        "outstanding on deals": D("21.00"),
        "to pay on deals": D("21.00"),
        "outstanding on accounts": D("32.50"),
        "to pay": D("32.50"),
        "credits of cases": D("20.50"),
        "credit notes of cases": D("20.50"),
        "corrections of subscriptions": D("32.00"),
        "invoices that correct": D("32.00"),
        "money back": D("5.00"),
        "credit notes of money back": D("5.00"),
    }


@pytest.mark.parametrize("path", [p for p in spots(ERP) if counts(p)], ids=str)
def test_every_value_of_the_erp_that_is_changed_is_told(path: tuple[Any, ...]) -> None:
    assert not judge(erp=changed(ERP, path)).clean


@pytest.mark.parametrize("path", [p for p in spots(CRM) if counts(p)], ids=str)
def test_every_value_of_the_crm_that_is_changed_is_told(path: tuple[Any, ...]) -> None:
    assert not judge(crm=changed(CRM, path)).clean


@pytest.mark.parametrize("path", [p for p in spots(SAID) if counts(p)], ids=str)
def test_every_value_that_was_said_and_did_not_come_true_is_told(path: tuple[Any, ...]) -> None:
    assert not judge(said=changed(SAID, path)).clean


@pytest.mark.parametrize("name", sorted(ERP))
def test_what_is_missing_in_the_erp_or_there_twice_is_told(name: str) -> None:
    assert not judge(erp={**ERP, name: []}).clean
    assert not judge(erp={**ERP, name: ERP[name] * 2}).clean


def test_an_order_that_the_rules_forbid_is_told() -> None:
    line = {**CRM["lines"][0], "discount_percent": D("20.01")}
    deal = CRM["deals"][0]
    assert "nobody approved" in str(obstacle(deal, [line]))
    assert obstacle({**deal, "discount_approved_by": "ann"}, [line]) is None
    found = judge(crm={**CRM, "lines": [line, CRM["lines"][1]]})
    assert any("is an order in the ERP 1 times, though: 20.01 %" in text for text in found.unexplained)


@pytest.mark.parametrize(
    ("case", "wanted"),
    [
        ({"status": "open"}, "it is open"),
        ({"credit_approved_by": None}, "nobody approved it"),
        ({"credit_amount": D("500.01")}, "above the cap"),
    ],
)
def test_a_credit_that_the_policy_forbids_is_told(case: dict[str, Any], wanted: str) -> None:
    found = judge(crm={**CRM, "cases": [{**CRM["cases"][0], **case}]})
    assert any(wanted in text for text in found.unexplained)


def test_a_refund_above_its_invoice_must_stay_out() -> None:
    asked = {**SAID["refunds"][0], "amount": D("18.01")}
    found = judge(said={**SAID, "refunds": [asked]})
    assert any("above the invoice's 18.00" in text for text in found.unexplained)


@pytest.mark.parametrize(("amount", "currency", "wanted"), [("2.5", "JPY", "2"), ("2.345", "EUR", "2.34")])
def test_amounts_are_rounded_half_to_even(amount: str, currency: str, wanted: str) -> None:
    assert rounded(D(amount), currency) == D(wanted)


@pytest.mark.parametrize("kind", ["month", "quarter", "year"])
def test_the_witness_counts_intervals_by_itself_and_alike(kind: str) -> None:
    for start in (date(2026, 1, 31), date(2024, 2, 29), date(2026, 5, 4)):
        for days in range(0, 900, 7):
            day = start + timedelta(days=days)
            interval = interval_at(start, day, kind)
            assert around(start, day, kind) == (interval.start, interval.end)


def test_the_witness_imports_nothing_of_ours() -> None:
    allowed = {"__future__", "base64", "calendar", "collections", "dataclasses", "datetime", "decimal", "json"}
    allowed |= {"itertools", "re", "typing", "httpx", "psycopg"}
    for path in sorted((ROOT / "ops" / "acceptance" / "witness").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            others = {name for name in names if not name.startswith("ops.acceptance.witness.")}
            assert {name.partition(".")[0] for name in others} <= allowed, path


def test_there_is_a_check_for_every_flow() -> None:
    assert FLOWS - {"FL6"} <= CHECKS.keys()
