"""DR7: a price below the rate card stops the order before the ERP."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.demo.catalogue import PRODUCTS
from ops.demo.deals import price_in
from schemas.money import minor_unit
from schemas.outcome import DeadLetter, Forward
from schemas.reasons import Reason
from streams.decide import Policy, decide
from streams.decide.price_list import lowest_price
from tests.unit.streams.decide.cases import NOW, deal, facts, item, line
from tests.unit.streams.rules.rule_texts import row, rule, rules

POLICY = Policy()


@pytest.mark.parametrize(
    ("sku", "currency", "price", "approver", "goes"),
    [
        ("SKU-001", "USD", "480.00", None, True),  # the list price
        ("SKU-001", "USD", "999.00", None, True),  # above it
        ("SKU-001", "USD", "475.20", None, True),  # 1 % below: the tolerance itself
        ("SKU-001", "USD", "475.1999", None, False),
        ("SKU-001", "USD", "475.1999", "boss", True),  # an approval is recorded
        ("SKU-001", "USD", "0", None, False),
        ("SKU-001", "USD", "475.1999", "", False),
        ("SKU-001", "EUR", "437.184", None, True),  # 441.60 less 1 %
        ("SKU-001", "EUR", "437.18", None, False),
        ("SKU-001", "JPY", "72000", None, True),
        ("SKU-001", "JPY", "71279", None, False),  # 71280 is 1 % below
        ("SKU-006", "EUR", "0.7820", None, True),  # tiny prices keep four decimals; the list says 0.78
        ("SKU-001", "SEK", "1", None, True),  # not listed in this currency
        ("SKU-999", "USD", "1", None, True),  # not on the card
    ],
)
def test_a_price_below_the_list_needs_an_approval(
    sku: str, currency: str, price: str, approver: str | None, goes: bool
) -> None:
    held = line("l1", price=price).model_copy(update={"sku": sku})
    outcome = decide(deal(held, currency=currency, discount_approved_by=approver), facts(item(held)), POLICY, NOW)
    if goes:
        assert isinstance(outcome, Forward), outcome
        return
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason is Reason.PRICE_BELOW_LIST
    assert f"{price} {currency} is below the list price" in outcome.detail


def test_the_line_that_is_too_low_is_named_with_what_to_enter() -> None:
    fair, low = (
        line("l1", price="480.00").model_copy(update={"sku": "SKU-001"}),
        line("l2", price="100.00").model_copy(update={"sku": "SKU-003"}),
    )
    outcome = decide(deal(fair, low, currency="USD"), facts(item(fair), item(low)), POLICY, NOW)
    assert isinstance(outcome, DeadLetter)
    assert "line l2 (SKU-003)" in outcome.detail
    assert "180.00 USD" in outcome.suggestion


def test_a_line_that_is_not_listed_does_not_hide_one_that_is_too_low() -> None:
    free, low = line("l1", price="1"), line("l2", price="1").model_copy(update={"sku": "SKU-001"})
    outcome = decide(deal(free, low, currency="USD"), facts(item(free), item(low)), POLICY, NOW)
    assert isinstance(outcome, DeadLetter)
    assert "line l2 (SKU-001)" in outcome.detail


@pytest.mark.parametrize(("currency", "goes"), [("USD", True), ("EUR", False)])
def test_a_tolerance_is_of_the_product_and_the_currency(currency: str, goes: bool) -> None:
    half = row('sku == "SKU-001" && currency == "USD"', "5000")
    tolerant = Policy(rules(rule(half, row(value="0"), decides="price.tolerance"), without="price-tolerance"))
    held = line("l1", price="300").model_copy(update={"sku": "SKU-001"})
    outcome = decide(deal(held, currency=currency), facts(item(held)), tolerant, NOW)
    assert isinstance(outcome, Forward) == goes


def test_a_discount_is_no_price_below_the_list() -> None:
    held = line("l1", price="480.00", discount="20").model_copy(update={"sku": "SKU-001"})
    assert isinstance(decide(deal(held, currency="USD"), facts(item(held)), POLICY, NOW), Forward)


def test_the_verdict_is_noted_with_rule_and_facts() -> None:
    noting = POLICY.under(POLICY.rules)
    held = line("l1", price="1").model_copy(update={"sku": "SKU-001"})
    decide(deal(held, currency="USD"), facts(item(held)), noting, NOW)
    asked = {note.name: (note.rule_id, dict(note.facts)) for note in noting.notes or ()}
    assert asked["price.list"] == ("rate-card", {"sku": "SKU-001", "currency": "USD"})
    assert asked["price.tolerance"][0] == "price-tolerance"


@given(st.integers(1, 10**9), st.integers(0, 10_000), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_the_lowest_price_is_exact_and_never_above_the_list(minor: int, points: int, currency: str) -> None:
    listed = minor * minor_unit(currency)
    lowest = lowest_price(listed, Decimal(points) / 100)
    assert 0 <= lowest <= listed
    assert lowest * 10_000 == listed * (10_000 - points)


@pytest.mark.parametrize("currency", ["EUR", "USD", "GBP", "JPY", "CHF"])
def test_what_the_demo_sells_at_is_no_price_below_the_list(currency: str) -> None:
    for sku, dollars in PRODUCTS.items():
        listed = POLICY.list_price(sku, currency, NOW)
        assert listed is not None, sku
        assert listed <= price_in(currency, dollars) < listed * 2
