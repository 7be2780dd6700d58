"""Pro-rating: known sums, and that no cent is made or lost.

The long form: `python tests/unit/schemas/prorate_long_run.py --cases 100000`.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.money import minor_unit
from schemas.prorate import MONTHS, Interval, adjustment, cost_between, interval_at, price_of, share

D = Decimal
MANY = settings(max_examples=300, deadline=None)
DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
CURRENCY = st.sampled_from(["EUR", "JPY", "KWD"])
KIND = st.sampled_from(sorted(MONTHS))
MINORS = st.integers(0, 10**12)


@pytest.mark.parametrize(
    ("start", "day", "kind", "first", "after"),
    [
        ("2026-01-01", "2026-03-16", "month", "2026-03-01", "2026-04-01"),
        ("2026-01-15", "2026-03-14", "month", "2026-02-15", "2026-03-15"),
        ("2026-01-15", "2026-03-15", "month", "2026-03-15", "2026-04-15"),
        ("2026-01-31", "2026-02-28", "month", "2026-02-28", "2026-03-31"),
        ("2026-01-31", "2026-03-30", "month", "2026-02-28", "2026-03-31"),
        ("2024-02-29", "2025-02-28", "year", "2025-02-28", "2026-02-28"),
        ("2024-02-29", "2028-03-01", "year", "2028-02-29", "2029-02-28"),
        ("2025-11-30", "2026-02-27", "quarter", "2025-11-30", "2026-02-28"),
        ("2026-01-01", "2026-01-01", "year", "2026-01-01", "2027-01-01"),
    ],
)
def test_the_interval_of_a_day(start: str, day: str, kind: str, first: str, after: str) -> None:
    found = interval_at(date.fromisoformat(start), date.fromisoformat(day), kind)
    assert (found.start.isoformat(), found.end.isoformat()) == (first, after)


def test_a_day_before_the_first_is_in_no_interval() -> None:
    with pytest.raises(ValueError, match="2025-12-31 is before 2026-01-01"):
        interval_at(date(2026, 1, 1), date(2025, 12, 31), "month")


MARCH = Interval(date(2026, 3, 1), date(2026, 4, 1))


@pytest.mark.parametrize(
    ("before", "after", "day", "currency", "wanted"),
    [
        ("100", "150", 16, "EUR", "25.81"),  # 16 of 31 days: 150 * 16/31 = 77.42, 100 * 16/31 = 51.61
        ("150", "100", 16, "EUR", "-25.81"),
        ("100", "0", 16, "EUR", "-51.61"),  # cancelled
        ("0", "100", 1, "EUR", "100"),
        ("100", "150", 1, "EUR", "50"),
        ("100", "100", 16, "EUR", "0"),
        ("100", "150", 16, "JPY", "25"),  # 150 - round(72.58) = 77, 100 - round(48.39) = 52
        ("100", "150", 16, "KWD", "25.806"),
    ],
)
def test_what_a_change_is_worth(before: str, after: str, day: int, currency: str, wanted: str) -> None:
    assert adjustment(D(before), D(after), MARCH, date(2026, 3, day), currency) == D(wanted)


def test_an_interval_costs_whole_minor_units() -> None:
    assert price_of(D("2.5"), D("10.0500"), "EUR") == D("25.12")
    assert price_of(D("2.5"), D("10.0500"), "JPY") == D("25")


Cut = tuple[Interval, list[date], Decimal, Decimal, str]  #: days in order, two prices of the interval, currency


@st.composite
def cut(draw: st.DrawFn) -> Cut:
    interval = interval_at(draw(DAYS), date(2061, 1, 1), draw(KIND))
    days = draw(st.lists(st.integers(0, interval.days), max_size=6))
    currency = draw(CURRENCY)
    unit = minor_unit(currency)
    prices = draw(MINORS) * unit, draw(MINORS) * unit
    return interval, sorted(interval.start + timedelta(days=one) for one in days), *prices, currency


def parts_add_up(interval: Interval, days: list[date], price: Decimal, _: Decimal, currency: str) -> None:
    edges = [interval.start, *days, interval.end]
    parts = [share(price, interval, *pair, currency) for pair in pairwise(edges)]
    assert sum(parts, D(0)) == price
    for part, (start, end) in zip(parts, pairwise(edges), strict=True):
        assert part == part.quantize(minor_unit(currency))
        exact = Fraction(price) * (end - start).days / interval.days
        assert abs(Fraction(part) - exact) <= Fraction(minor_unit(currency)), "never more than a unit off"


def changes_cost_what_was_used(
    interval: Interval, days: list[date], price: Decimal, other: Decimal, currency: str
) -> None:
    billed, now, used, since = price, price, D(0), interval.start
    for day in days:
        after = other if now == price else price
        billed += adjustment(now, after, interval, day, currency)
        used += share(now, interval, since, day, currency)
        now, since = after, day
    assert billed == used + share(now, interval, since, interval.end, currency)


def reverses_cancel_out(interval: Interval, days: list[date], price: Decimal, other: Decimal, currency: str) -> None:
    for day in days:
        there = adjustment(price, other, interval, day, currency)
        assert there == -adjustment(other, price, interval, day, currency)
        assert abs(there) <= max(price, other)


def intervals_cost_their_price(interval: Interval, days: list[date], price: Decimal, _: Decimal, currency: str) -> None:
    for kind in MONTHS:
        first = interval_at(interval.start, days[-1] if days else interval.start, kind)
        after = interval_at(interval.start, first.end, kind)
        edges = sorted({interval.start, *(day for day in days if day < after.end), after.end})
        costs = [cost_between(price, interval.start, kind, pair, currency) for pair in pairwise(edges)]
        whole, at = D(0), interval.start
        while at < after.end:
            whole, at = whole + price, interval_at(interval.start, at, kind).end
        assert sum(costs, D(0)) == whole


@MANY
@given(cut())
def test_the_parts_of_an_interval_add_up_to_its_price(given_: Cut) -> None:
    parts_add_up(*given_)


@MANY
@given(cut())
def test_changes_one_after_the_other_cost_what_was_used_of_each(given_: Cut) -> None:
    """However often it is changed within an interval: billed whole at first, and corrected each time."""
    changes_cost_what_was_used(*given_)


@MANY
@given(cut())
def test_a_change_and_its_reverse_on_one_day_cancel_out(given_: Cut) -> None:
    reverses_cancel_out(*given_)


@MANY
@given(cut())
def test_days_over_several_intervals_cost_each_its_price_wherever_they_are_cut(given_: Cut) -> None:
    intervals_cost_their_price(*given_)


@MANY
@given(DAYS, DAYS, KIND)
def test_every_day_lies_in_exactly_one_interval(one: date, two: date, kind: str) -> None:
    start, day = sorted((one, two))
    found = interval_at(start, day, kind)
    assert found.start <= day < found.end
    assert interval_at(start, found.end, kind).start == found.end
    assert interval_at(start, found.start, kind) == found
