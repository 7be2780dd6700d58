"""What differs, as tables."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from histories import judge, record

from reconciler.difference import Difference


def only(found: tuple[Difference, ...]) -> Difference:
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("crm", "erp", "field"),
    [
        ({"name": "Acme"}, {"name": "Acme"}, None),
        ({"name": "Acme  GmbH "}, {"name": "Acme GmbH"}, None),
        ({"name": "Acme"}, {"name": "ACME"}, "name"),
        ({"name": "Zürich"}, {"name": "Zu\u0308rich"}, None),  # the same letter, composed and not
        ({"tax_id": "BE 0897.290.877"}, {"tax_id": "BE0897290877"}, None),
        ({"tax_id": "BE0897290877"}, {"tax_id": "BE0897290878"}, "tax_id"),
        ({"tax_id": None}, {"tax_id": "BE0897290877"}, None),  # the CRM says nothing
        ({"tax_id": "BE0897290877"}, {"tax_id": None}, "tax_id"),  # the ERP lost it
        ({"email": "Info@Acme.EXAMPLE"}, {"email": "info@acme.example"}, None),
        ({"phone": "0032 2 555 12 12"}, {"phone": "+32 25551212"}, None),
        ({"phone": "+32 2 555 12 12"}, {"phone": "+32 2 555 12 13"}, "phone"),
        ({"street": "Main St 1\nFloor 2"}, {"street": "Main St 1 Floor 2"}, None),
        ({"city": "Liège"}, {"city": "Liege"}, "city"),
        ({"postal_code": "SW1A 1AA"}, {"postal_code": "sw1a1aa"}, None),
        ({"country": "BE"}, {"country": "NL"}, "country"),
        ({"erp_customer_code": "C-8"}, {"code": "C-7"}, "erp_code"),
        ({"erp_customer_code": None}, {"code": "C-7"}, None),
    ],
)
def test_account_fields(crm: dict[str, Any], erp: dict[str, Any], field: str | None) -> None:
    base = {"name": "Acme"}
    result = judge("account", record("account", "A1", **base | crm), record("customer", "A1", **base | erp))
    if field is None:
        assert result.result == "in_step"
        assert result.differences == ()
    else:
        difference = only(result.differences)
        assert result.result == "field_mismatch"
        assert [one.name for one in difference.fields] == [field]


def test_field_values_are_told_as_written() -> None:
    found = judge("account", record("account", "A1", name="Acme"), record("customer", "A1", name="Acne"))
    difference = only(found.differences)
    assert (difference.fields[0].crm, difference.fields[0].erp) == ("Acme", "Acne")
    assert difference.explanation == (
        "account A1 (Acme), ERP customer C-7: name is Acme in the CRM and Acne in the ERP"
    )


def test_the_worst_field_gives_the_severity() -> None:
    found = judge(
        "account",
        record("account", "A1", city="Ghent", erp_customer_code="C-9"),
        record("customer", "A1", city="Gent"),
    )
    assert only(found.differences).severity == "high"


def test_an_account_without_opportunity_is_a_customer_too() -> None:
    difference = only(judge("account", record("account", "A1")).differences)
    assert (difference.kind, difference.severity) == ("missing_in_erp", "medium")


@pytest.mark.parametrize(
    ("account", "kind", "severity", "words"),
    [
        (None, "missing_in_crm", "medium", "is not known to the CRM"),
        ("deleted", "deleted_on_one_side", "low", "is deleted in the CRM"),
    ],
)
def test_a_customer_without_account(account: str | None, kind: str, severity: str, words: str) -> None:
    crm = record("account", "A1", operation="delete", name=None) if account else None
    difference = only(judge("account", crm, record("customer", "A1")).differences)
    assert (difference.kind, difference.severity) == (kind, severity)
    assert words in difference.explanation


def test_both_deleted_is_in_step() -> None:
    both = record("account", "A1", operation="delete"), record("customer", "A1", operation="delete")
    assert judge("account", *both).result == "in_step"


@pytest.mark.parametrize("entity", ["customer", "order"])
def test_what_never_came_from_the_crm_is_counted_only(entity: Any) -> None:
    pair = "account" if entity == "customer" else "opportunity"
    found = judge(pair, None, record(entity, "erp:party:1"))  # type: ignore[arg-type]
    assert (found.result, found.differences) == ("erp_only", ())


def test_total_mismatch_in_words_and_money() -> None:
    found = judge("opportunity", record("opportunity", "O1"), record("order", "O1", total=Decimal("120")))
    difference = only(found.differences)
    assert found.result == "total_mismatch"
    assert (difference.money, difference.currency, difference.severity) == (Decimal("20.00"), "EUR", "high")
    assert difference.explanation == ("CRM amount 100.00 EUR, ERP order S-12 total 120.00 EUR: ERP is 20.00 EUR higher")
    lower = judge("opportunity", record("opportunity", "O1"), record("order", "O1", total=Decimal("99.5")))
    assert only(lower.differences).money == Decimal("-0.50")
    assert only(lower.differences).explanation.endswith("ERP is 0.50 EUR lower")


@pytest.mark.parametrize(
    ("currency", "crm", "erp", "agree"),
    [
        ("EUR", "100", "100.0000", True),
        ("EUR", "100.004", "100", True),  # less than a cent
        ("EUR", "100.00", "100.01", False),
        ("JPY", "100", "101", False),
        ("JPY", "100.4", "100", True),
        ("KWD", "1.001", "1.002", False),
    ],
)
def test_totals_agree_to_the_minor_unit(currency: str, crm: str, erp: str, agree: bool) -> None:
    found = judge(
        "opportunity",
        record("opportunity", "O1", amount=Decimal(crm), currency=currency),
        record("order", "O1", total=Decimal(erp), currency=currency),
    )
    assert (found.result == "in_step") is agree


def test_two_currencies_are_one_drift_without_a_difference_in_money() -> None:
    found = judge("opportunity", record("opportunity", "O1"), record("order", "O1", currency="USD"))
    difference = only(found.differences)
    assert (difference.kind, difference.money) == ("field_mismatch", None)
    assert [one.name for one in difference.fields] == ["currency", "total"]


@pytest.mark.parametrize(
    ("stage", "state", "kind", "money"),
    [
        ("Closed Won", "confirmed", None, None),
        ("closedwon", "confirmed", None, None),
        ("Closed Won", None, "missing_in_erp", Decimal("-100.00")),
        ("Closed Won", "cancelled", "field_mismatch", Decimal("-100.00")),
        ("Negotiation", None, None, None),
        ("Negotiation", "cancelled", None, None),
        ("Closed Lost", "confirmed", "field_mismatch", Decimal("100.00")),
        ("deleted", "confirmed", "deleted_on_one_side", Decimal("100.00")),
        ("Closed Won", "deleted", "deleted_on_one_side", Decimal("-100.00")),
        ("Negotiation", "deleted", None, None),
        ("deleted", "cancelled", None, None),
        ("deleted", None, None, None),
        (None, "confirmed", "missing_in_crm", Decimal("100.00")),
        (None, "cancelled", None, None),
    ],
)
def test_deal_and_order(stage: str | None, state: str | None, kind: str | None, money: Decimal | None) -> None:
    deal = None
    if stage == "deleted":
        deal = record("opportunity", "O1", operation="delete")
    elif stage is not None:
        deal = record("opportunity", "O1", stage=stage)
    orders = [] if state is None else [record("order", "O1", state=state)]
    if state == "deleted":
        orders = [record("order", "O1", operation="delete")]
    found = judge("opportunity", deal, *orders)
    assert [(one.kind, one.money) for one in found.differences] == ([] if kind is None else [(kind, money)])


def line(sku: str, quantity: str, price: str, discount: str = "0") -> dict[str, Any]:
    return {"id": sku + quantity, "sku": sku, "quantity": quantity, "unit_price": price, "discount_percent": discount}


def erp_line(sku: str, quantity: str, amount: str) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity, "unit_price": "1", "amount": amount}


@pytest.mark.parametrize(
    ("crm", "erp", "names"),
    [
        ([line("X", "2", "50")], [erp_line("X", "2", "100.00")], []),
        ([line("X", "2", "62.5", "20")], [erp_line("X", "2", "100.00")], []),  # 2 x 62.50 less 20 %
        ([line("X", "1", "60"), line("Y", "1", "40")], [erp_line("Y", "1", "40"), erp_line("X", "1", "60")], []),
        ([line("X", "2", "50")], [erp_line("X", "1", "50"), erp_line("X", "1", "50")], []),  # split in two
        ([line("X", "2", "50")], [erp_line("X", "2", "100"), erp_line("", "0", "0")], []),  # a comment
        ([line("X", "2", "50")], [erp_line("X", "1", "100")], ["line X"]),
        ([line("X", "2", "50")], [erp_line("Z", "2", "100")], ["line X", "line Z"]),
        ([line("X", "2", "50")], [erp_line("", "2", "100")], ["line (no product)", "line X"]),
    ],
)
def test_lines(crm: list[dict[str, Any]], erp: list[dict[str, Any]], names: list[str]) -> None:
    found = judge("opportunity", record("opportunity", "O1", lines=crm), record("order", "O1", lines=erp))
    assert [field.name for one in found.differences for field in one.fields] == names
    assert found.result == ("field_mismatch" if names else "in_step")


def test_lines_explain_a_total() -> None:
    found = judge(
        "opportunity",
        record("opportunity", "O1", lines=[line("X", "2", "50")]),
        record("order", "O1", total=Decimal("150"), lines=[erp_line("X", "3", "150.00")]),
    )
    difference = only(found.differences)
    assert difference.kind == "total_mismatch"
    assert difference.explanation.endswith(
        "ERP is 50.00 EUR higher; line X is 2 for 100.00 in the CRM and 3 for 150.00 in the ERP"
    )


def test_a_very_long_product_code_fits_a_field_name() -> None:
    found = judge(
        "opportunity",
        record("opportunity", "O1", lines=[line("X" * 120, "2", "50")]),
        record("order", "O1", lines=[]),
    )
    assert len(found.differences[0].fields[0].name) <= 128


@pytest.mark.parametrize(
    ("invoices", "kind", "money", "severity"),
    [
        ([], None, None, None),
        ([("I1", "100", "posted")], None, None, None),
        ([("I1", "60", "paid"), ("I2", "40", "draft")], None, None, None),
        ([("I1", "100", "posted"), ("I2", "100", "cancelled")], None, None, None),
        ([("I1", "100", "posted"), ("I2", "100", "posted")], "duplicate", Decimal("100.00"), "high"),
        ([("I1", "40", "posted"), ("I2", "60", "posted"), ("I3", "40", "draft")], "duplicate", Decimal(40), "high"),
        ([("I1", "50", "posted"), ("I2", "50", "posted"), ("I3", "20", "posted")], "total_mismatch", 20, "high"),
        ([("I1", "60", "posted")], "total_mismatch", Decimal("-40.00"), "low"),
    ],
)
def test_invoices_of_an_order(
    invoices: list[tuple[str, str, str]], kind: str | None, money: Decimal | None, severity: str | None
) -> None:
    bills = [record("invoice", key, order_id="O1", total=Decimal(total), state=state) for key, total, state in invoices]
    found = judge("invoice", record("order", "O1"), *bills)
    wanted = [] if kind is None else [(kind, money, severity)]
    assert [(one.kind, one.money, one.severity) for one in found.differences] == wanted


def test_an_invoice_of_a_cancelled_order_is_billed_too_much() -> None:
    found = judge("invoice", record("order", "O1", state="cancelled"), record("invoice", "I1", order_id="O1"))
    assert only(found.differences).money == Decimal("100.00")


def test_an_invoice_in_another_currency() -> None:
    found = judge("invoice", record("order", "O1"), record("invoice", "I1", order_id="O1", currency="USD"))
    assert only(found.differences).kind == "field_mismatch"
