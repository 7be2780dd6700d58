"""What the ERP booked in its own currency, against the rates that it keeps: 0, 2 and 3 decimals, both ways."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from schemas.records import Conversion
from sinks.errors import Refused
from sinks.port import Written
from sinks.tryton.conversion import Quotation, of_invoice, of_sale
from sinks.tryton.conversions import Conversions
from sinks.tryton.request import Call
from tests.contract.sink_examples import billed, credit, customer, order, refund, schedule

UNITS = {"USD": "1", "EUR": "0.92", "JPY": "150", "KWD": "0.3075", "TND": "3.12"}
DAY = date(2026, 3, 16)


def quoted(code: str, since: date = date(2026, 3, 1)) -> Quotation:
    return Quotation(sorted(UNITS).index(code) + 1, since, Decimal(UNITS[code]))


def invoice(currency: str, into: str, *parts: tuple[str, str], total: str) -> dict[str, Any]:
    """`parts` are (amount in the invoice's currency, as it is booked), one for each day on which it is to be paid."""
    lines = [
        {
            "debit": max(Decimal(booked), Decimal(0)),
            "credit": max(-Decimal(booked), Decimal(0)),
            "amount_second_currency": Decimal(amount),
        }
        for amount, booked in parts
    ]
    named = {"number": "2026/7", "invoice_date": DAY, "total_amount": Decimal(total), "lines_to_pay.": lines}
    return named | {"currency.": {"code": currency}, "company.": {"currency.": {"code": into}}}


@pytest.mark.parametrize(
    ("currency", "into", "total", "booked", "rate"),
    [
        ("EUR", "USD", "960.00", "1043.48", "1.086956521739130435"),
        ("JPY", "USD", "777", "5.18", "0.006666666666666667"),
        ("JPY", "USD", "-777", "-5.18", "0.006666666666666667"),
        ("USD", "JPY", "10.55", "1582", "150"),  # 1582.5: to the even
        ("KWD", "USD", "10.005", "32.54", "3.252032520325203252"),
        ("USD", "KWD", "10.05", "3.090", "0.3075"),
        ("KWD", "JPY", "0.123", "60", "487.804878048780487805"),
        ("TND", "KWD", "1.000", "0.099", "0.098557692307692308"),
    ],
)
def test_an_amount_is_told_with_what_was_booked_and_its_rate(
    currency: str, into: str, total: str, booked: str, rate: str
) -> None:
    told = of_invoice(invoice(currency, into, (total, booked), total=total), quoted(currency), quoted(into))
    assert told == Conversion(
        amount=Decimal(total),
        currency=currency,
        converted=Decimal(booked),
        into=into,
        rate=Decimal(rate),
        rate_date=date(2026, 3, 1),
        source=f"tryton currency.currency.rate {quoted(currency).record} and {quoted(into).record}",
    )


def test_each_part_that_is_to_be_paid_is_rounded_by_itself() -> None:
    row = invoice("EUR", "USD", ("50.005", "54.35"), ("50.005", "54.35"), total="100.01")
    assert of_invoice(row, quoted("EUR"), quoted("USD")).converted == Decimal("108.70")


def test_a_rate_is_as_old_as_the_younger_of_its_two_quotations() -> None:
    row = invoice("EUR", "USD", ("0.92", "1.00"), total="0.92")
    old = date(2000, 1, 1)
    assert of_invoice(row, quoted("EUR"), quoted("USD", old)).rate_date == date(2026, 3, 1)
    assert of_invoice(row, quoted("EUR", old), quoted("USD")).rate_date == date(2026, 3, 1)


def test_what_is_booked_otherwise_than_by_the_rate_is_a_letter() -> None:
    row = invoice("EUR", "USD", ("960.00", "1043.47"), total="960.00")
    with pytest.raises(Refused, match=r"960.00 EUR are booked as 1043.47 USD, by the rates of 2026-03-16 .* 1043.48"):
        of_invoice(row, quoted("EUR"), quoted("USD"))


def test_an_order_tells_what_it_was_worth() -> None:
    row = invoice("JPY", "USD", total="144001")
    assert of_sale(row, quoted("JPY"), quoted("USD")).converted == Decimal("960.01")


class Erp:
    """Answers with one record and the rates that hold, and keeps what was asked."""

    def __init__(self, record: dict[str, Any] | None, rated: str = "EUR USD JPY") -> None:
        self.record, self.rated, self.asked = record, rated, list[str]()

    async def call(self, call: Call) -> list[dict[str, Any]]:
        model = call.method.split(".", 1)[1].rsplit(".", 1)[0]
        self.asked.append(model)
        if model != "currency.currency.rate":
            return [self.record] if self.record else []
        (_, _, code), (_, _, day) = call.params[0]
        assert day == DAY
        return [{"id": 1, "date": day, "rate": Decimal(UNITS[code])}] if code in self.rated else []


def ask(erp: Erp, *commands: Any) -> list[Conversion | None]:
    conversions = Conversions(erp)  # type: ignore[arg-type]

    async def life() -> list[Conversion | None]:
        return [await conversions.of(command, Written("5")) for command in commands]

    return asyncio.run(life())


EUR = invoice("EUR", "USD", ("0.92", "1.00"), total="0.92")
USD = invoice("USD", "USD", ("0.92", "0.92"), total="0.92")
RATES = ["currency.currency.rate"] * 2


@pytest.mark.parametrize(
    ("command", "model"),
    [
        (order("o", "a"), "sale.sale"),
        (billed("invoice.post", "o", "a"), "account.invoice"),
        (credit("c", "a"), "account.invoice"),
        (refund("r", "a"), "account.invoice"),
        (schedule("s", "a"), "account.invoice"),
    ],
)
def test_everything_that_is_booked_is_asked_for(command: Any, model: str) -> None:
    erp = Erp(EUR)
    (told,) = ask(erp, command)
    assert told is not None
    assert told.converted == Decimal("1.00")
    assert erp.asked == [model, *RATES]


@pytest.mark.parametrize("command", [customer("a"), billed("invoice.draft", "o", "a")])
def test_what_is_not_booked_is_not_asked_for(command: Any) -> None:
    erp = Erp(EUR)
    assert ask(erp, command) == [None]
    assert erp.asked == []


def test_nothing_more_is_asked_in_the_currency_of_the_books() -> None:
    erp = Erp(USD)
    dollars = order("o", "a", currency="USD")
    assert ask(erp, dollars, dollars) == [None, None]
    assert erp.asked == ["sale.sale"]


@pytest.mark.parametrize("missing", ["EUR", "USD"])
def test_without_a_rate_nothing_was_converted(missing: str) -> None:
    assert ask(Erp(EUR, "EUR USD".replace(missing, "")), order("o", "a")) == [None]


def test_what_is_gone_or_has_no_day_yet_was_not_converted() -> None:
    assert ask(Erp(None), order("o", "a")) == [None]
    assert ask(Erp({**EUR, "invoice_date": None}), order("o", "a")) == [None]


def test_the_day_of_an_order_counts() -> None:
    row = {**EUR, "sale_date": DAY, "invoice_date": None}
    assert ask(Erp(row), order("o", "a")) != [None]
