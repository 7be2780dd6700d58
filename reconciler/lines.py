"""Lines of a deal against lines of its order, by product. Pure.

Per product, quantities and amounts are summed on each side: the order of lines does not matter, nor that one side
splits a line in two.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from schemas.money import line_amount, round_money
from schemas.records import DriftField, Line, OrderLine

_ZERO = Decimal(0)
_NAME_LIMIT = 128
Sums = dict[str, tuple[Decimal, Decimal]]


def differing_lines(crm: Sequence[Line], erp: Sequence[OrderLine], currency: str) -> list[DriftField]:
    """One field per product whose quantity or amount differs, sorted by product. Discounts are in the amounts."""
    wanted: Sums = {}
    for line in crm:
        _add(
            wanted,
            line.sku,
            line.quantity,
            line_amount(line.quantity, line.unit_price, line.discount_percent, currency),
        )
    found: Sums = {}
    for row in erp:
        _add(found, row.sku, row.quantity, round_money(row.amount, currency))
    # A line without product and money is a comment.
    products = [sku for sku in sorted(wanted.keys() | found.keys()) if sku or found.get(sku, (_ZERO, _ZERO))[1]]
    return [
        DriftField(name=f"line {sku or '(no product)'}"[:_NAME_LIMIT], crm=_text(wanted, sku), erp=_text(found, sku))
        for sku in products
        if wanted.get(sku) != found.get(sku)
    ]


def _add(sums: Sums, sku: str, quantity: Decimal, amount: Decimal) -> None:
    before = sums.get(sku, (_ZERO, _ZERO))
    sums[sku] = (before[0] + quantity, before[1] + amount)


def _text(sums: Sums, sku: str) -> str:
    if sku not in sums:
        return ""
    quantity, amount = sums[sku]
    return f"{_trimmed(quantity)} for {amount}"


def _trimmed(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
