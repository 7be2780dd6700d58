"""Sums of money are kept to the minor unit: rounding, conversion, pro-rating, orders, balances.

`MESHLINE_LONG=1`: 100,000 cases of each.
"""

from __future__ import annotations

import os
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.money import convert, cross_rate, line_amount, minor_unit, round_money
from schemas.outcome import DeadLetter, Forward, Hold
from schemas.reasons import Reason
from schemas.records import Invoice, Line
from streams.decide import Known, Policy, decide
from tests.unit.schemas.test_prorate import (
    Cut,
    changes_cost_what_was_used,
    cut,
    intervals_cost_their_price,
    parts_add_up,
    reverses_cancel_out,
)
from tests.unit.streams.decide.cases import NOW, account, body, deal, facts, invoice, item, line

LONG = bool(os.environ.get("MESHLINE_LONG"))
MANY = settings(max_examples=100_000 if LONG else 300, deadline=None)
pytestmark = pytest.mark.timeout(3600 if LONG else 300)
POLICY = Policy()
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])  # two, no and three decimals
AMOUNTS = st.decimals(-(10**9), 10**9, places=6, allow_nan=False)
LINES = st.lists(
    st.builds(
        lambda quantity, price, discount: line("x", str(quantity), str(price), str(discount)),
        st.decimals("0.001", "99999", places=3),
        st.decimals("0", "99999", places=4),
        st.decimals("0", "20", places=2),
    ),
    min_size=1,
    max_size=6,
)


@MANY
@given(AMOUNTS, st.integers(-(10**12), 10**12), st.booleans(), CURRENCIES)
def test_rounding_is_to_the_nearest_minor_unit_and_halves_go_to_the_even_one(
    any_amount: Decimal, halves: int, half: bool, currency: str
) -> None:
    amount = halves * minor_unit(currency) / 2 if half else any_amount
    unit = Fraction(minor_unit(currency))
    units = Fraction(round_money(amount, currency)) / unit
    assert units.denominator == 1
    off = abs(Fraction(amount) / unit - units)
    assert off < Fraction(1, 2) or (off == Fraction(1, 2) and units % 2 == 0)
    assert round_money(round_money(amount, currency), currency) == round_money(amount, currency)


QUOTED = st.decimals("0.0001", 10**6, places=6)  #: units of a currency for one of the ERP's


@MANY
@given(st.integers(-(10**12), 10**12), CURRENCIES, CURRENCIES, QUOTED, QUOTED)
def test_a_conversion_is_to_the_nearest_minor_unit_and_back_again_is_as_near_as_both(
    minor: int, currency: str, into: str, quoted: Decimal, quoted_into: Decimal
) -> None:
    amount, unit = minor * minor_unit(currency), Fraction(minor_unit(into))
    rate = Fraction(quoted_into) / Fraction(quoted)
    there = convert(amount, quoted, quoted_into, into)
    units, off = Fraction(there) / unit, abs(Fraction(there) - Fraction(amount) * rate)
    assert units.denominator == 1
    assert off < unit / 2 or (off == unit / 2 and units % 2 == 0)
    assert abs(Fraction(cross_rate(quoted, quoted_into)) - rate) <= Fraction(1, 2 * 10**18)
    back = convert(there, quoted_into, quoted, currency)
    assert abs(Fraction(back) - Fraction(amount)) <= off / rate + Fraction(minor_unit(currency)) / 2
    if quoted == quoted_into and minor_unit(currency) >= minor_unit(into):
        assert there == back == amount


@MANY
@given(cut())
def test_the_parts_of_an_interval_cost_what_the_whole_costs_however_it_is_cut_and_changed(given_: Cut) -> None:
    for kept in (parts_add_up, changes_cost_what_was_used, reverses_cancel_out, intervals_cost_their_price):
        kept(*given_)


