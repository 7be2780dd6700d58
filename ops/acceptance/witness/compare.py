"""Every mapped field and every total of both systems, compared by what the business says. Pure."""

from __future__ import annotations

from ops.acceptance.witness.credits import cases, refunds
from ops.acceptance.witness.customers import customers, terms
from ops.acceptance.witness.found import TOTALS, ZERO, Check, Compared, Found, Sides
from ops.acceptance.witness.invoices import balances, billed, billing
from ops.acceptance.witness.orders import first_orders, orders
from ops.acceptance.witness.schedules import schedules

#: One row per flow; a flow that comes new brings its own. FL6 is in FL5's: an invoice is the one or the other.
CHECKS: dict[str, Check] = {
    "FL1": customers,
    "FL2": terms,
    "FL3": orders,
    "FL4": billed,
    "FL5": billing,
    TOTALS: balances,
    "FL7": cases,
    "FL8": schedules,
    "FL9": refunds,
    "FL10": first_orders,
}
#: Sums that must be the same in each currency.
_PAIRS = (
    ("sold", "ordered"),
    ("sold to leads", "ordered by leads"),
    ("billed by itself", "invoices of it"),
    ("outstanding on deals", "to pay on deals"),
    ("outstanding on accounts", "to pay"),
    ("credits of cases", "credit notes of cases"),
    ("corrections of subscriptions", "invoices that correct"),
    ("money back", "credit notes of money back"),
)


def compare(sides: Sides) -> Found:
    """All flows, one after another."""
    found = Found()
    for check in CHECKS.values():
        found.compared += check(sides, found)
    for currency, sums in sorted(found.totals.items()):
        for ours, theirs in _PAIRS:
            if ours in sums or theirs in sums:
                both = sums.get(ours, ZERO), sums.get(theirs, ZERO)
                found.compared.append(Compared(TOTALS, currency, f"{ours} = {theirs}", *both))
    return found
