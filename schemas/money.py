"""Money: Decimal and an ISO 4217 code, rounded in one place.

The rounding is the ERP's: prices have four decimals, a line's amount is rounded half-even to the currency's
minor unit, a total is the sum of its lines.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal

_CODE = re.compile(r"[A-Z]{3}")
#: Currencies whose minor unit is not 2 decimals (ISO 4217, table A.1).
_EXPONENTS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}
PRICE_STEP = Decimal("0.0001")
#: How exact a rate is told. Amounts are converted by the two quotations themselves, not by this.
RATE_STEP = Decimal("0.000000000000000001")
_EXACT = Context(prec=60)
HUNDRED = Decimal(100)


def is_currency_code(code: str | None) -> bool:
    """Whether it has the form of an ISO 4217 code; whether a system trades in it is that system's to say."""
    return code is not None and _CODE.fullmatch(code) is not None


def minor_unit(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 for EUR, 1 for JPY, 0.001 for KWD."""
    return Decimal(1).scaleb(-_EXPONENTS.get(currency, 2))


def round_money(amount: Decimal, currency: str) -> Decimal:
    """The amount in whole minor units, half-even."""
    return amount.quantize(minor_unit(currency), ROUND_HALF_EVEN)


def cross_rate(quoted: Decimal, quoted_into: Decimal) -> Decimal:
    """Units of the other currency for one of this one. Both are quoted against the same third: 150 JPY, 0.92 EUR."""
    return _EXACT.divide(quoted_into, quoted).quantize(RATE_STEP, ROUND_HALF_EVEN, _EXACT)


def convert(amount: Decimal, quoted: Decimal, quoted_into: Decimal, into: str) -> Decimal:
    """The amount in whole minor units of `into`, rounded once: multiplied first, so that a tie stays a tie."""
    exact = _EXACT.divide(_EXACT.multiply(amount, quoted_into), quoted)
    return exact.quantize(minor_unit(into), ROUND_HALF_EVEN, _EXACT)


def net_price(unit_price: Decimal, discount_percent: Decimal) -> Decimal:
    """The price after discount, with the four decimals an ERP line carries."""
    return (unit_price * (HUNDRED - discount_percent) / HUNDRED).quantize(PRICE_STEP, ROUND_HALF_EVEN)


def line_amount(quantity: Decimal, unit_price: Decimal, discount_percent: Decimal, currency: str) -> Decimal:
    """A line's amount after discount, in minor units of the currency."""
    return round_money(quantity * net_price(unit_price, discount_percent), currency)
