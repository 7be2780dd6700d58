"""DR7: a price below the rate card is stopped before the ERP, unless somebody's approval is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from schemas.money import HUNDRED
from schemas.outcome import DeadLetter
from schemas.reasons import Reason
from schemas.records import Account, Line, Opportunity
from streams.decide.policy import Policy


def below_list(
    opportunity: Opportunity, account: Account, lines: Sequence[Line], policy: Policy, at: datetime
) -> DeadLetter | None:
    """The letter of the first line whose price before discount is below its list price by more than the tolerance.

    None where no line is, where the code has no list price in the deal's currency, or an approval is recorded.
    """
    if opportunity.discount_approved_by:
        return None
    for line in lines:
        listed = policy.list_price(line.sku, opportunity.currency, at)
        if listed is None:
            continue
        percent = policy.price_tolerance_percent(account, line.sku, opportunity.currency, at)
        if line.unit_price < lowest_price(listed, percent):
            return _letter(opportunity, line, listed, percent)
    return None


def lowest_price(listed: Decimal, tolerance_percent: Decimal) -> Decimal:
    """The lowest price that needs no approval. Exact: it is compared, never charged."""
    return listed * (HUNDRED - tolerance_percent) / HUNDRED


def _letter(opportunity: Opportunity, line: Line, listed: Decimal, percent: Decimal) -> DeadLetter:
    currency = opportunity.currency
    return DeadLetter(
        Reason.PRICE_BELOW_LIST,
        f"opportunity {opportunity.id}, line {line.id} ({line.sku}): {line.unit_price} {currency} is below the list "
        f"price of {listed} {currency} by more than {percent} %, and no approval is recorded",
        f"enter {listed} {currency} and give the reduction as a discount, or record the approver on the opportunity",
    )