@MANY
@given(LINES, CURRENCIES)
def test_an_order_s_total_is_the_sum_of_its_lines_each_of_whole_minor_units(lines: list[Line], currency: str) -> None:
    named = [one.model_copy(update={"id": f"l{n}"}) for n, one in enumerate(lines)]
    outcome = decide(deal(*named, currency=currency), facts(*map(item, named)), POLICY, NOW)
    assert isinstance(outcome, Forward), outcome
    placed: Any = body(outcome.records[-1])
    assert placed.total == sum(one.amount for one in placed.lines)
    unit = minor_unit(currency)
    for sent, given_ in zip(placed.lines, named, strict=True):
        assert sent.amount == sent.amount.quantize(unit)
        # What the ERP makes of quantity and price is what was sent: it rounds the same product.
        assert (sent.quantity * sent.unit_price).quantize(unit, ROUND_HALF_EVEN) == sent.amount
        assert sent.amount == line_amount(given_.quantity, given_.unit_price, given_.discount_percent, currency)


@MANY
@given(LINES, CURRENCIES, st.integers(-5, 5).filter(bool), st.booleans())
def test_a_total_that_is_off_by_one_minor_unit_never_reaches_the_erp(
    lines: list[Line], currency: str, off: int, inside: bool
) -> None:
    named = [one.model_copy(update={"id": f"l{n}"}) for n, one in enumerate(lines)]
    right = deal(*named, currency=currency, inside=inside)
    wrong = right.model_copy(update={"amount": right.amount + off * minor_unit(currency)})
    outcome = decide(wrong, facts(*(() if inside else map(item, named))), POLICY, NOW)
    if inside:
        assert isinstance(outcome, DeadLetter)
        assert outcome.reason is Reason.CONTRACT_VIOLATION
    else:
        assert isinstance(outcome, Hold), "its lines may still be on their way"


def _told(minor: int, paid: int, number: int, currency: str, state: str, deal_id: str) -> Invoice:
    unit = minor_unit(currency)
    balance = (minor - paid) * unit if state == "posted" else Decimal(0)
    total = str(minor * unit)
    return invoice(str(number), total, str(balance), number, currency=currency, state=state, order_id=deal_id)


INVOICES = st.lists(
    st.builds(
        lambda minor, share, currency, state, deal_id: (minor, minor * share // 100, currency, state, deal_id),
        st.integers(-(10**6), 10**9),
        st.integers(0, 100),
        CURRENCIES,
        st.sampled_from(["draft", "posted", "posted", "paid", "cancelled"]),
        st.sampled_from(["d1", "d2"]),
    ),
    min_size=1,
    max_size=6,
)


@MANY
@given(INVOICES)
def test_balances_are_the_sums_of_what_is_due_after_each_invoice_payment_and_credit_note(found: list[Any]) -> None:
    known = Known(account(), in_crm=True)
    seen: tuple[Invoice, ...] = ()
    for number, (minor, paid, currency, state, deal_id) in enumerate(found, 1):
        one = _told(minor, paid, number, currency, state, deal_id)
        opportunity = Known(deal(), in_crm=True)
        outcome = decide(one, facts(account=known, opportunity=opportunity, invoices=seen), POLICY, NOW)
        seen = (*seen, one)
        assert isinstance(outcome, Forward)
        bodies: dict[str, Any] = {record.value.kind: body(record) for record in outcome.records}  # type: ignore[attr-defined]
        due = [
            (Fraction(other.balance), other.order_id)
            for other in seen
            if other.state == "posted" and other.currency == currency
        ]
        on_account, on_deal = bodies["account.billing"], bodies["opportunity.billing"]
        assert Fraction(on_account.outstanding_balance) == sum(amount for amount, _ in due)
        assert Fraction(on_deal.outstanding_balance) == sum(amount for amount, of in due if of == deal_id)
        assert on_account.currency == on_deal.currency == currency
        assert on_account.outstanding_balance == on_account.outstanding_balance.quantize(minor_unit(currency))
