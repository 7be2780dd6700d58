"""Readings, tolerances and the dates of rules; what they make of a comparison."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from histories import record
from pydantic import ValidationError

from reconciler.compare import compare
from reconciler.difference import Comparison
from reconciler.rules import PAIRS, RULES_VERSION, Pair, load_pairs
from reconciler.tolerance import Tolerance, agree
from reconciler.transforms import compact, digits, folded, loose, plain


def test_transforms() -> None:
    assert plain(" a \n b ") == "a b"
    assert folded("De") == "de"
    assert compact("be-0897.290 877") == "BE0897290877"
    assert digits("00 32 (0)2/555") == "3202555"
    assert loose("Main St. 1,\n Floor-2") == loose("MAIN ST 1 floor 2")


@pytest.mark.parametrize(
    ("crm", "erp", "tolerance", "wanted"),
    [
        (Decimal(100), Decimal("100.0"), {}, "equal"),
        (Decimal(100), Decimal("100.01"), {}, "differ"),
        (Decimal(100), Decimal("100.05"), {"absolute": "0.05"}, "within"),
        (Decimal(100), Decimal("99.94"), {"absolute": "0.05"}, "differ"),
        (Decimal(200), Decimal(201), {"percent": "0.5"}, "within"),
        (Decimal(200), Decimal("201.01"), {"percent": "0.5"}, "differ"),
        (Decimal(-200), Decimal(-201), {"percent": "0.5"}, "within"),
        (Decimal(0), Decimal("0.01"), {"percent": "50"}, "differ"),  # nothing is no amount to take a share of
        (Decimal(200), Decimal("201.01"), {"percent": "0.5", "absolute": "2"}, "within"),  # one of both is enough
        (date(2026, 3, 1), date(2026, 2, 27), {"days": 2}, "within"),
        (date(2026, 3, 1), date(2026, 2, 26), {"days": 2}, "differ"),
        ("Main St. 1", "main st 1", {"text": "loose"}, "within"),
        ("Main St. 1", "main st 2", {"text": "loose"}, "differ"),
        ("Main St. 1", "main st 1", {"absolute": "9"}, "differ"),
        ("1", Decimal(1), {"absolute": "9"}, "differ"),
        (None, Decimal(1), {"absolute": "9"}, "differ"),
        (None, None, {}, "equal"),
    ],
)
def test_agreement(crm: Any, erp: Any, tolerance: dict[str, Any], wanted: str) -> None:
    assert agree(crm, erp, Tolerance.model_validate(tolerance)) == wanted


RULES = """
pairs:
  account:
    crm: account
    erp: customer
    missing: low
    deleted: low
    duplicate: low
    fields:
      - {name: city, severity: low, read: plain, owner: crm, tolerance: {text: folded}, valid_from: 2026-03-02}
      - {name: name, severity: high, crm_as: folded, erp_as: plain, owner: erp, valid_until: 2026-03-03}
  opportunity:
    crm: opportunity
    erp: order
    missing: high
    deleted: high
    duplicate: high
    total: {name: total, crm: amount, severity: low, owner: people, tolerance: {absolute: 1, percent: 0.1}}
    currency: {name: currency, severity: high, owner: people, weight: 0.5}
"""
OWN = load_pairs(RULES)


def judged(pair: Pair, crm: Any, *erp: Any, twins: tuple[Any, ...] = ()) -> Comparison:
    return compare(pair, "X", crm, erp, twins)


def test_a_difference_within_its_tolerance_is_counted_and_no_drift() -> None:
    found = judged(
        OWN["account"], record("account", "X", city="GENT"), record("customer", "X", city="Gent", name="acme")
    )
    assert (found.result, found.differences, found.tolerated) == ("within_tolerance", (), ("city",))
    found = judged(OWN["opportunity"], record("opportunity", "X"), record("order", "X", total=Decimal(101)))
    assert (found.result, found.tolerated) == ("within_tolerance", ("total",))
    found = judged(OWN["opportunity"], record("opportunity", "X"), record("order", "X", total=Decimal("101.01")))
    assert [(one.kind, one.severity) for one in found.differences] == [("total_mismatch", "low")]


@pytest.mark.parametrize(
    ("day", "fields"),
    [(-1, ["name"]), (0, ["city", "name"]), (1, ["city"])],  # 2026-03-01, 02 and 03
)
def test_a_rule_is_in_force_on_its_days_only(day: int, fields: list[str]) -> None:
    """The day is that of the newer of the two changes."""
    crm = record("account", "X", day * 24 * 60 - 100_000, name="Acme", city="Ghent")
    erp = record("customer", "X", day * 24 * 60, name="Acme", city="Gent")
    found = judged(OWN["account"], crm, erp)
    assert [field.name for one in found.differences for field in one.fields] == fields


def test_each_side_is_read_in_its_own_way() -> None:
    crm, erp = record("account", "X", name="ACME"), record("customer", "X", name="acme")
    assert judged(OWN["account"], crm, erp).result == "in_step"
    crm, erp = record("account", "X", name="acme"), record("customer", "X", name="ACME")
    assert judged(OWN["account"], crm, erp).result == "field_mismatch"


def test_what_is_at_stake_follows_the_weight() -> None:
    found = judged(OWN["opportunity"], record("opportunity", "X"), record("order", "X", currency="USD"))
    assert [(one.at_stake, one.currency) for one in found.differences] == [(Decimal("50.00"), "EUR")]
    found = judged(PAIRS["opportunity"], record("opportunity", "X", erp_order_number="9"), record("order", "X"))
    assert [(one.kind, one.at_stake, one.owner) for one in found.differences] == [("field_mismatch", None, "erp")]
    missing = judged(PAIRS["opportunity"], record("opportunity", "X"))
    assert [(one.at_stake, one.money) for one in missing.differences] == [(Decimal("100.00"), Decimal("-100.00"))]


def test_fields_of_several_owners_are_for_people() -> None:
    crm = record("account", "X", name="Acme", erp_customer_code="C-8")
    both = judged(PAIRS["account"], crm, record("customer", "X", name="Acne")).differences
    assert [(one.owner, one.severity) for one in both] == [("people", "high")]
    one = judged(PAIRS["account"], crm, record("customer", "X", name="Acme")).differences
    assert [single.owner for single in one] == ["erp"]


def test_a_customer_that_the_erp_has_twice() -> None:
    crm, erp = record("account", "X", name="Acme"), record("customer", "X", name="Acme")
    twin = record("customer", "erp:party:9", code="C-9")
    found = judged(PAIRS["account"], crm, erp, twins=(twin,))
    assert [(one.kind, one.fields[0].erp) for one in found.differences] == [("duplicate", "C-7, C-9")]
    assert judged(
        PAIRS["account"], crm, erp, twins=(record("customer", "erp:party:9", operation="delete"),)
    ).result == ("in_step")


def test_a_customer_deleted_in_the_erp() -> None:
    found = judged(PAIRS["account"], record("account", "X"), record("customer", "X", operation="delete"))
    assert [(one.kind, one.severity) for one in found.differences] == [("deleted_on_one_side", "medium")]


@pytest.mark.parametrize(
    "rules",
    [
        RULES.replace("name: city", "name: planet"),
        RULES.replace("text: folded", "text: sloppy"),
        RULES.replace("owner: erp", "owner: nobody"),
        RULES.replace("weight: 0.5", "weight: 1.5"),
        RULES.replace("absolute: 1,", "absolute: -1,"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(rules: str) -> None:
    with pytest.raises(ValidationError):
        load_pairs(rules)


def test_the_version_tells_the_rules_apart() -> None:
    assert RULES_VERSION.startswith("2-")
