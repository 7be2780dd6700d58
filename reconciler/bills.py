"""An order of the ERP against the invoices that bill it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from reconciler.deals import order_number
from reconciler.difference import Difference, Found, newest_day
from reconciler.explain import amount_text
from reconciler.rules import Pair, is_live
from reconciler.tolerance import agree
from schemas.money import round_money
from schemas.records import DriftField, Invoice, Order


def compare_invoices(
    pair: Pair, order: Order | None, invoices: Sequence[Invoice], tolerated: list[str]
) -> list[Difference]:
    """What is billed against what was ordered. A cancelled or deleted order comes to nothing."""
    live = [one for one in invoices if is_live(one.state)]
    rule = pair.total
    if order is None or not live or rule is None or not rule.valid(newest_day(order, *live)):
        return []
    numbers = ", ".join(sorted(one.number or one.erp_id for one in live))
    ordered = order.total if order.meta.operation != "delete" and is_live(order.state) else Decimal(0)
    strange = sorted({one.currency for one in live} - {order.currency})
    if strange:
        found = Found(rules=[one for one in (pair.currency,) if one is not None])
        found.fields.append(DriftField(name="currency", crm=order.currency, erp=", ".join(strange)))
        return [found.mismatch(f"ERP order {order_number(order)}, invoices {numbers}", order.total, order.currency)]
    billed = sum((one.total for one in live), Decimal(0))
    wanted, held = round_money(ordered, order.currency), round_money(billed, order.currency)
    match agree(wanted, held, rule.tolerance):
        case "within":
            tolerated.append(rule.name)
        case "differ":
            return [_billed(pair, order, live, wanted, held, numbers)]
        case "equal":
            pass
    return []


def _billed(
    pair: Pair, order: Order, live: Sequence[Invoice], wanted: Decimal, held: Decimal, numbers: str
) -> Difference:
    difference, currency = held - wanted, order.currency
    total = DriftField(name="total", crm=amount_text(wanted, currency), erp=amount_text(held, currency))
    way = "higher" if difference > 0 else "lower"
    words = (
        f"ERP order {order_number(order)} comes to {total.crm}, its invoices ({numbers}) to {total.erp}: "
        f"invoiced is {amount_text(abs(difference), currency)} {way}"
    )
    twice = _twice(live, difference) if wanted else None
    if twice is not None:
        return Difference(
            "duplicate", pair.duplicate, f"{words}; {twice} of them are over one amount: billed twice",
            "people", (total,), difference, currency, difference,
        )  # fmt: skip
    # Billing less than was ordered may be a first part; billing more never is.
    severity = pair.total.severity if pair.total and difference > 0 else "low"
    stake = abs(difference)
    return Difference("total_mismatch", severity, words, "people", (total,), difference, currency, stake)


def _twice(live: Sequence[Invoice], difference: Decimal) -> int | None:
    """How many invoices of one amount there are, where leaving some of them out settles the difference."""
    for amount, count in sorted(Counter(one.total for one in live).items(), reverse=True):
        if count > 1 and amount > 0 and 0 < difference <= amount * (count - 1) and difference % amount == 0:
            return count
    return None
