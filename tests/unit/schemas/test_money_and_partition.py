"""Money is rounded as the ERP rounds it; partitions are Kafka's own."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.money import convert, cross_rate, is_currency_code, line_amount, minor_unit, net_price, round_money
from schemas.partition import murmur2, partition_for

CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KRW", "KWD", "XXX"])
AMOUNTS = st.decimals(-(10**9), 10**9, places=6)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("0.125", "EUR", "0.12"),
        ("0.135", "EUR", "0.14"),
        ("-0.125", "EUR", "-0.12"),
        ("2.5", "JPY", "2"),
        ("3.5", "JPY", "4"),
        ("1.2345", "KWD", "1.234"),
        ("1.2355", "KWD", "1.236"),
    ],
)
def test_halves_go_to_the_even(amount: str, currency: str, rounded: str) -> None:
    assert str(round_money(Decimal(amount), currency)) == rounded


@given(AMOUNTS, CURRENCIES)
def test_rounding_is_near_whole_and_settled(amount: Decimal, currency: str) -> None:
    once = round_money(amount, currency)
    assert abs(Fraction(once) - Fraction(amount)) * 2 <= Fraction(minor_unit(currency))
    assert once % minor_unit(currency) == 0
    assert round_money(once, currency) == once


@given(st.lists(AMOUNTS, max_size=30), CURRENCIES)
def test_a_sum_of_rounded_amounts_is_rounded_in_any_order(amounts: list[Decimal], currency: str) -> None:
    rounded = [round_money(amount, currency) for amount in amounts]
    total = sum(rounded, Decimal(0))
    assert round_money(total, currency) == total == sum(reversed(rounded), Decimal(0))


QUOTED = st.decimals("0.000001", 99999, places=6)


@given(AMOUNTS, CURRENCIES, QUOTED, QUOTED)
def test_a_converted_amount_is_the_nearest_and_negates(
    amount: Decimal, into: str, quoted: Decimal, to: Decimal
) -> None:
    exact = Fraction(amount) * Fraction(to) / Fraction(quoted)
    converted = convert(amount, quoted, to, into)
    assert abs(Fraction(converted) - exact) * 2 <= Fraction(minor_unit(into))
    assert converted % minor_unit(into) == 0
    assert convert(-amount, quoted, to, into) == -converted
    assert abs(Fraction(cross_rate(quoted, to)) - Fraction(to) / Fraction(quoted)) <= Fraction(1, 2 * 10**18)


@given(st.lists(AMOUNTS, min_size=1, max_size=30), CURRENCIES, QUOTED, QUOTED)
def test_converted_parts_are_as_near_to_the_converted_sum_as_they_are_many(
    amounts: list[Decimal], into: str, quoted: Decimal, to: Decimal
) -> None:
    parts = sum((convert(amount, quoted, to, into) for amount in amounts), Decimal(0))
    whole = convert(sum(amounts, Decimal(0)), quoted, to, into)
    assert abs(parts - whole) * 2 <= (len(amounts) + 1) * minor_unit(into)


@pytest.mark.parametrize(
    ("amount", "quoted", "to", "into", "converted"),
    [
        ("4.5", "3", "1", "JPY", "2"),  # a tie, though 1/3 is none
        ("1.5", "3", "1", "JPY", "0"),
        ("0.125", "1", "1", "USD", "0.12"),
        ("-0.125", "1", "1", "USD", "-0.12"),
        ("10.005", "0.3075", "150", "JPY", "4880"),
        ("1", "150", "0.3075", "KWD", "0.002"),
    ],
)
def test_conversion_halves_go_to_the_even(amount: str, quoted: str, to: str, into: str, converted: str) -> None:
    assert str(convert(Decimal(amount), Decimal(quoted), Decimal(to), into)) == converted


@given(st.decimals("0.001", 10**6, places=3), st.decimals(0, 10**6, places=4), st.decimals(0, 100, places=2))
def test_a_line_s_amount_is_its_quantity_at_the_price_with_four_decimals(q: Decimal, p: Decimal, d: Decimal) -> None:
    exact = Fraction(p) * (100 - Fraction(d)) / 100
    assert abs(Fraction(net_price(p, d)) - exact) <= Fraction(1, 20000)
    assert line_amount(q, p, d, "EUR") == (q * net_price(p, d)).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    assert line_amount(q, p, Decimal(100), "EUR") == 0


@pytest.mark.parametrize(
    ("code", "good"), [("EUR", True), ("eur", False), ("EU", False), ("EURO", False), ("", False), (None, False)]
)
def test_currency_codes(code: str | None, good: bool) -> None:
    assert is_currency_code(code) is good


@pytest.mark.parametrize(
    ("data", "java"),  # UtilsTest.testMurmur2 of Apache Kafka
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_hash_is_kafka_s(data: bytes, java: int) -> None:
    assert murmur2(data) == java & 0xFFFFFFFF


@given(st.text(st.characters(codec="utf-8")), st.integers(1, 64))
def test_an_account_has_one_partition(account: str, partitions: int) -> None:
    found = partition_for(account, partitions)
    assert 0 <= found < partitions
    assert found == (murmur2(account.encode()) & 0x7FFFFFFF) % partitions
