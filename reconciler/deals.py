"""A won deal of the CRM against its order in the ERP. Pure."""

from __future__ import annotations

from decimal import Decimal

from reconciler.difference import Difference, Found, compare_fields, newest_day
from reconciler.explain import amount_text, explain_total
from reconciler.lines import differing_lines
from reconciler.rules import CLOSED_WON, FieldRule, Pair, is_live, is_won
from reconciler.tolerance import Agreement, agree
from schemas.money import round_money
from schemas.records import DriftField, Opportunity, Order


def compare_deal(pair: Pair, deal: Opportunity | None, order: Order | None, tolerated: list[str]) -> list[Difference]:
    """The differences; fields that differ within their tolerance are added to `tolerated`."""
    known = deal is not None and deal.meta.operation != "delete"
    if deal is not None and known and is_won(deal.stage):
        return _won(pair, deal, order, tolerated)
    if order is None or not is_live(order.state) or order.meta.operation == "delete":
        return []
    money, total = round_money(order.total, order.currency), amount_text(order.total, order.currency)
    if deal is not None and known:
        stage = DriftField(name="stage", crm=deal.stage, erp=order.state)
        words = (
            f"CRM opportunity {deal.id} is at {deal.stage}, not {CLOSED_WON}; "
            f"ERP order {order_number(order)} of {total} is {order.state}"
        )
        return [_whole("field_mismatch", pair, words, money, order.currency, (stage,))]
    what = f"ERP order {order_number(order)} of {total}: its opportunity {order.id}"
    if deal is not None:
        return [_whole("deleted_on_one_side", pair, f"{what} is deleted in the CRM", money, order.currency)]
    return [_whole("missing_in_crm", pair, f"{what} is not known to the CRM", money, order.currency)]


def _won(pair: Pair, deal: Opportunity, order: Order | None, tolerated: list[str]) -> list[Difference]:
    amount, currency = round_money(deal.amount, deal.currency), deal.currency
    promised = f"CRM opportunity {deal.id} is {CLOSED_WON} with {amount_text(deal.amount, currency)}"
    if order is None:
        return [_whole("missing_in_erp", pair, f"{promised}; the ERP has no order", -amount, currency)]
    named = f"{promised}; ERP order {order_number(order)} is"
    if order.meta.operation == "delete":
        return [_whole("deleted_on_one_side", pair, f"{named} deleted", -amount, currency)]
    if not is_live(order.state):
        state = DriftField(name="state", crm=deal.stage, erp=order.state)
        return [_whole("field_mismatch", pair, f"{named} {order.state}", -amount, currency, (state,))]
    found = compare_fields(pair.fields, deal, order)
    what = f"opportunity {deal.id}, ERP order {order_number(order)}"
    if currency != order.currency:  # amounts of two currencies have no difference: one root cause, one alert
        return [_currencies(pair, deal, order, what, found)]
    wrong = _total(pair, deal, order, found)
    tolerated += found.tolerated
    return [*wrong, *([found.mismatch(what, amount, currency)] if found.fields else [])]


def _total(pair: Pair, deal: Opportunity, order: Order, found: Found) -> list[Difference]:
    """The totals' difference with the lines that explain it; lines that differ alone are added to the fields."""
    currency = deal.currency
    lines = [] if deal.lines is None else differing_lines(deal.lines, order.lines, currency)
    amount = round_money(deal.amount, currency)
    difference = round_money(order.total, currency) - amount
    verdict = agreed(pair.total, deal, order, amount, difference)
    if verdict == "within":
        found.tolerated.append("total")
    if verdict != "differ":
        if lines and pair.lines is not None and verdict == "equal":
            found.fields += lines
            found.rules.append(pair.lines)
        return []
    total = DriftField(
        name="total", crm=amount_text(deal.amount, currency), erp=amount_text(order.total, order.currency)
    )
    words = explain_total(
        f"CRM amount {total.crm}", f"ERP order {order_number(order)} total {total.erp}", difference, currency, lines
    )
    severity = pair.total.severity if pair.total else "high"
    owner = pair.total.owner if pair.total else "people"
    return [
        Difference("total_mismatch", severity, words, owner, (total, *lines), difference, currency, abs(difference))
    ]


def agreed(
    rule: FieldRule | None, crm: Opportunity | Order, erp: Order, amount: Decimal, difference: Decimal
) -> Agreement:
    """What the pair's rule for totals says of two amounts of one currency. Without a rule in force they agree."""
    if rule is None or not rule.valid(newest_day(crm, erp)):
        return "equal"
    return agree(amount, amount + difference, rule.tolerance)


def _currencies(pair: Pair, deal: Opportunity, order: Order, what: str, found: Found) -> Difference:
    rules = [one for one in (pair.currency, pair.total) if one is not None]
    money = Found(rules=[*rules, *found.rules])
    money.fields = [
        DriftField(name="currency", crm=deal.currency, erp=order.currency),
        DriftField(
            name="total",
            crm=amount_text(deal.amount, deal.currency),
            erp=amount_text(order.total, order.currency),
        ),
        *found.fields,
    ]
    return money.mismatch(what, deal.amount, deal.currency)


def _whole(
    kind: object, pair: Pair, words: str, money: Decimal, currency: str, fields: tuple[DriftField, ...] = ()
) -> Difference:
    """A difference for which all of the record's money is at stake."""
    severities = {"deleted_on_one_side": pair.deleted, "field_mismatch": pair.state.severity if pair.state else "high"}
    return Difference(
        kind, severities.get(str(kind), pair.missing), words,  # type: ignore[arg-type]
        "crm" if kind == "missing_in_erp" else "people", fields, money, currency, abs(money),
    )  # fmt: skip


def order_number(order: Order) -> str:
    """What people call the order in the ERP; its id there while it has no number."""
    return order.number or order.erp_id
