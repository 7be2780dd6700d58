"""Does each system hold what the plan says it must, to the cent? Pure; yields differences in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from ops.books.balance import Books, Standing, State
from ops.demo.readback import ErpInvoice, ErpOrder, Found
from ops.demo.records import Plan
from schemas.reasons import Reason

_SHOWN = 5


def letter_differences(plan: Plan, books: Books) -> Iterator[str]:
    """Each record that must end in a letter has one, with the right reason; no other record of the day has one.

    The order that somebody changes in the ERP is one of them: the CRM owns its total.
    """
    expected = {**plan.letters, plan.hand_changed: Reason.WRITTEN_BY_WRONG_SIDE}
    ours = plan.accounts.keys() | plan.opportunities.keys() | plan.letters.keys()
    deal_of = {line.id: deal.id for deal in plan.opportunities.values() for line in deal.lines}
    seen: set[tuple[str, str]] = set()
    nameless: Counter[str] = Counter()
    for one in books.standings.values():
        if one.state is not State.DEAD_LETTERED:
            continue
        if not one.key:
            nameless[one.label] += 1
            continue
        key = deal_of.get(one.key, one.key)
        seen.add((key, one.label))
        if key in ours and expected.get(key) != one.label:
            yield f"{one.entity} {one.key} is an unexpected dead letter: {one.label} ({_where(one)})"
    broken = {key for key, reason in plan.letters.items() if reason == Reason.CONTRACT_VIOLATION}
    for key, reason in sorted(expected.items()):
        if key not in broken and (key, reason) not in seen:
            yield f"{key} must be a dead letter {reason}, and is none"
    for reason, wanted in ((Reason.CONTRACT_VIOLATION, len(broken)), (Reason.UNDECODABLE, plan.undecodable)):
        if nameless[reason] < wanted:  # more may be somebody else's
            yield f"{nameless[reason]} dead letters {reason}, expected {wanted}"


def _where(one: Standing) -> str:
    return f"event {one.event_id} from {one.origin}"


def erp_differences(plan: Plan, found: Found) -> Iterator[str]:
    """Exactly the orders that must be there, once, with the plan's totals; every account a customer."""
    yield from _first("not in the ERP", sorted(plan.orders - found.orders.keys()))
    yield from _first("in the ERP without cause", sorted(found.orders.keys() - plan.orders))
    yield from _first("more than once in the ERP", found.duplicates)
    yield from _first("not a customer in the ERP", sorted(plan.accounts.keys() - found.customers.keys()))
    for key in sorted(plan.orders & found.orders.keys()):
        deal, order = plan.opportunities[key], found.orders[key]
        if key != plan.hand_changed and (deal.amount, deal.currency) != (order.total, order.currency):
            yield f"order {key}: {deal.amount} {deal.currency} was sold, the ERP has {order.total} {order.currency}"
        if order.state not in ("processing", "done"):
            yield f"order {key} is {order.state} in the ERP"
        customer = found.customers.get(deal.account_id)
        if customer and order.customer != customer:
            yield f"order {key} belongs to customer {order.customer}, account {deal.account_id} is {customer}"


def crm_differences(plan: Plan, found: Found, today: date) -> Iterator[str]:
    """The fields of the CRM that the ERP owns say what the ERP says."""
    for key, row in sorted(found.crm_accounts.items()):
        code = found.customers.get(key)
        if row["erp_customer_code"] != code:
            yield f"account {key}: CRM has customer code {row['erp_customer_code']}, ERP {code}"
    due: dict[tuple[str, str], Decimal] = {}
    for key, order in sorted(found.orders.items()):
        deal, crm = plan.opportunities.get(key), found.crm_deals.get(key)
        for invoice in order.invoices if deal else ():
            place = (deal.account_id if deal else "", order.currency)
            due[place] = due.get(place, Decimal(0)) + _open(invoice)
        if crm is not None:
            yield from _deal_differences(key, crm, order)
    for (account, currency), amount in sorted(due.items()):
        outstanding = found.balances.get((account, currency), Decimal(0))
        if account in plan.in_crm and outstanding != amount:
            yield f"account {account}: CRM says {outstanding} {currency} is outstanding, ERP {amount}"


def _deal_differences(key: str, crm: Mapping[str, Any], order: ErpOrder) -> Iterator[str]:
    wanted: dict[str, Any] = {"erp_order_number": order.number}
    if len(order.invoices) == 1:
        invoice = order.invoices[0]
        wanted["invoice_number"] = invoice.number
        wanted["invoice_status"] = _INVOICE_STATUS.get(invoice.state, invoice.state)
        wanted["payment_status"] = _payment_status(invoice)
        wanted["outstanding_balance"] = _open(invoice)
    for name, value in wanted.items():
        if crm[name] != value:
            yield f"opportunity {key}: CRM has {name} {crm[name]}, by the ERP it is {value}"


#: An ERP's state of an invoice, in the CRM's words. Nothing of the day's is overdue: all is due later than today.
_INVOICE_STATUS = {"draft": "pending", "validated": "pending", "posted": "issued", "paid": "paid"}


def _payment_status(invoice: ErpInvoice) -> str:
    if invoice.state == "paid":
        return "paid"
    if invoice.state != "posted":
        return "none"
    return "unpaid" if invoice.to_pay == invoice.total else "partial"


def _open(invoice: ErpInvoice) -> Decimal:
    return invoice.to_pay if invoice.state == "posted" else Decimal(0)


def _first(what: str, keys: tuple[str, ...] | list[str]) -> Iterator[str]:
    if keys:
        more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
        yield f"{len(keys)} {what}: {', '.join(keys[:_SHOWN])}{more}"
