"""How an amount came to be one of another currency."""

from __future__ import annotations

from datetime import date

from schemas.records.envelope import Travelling
from schemas.records.fields import CurrencyCode, Identifier, Money, Rate


class Conversion(Travelling):
    """`amount` of `currency` is `converted` of `into`, at `rate` units of it for one of `currency`.

    The rate holds since `rate_date`, and `source` is the record that it was read from. Of an invoice or a credit note
    `converted` is what the ledger has; of an order it is what it was worth on its day.
    """

    amount: Money
    currency: CurrencyCode
    converted: Money
    into: CurrencyCode
    rate: Rate
    rate_date: date
    source: Identifier
