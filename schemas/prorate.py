"""Pro-rating to the cent: what a change in the middle of a billing interval is worth. Pure, in whole minor units.

Intervals count from the subscription's first day, and are billed in advance and whole. A month that is too short ends
on its last day, and the next one starts where it would have: of 31 January: 28 February, 31 March.

A part of an interval is the difference of two rounded shares counted from its first day. So the parts of an interval,
however it is cut, add up to its price, and no cent is made or lost.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from schemas.money import minor_unit, round_money

MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Interval:
    """A billing interval, from its first day to the first day of the next."""

    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days


def interval_at(starts_on: date, day: date, billing_interval: str) -> Interval:
    """The interval that a day lies in. ValueError: the day is before the first one. KeyError: no such interval."""
    if day < starts_on:
        raise ValueError(f"{day} is before {starts_on}")
    months = MONTHS[billing_interval]
    number = ((day.year - starts_on.year) * 12 + day.month - starts_on.month) // months
    if shifted(starts_on, number * months) > day:
        number -= 1
    return Interval(shifted(starts_on, number * months), shifted(starts_on, (number + 1) * months))


def shifted(day: date, months: int) -> date:
    """The same day so many months later, or the last one of a month that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def share(price: Decimal, interval: Interval, start: date, end: date, currency: str) -> Decimal:
    """What the days from `start` to before `end` cost of an interval that costs `price`, a whole amount."""
    return _until(price, interval, end, currency) - _until(price, interval, start, currency)


def _until(price: Decimal, interval: Interval, day: date, currency: str) -> Decimal:
    """The share of the days before this one, rounded half-even. Exact: `round` of a fraction is half-even."""
    passed = min(max((day - interval.start).days, 0), interval.days)
    unit = minor_unit(currency)
    return round(Fraction(price / unit) * passed / interval.days) * unit


def price_of(quantity: Decimal, unit_price: Decimal, currency: str) -> Decimal:
    """What an interval costs, in whole minor units."""
    return round_money(quantity * unit_price, currency)


def adjustment(before: Decimal, after: Decimal, interval: Interval, effective_on: date, currency: str) -> Decimal:
    """What corrects an interval that was billed whole at `before` when `after` holds from a day in it on.

    Above 0 the customer pays it, below 0 the customer gets it.
    """
    rest = (effective_on, interval.end)
    return share(after, interval, *rest, currency) - share(before, interval, *rest, currency)


def cost_between(
    price: Decimal, starts_on: date, billing_interval: str, days: tuple[date, date], currency: str
) -> Decimal:
    """What the days from the first to before the second cost, in as many intervals as they take."""
    day, end = days
    cost = Decimal(0)
    while day < end:
        interval = interval_at(starts_on, day, billing_interval)
        cost += share(price, interval, day, min(end, interval.end), currency)
        day = interval.end
    return cost
