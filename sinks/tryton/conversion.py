"""What Tryton converted: the amount, the rate that it used, since when that holds, and its record. Pure.

Rates are quoted against one currency that the ERP does not name: 0.92 EUR, 150 JPY. A posted invoice or credit note
is booked in the company's currency at the rates of its date, each line that is to be paid by itself. An order is
booked nowhere: its effect tells what it was worth on its day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from schemas.money import convert, cross_rate
from schemas.reasons import Reason
from schemas.records import Conversion
from sinks.errors import Refused
from sinks.tryton.request import Call, search

Row = Mapping[str, Any]
_RATE = "currency.currency.rate"
_SALE = ("sale_date", "total_amount", "currency.code", "company.currency.code")
_INVOICE = (
    *("number", "invoice_date", "total_amount", "currency.code", "company.currency.code"),
    *(f"lines_to_pay.{name}" for name in ("debit", "credit", "amount_second_currency")),
)


@dataclass(frozen=True, slots=True)
class Quotation:
    """A rate as the ERP keeps it: units of the currency, since a day."""

    record: int
    since: date
    units: Decimal


def sale(record_id: int) -> Call:
    return search("sale.sale", [["id", "=", record_id]], _SALE)


def invoice(record_id: int) -> Call:
    return search("account.invoice", [["id", "=", record_id]], _INVOICE)


def correction(reference: str) -> Call:
    """The posted invoice or credit note with our reference."""
    mine = [["reference", "=", reference], ["type", "=", "out"], ["state", "in", ["posted", "paid"]]]
    return search("account.invoice", mine, _INVOICE)


def quoted(currency: str, day: date) -> Call:
    """The rate of a currency that holds on a day: the newest that is not later."""
    call = search(_RATE, [["currency.code", "=", currency], ["date", "<=", day]], ["date", "rate"], 1)
    domain, start, limit, _, fields = call.params
    return replace(call, params=[domain, start, limit, [["date", "DESC"]], fields])


def quotation(rows: Sequence[Row]) -> Quotation | None:
    return Quotation(rows[0]["id"], rows[0]["date"], rows[0]["rate"]) if rows else None


def day_of(row: Row) -> date | None:
    """The day whose rates count. An order has one once it is confirmed, an invoice once it is posted."""
    day: date | None = row.get("sale_date") or row.get("invoice_date")
    return day


def currencies(row: Row) -> tuple[str, str]:
    """(of the record, of the company's books)."""
    return row["currency."]["code"], row["company."]["currency."]["code"]


def of_sale(row: Row, own: Quotation, books: Quotation) -> Conversion:
    """What the order was worth."""
    into = currencies(row)[1]
    return _told(row, convert(row["total_amount"], own.units, books.units, into), own, books)


def of_invoice(row: Row, own: Quotation, books: Quotation) -> Conversion:
    """What was booked. Raises Refused where that is not what the rates give."""
    into, booked = currencies(row)[1], Decimal(0)
    for line in row["lines_to_pay."]:
        amount = line["debit"] - line["credit"]
        meant = convert(line["amount_second_currency"] or Decimal(0), own.units, books.units, into)
        if amount != meant:
            detail = (
                f"invoice {row['number']}: {line['amount_second_currency']} {row['currency.']['code']} are booked as "
                f"{amount} {into}, by the rates of {row['invoice_date']} they are {meant}"
            )
            raise Refused(Reason.ERP_VERIFICATION_FAILED, detail, "See whether a rate was changed meanwhile.")
        booked += amount
    return _told(row, booked, own, books)


def _told(row: Row, converted: Decimal, own: Quotation, books: Quotation) -> Conversion:
    """The rate is made of two quotations, and holds since the younger of them."""
    currency, into = currencies(row)
    return Conversion(
        amount=row["total_amount"],
        currency=currency,
        converted=converted,
        into=into,
        rate=cross_rate(own.units, books.units),
        rate_date=max(own.since, books.since),
        source=f"tryton {_RATE} {own.record} and {books.record}",
    )
