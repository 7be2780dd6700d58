"""One record on both sides -> what differs. Pure.

The comparison says what differs now; whether a difference is drift or still in flight says the window.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from reconciler.explain import amount_text, explain_fields, explain_total
from reconciler.lines import differing_lines
from reconciler.rows import ERP_ONLY, StateRecord
from reconciler.rules import CLOSED_WON, FieldRule, Pair, Severity, is_live, is_won
from schemas.money import round_money
from schemas.records import Account, Customer, DriftField, DriftKind, Invoice, Opportunity, Order

#: Of one look at a record. `erp_only`: it never came from the CRM; `out_of_scope`: its account is not in the pilot.
Result = Literal[
    "in_step",
    "in_flight",
    "missing_in_erp",
    "missing_in_crm",
    "field_mismatch",
    "total_mismatch",
    "erp_only",
    "out_of_scope",
]
_RANK: dict[Severity, int] = {"high": 0, "medium": 1, "low": 2}


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference of one record. `money` is ERP minus CRM, None where no amount is concerned."""

    kind: DriftKind
    severity: Severity
    explanation: str
    fields: tuple[DriftField, ...] = ()
    money: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """At most one difference of each kind, the worst first; `result` is its kind."""

    result: Result
    differences: tuple[Difference, ...] = ()


def compare(pair: Pair, key: str, crm: StateRecord | None, erp: Sequence[StateRecord]) -> Comparison:
    """Both sides of one record: None or empty where a side has no row; a deleted record is a row that says so.

    For the pair `invoice`, `crm` is the order and `erp` its invoices.
    """
    if key.startswith(ERP_ONLY):
        return Comparison("erp_only")
    there = [one for one in erp if one.meta.operation != "delete"]
    first = there[0] if there else None
    match pair.name:
        case "account":
            assert crm is None or isinstance(crm, Account)
            assert first is None or isinstance(first, Customer)
            found = _account(pair, crm, first)
        case "opportunity":
            assert crm is None or isinstance(crm, Opportunity)
            assert first is None or isinstance(first, Order)
            found = _opportunity(pair, crm, first)
        case "invoice":
            assert crm is None or isinstance(crm, Order)
            found = _invoices(pair, crm, [one for one in there if isinstance(one, Invoice)])
    ranked = sorted(found, key=lambda one: _RANK[one.severity])
    return Comparison(ranked[0].kind, tuple(ranked)) if ranked else Comparison("in_step")


def _account(pair: Pair, account: Account | None, customer: Customer | None) -> list[Difference]:
    known = account is not None and account.meta.operation != "delete"
    if account is not None and known and customer is None:
        return [
            _missing(
                "missing_in_erp",
                pair.missing,
                f"CRM account {_titled(account.name, account.id)}: no customer in the ERP",
            )
        ]
    if customer is not None and not known:
        gone = "is deleted in the CRM" if account is not None else "is not known to the CRM"
        severity: Severity = "low" if account is not None else pair.missing
        what = f"ERP customer {_titled(customer.name, customer.code or customer.erp_id)}"
        return [_missing("missing_in_crm", severity, f"{what}: its account {customer.id} {gone}")]
    if account is None or customer is None:
        return []
    fields, severity = _fields(pair.fields, account, customer)
    what = f"account {_titled(account.name, account.id)}, ERP customer {customer.code or customer.erp_id}"
    return [_mismatch(severity, what, fields)] if fields else []


def _opportunity(pair: Pair, deal: Opportunity | None, order: Order | None) -> list[Difference]:
    known = deal is not None and deal.meta.operation != "delete"
    if deal is not None and known and is_won(deal.stage):
        return _won(pair, deal, order)
    if order is None or not is_live(order.state):
        return []
    money, total = round_money(order.total, order.currency), amount_text(order.total, order.currency)
    if deal is not None and known:
        stage = DriftField(name="stage", crm=deal.stage, erp=order.state)
        words = (
            f"CRM opportunity {deal.id} is at {deal.stage}, not {CLOSED_WON}; "
            f"ERP order {_number(order)} of {total} is {order.state}"
        )
        return [Difference("field_mismatch", "high", words, (stage,), money, order.currency)]
    gone = "is deleted in the CRM" if deal is not None else "is not known to the CRM"
    words = f"ERP order {_number(order)} of {total}: its opportunity {order.id} {gone}"
    return [_missing("missing_in_crm", pair.missing, words, money, order.currency)]


def _won(pair: Pair, deal: Opportunity, order: Order | None) -> list[Difference]:
    amount, currency = round_money(deal.amount, deal.currency), deal.currency
    promised = f"CRM opportunity {deal.id} is {CLOSED_WON} with {amount_text(deal.amount, currency)}"
    if order is None:
        return [_missing("missing_in_erp", pair.missing, f"{promised}; the ERP has no order", -amount, currency)]
    if not is_live(order.state):
        state = DriftField(name="state", crm=deal.stage, erp=order.state)
        words = f"{promised}; ERP order {_number(order)} is {order.state}"
        return [Difference("field_mismatch", "high", words, (state,), -amount, currency)]
    fields, severity = _fields(pair.fields, deal, order)
    total = DriftField(
        name="total", crm=amount_text(deal.amount, currency), erp=amount_text(order.total, order.currency)
    )
    what = f"opportunity {deal.id}, ERP order {_number(order)}"
    if currency != order.currency:  # amounts of two currencies have no difference: one root cause, one alert
        money_fields = [DriftField(name="currency", crm=currency, erp=order.currency), total]
        return [_mismatch("high", what, [*money_fields, *fields])]
    lines = [] if deal.lines is None else differing_lines(deal.lines, order.lines, currency)
    difference = round_money(order.total, currency) - amount
    if not difference:
        fields, severity = [*fields, *lines], "medium" if lines and severity == "low" else severity
        return [_mismatch(severity, what, fields)] if fields else []
    words = explain_total(
        f"CRM amount {total.crm}", f"ERP order {_number(order)} total {total.erp}", difference, currency, lines
    )
    wrong = Difference("total_mismatch", _total_severity(pair), words, (total, *lines), difference, currency)
    return [wrong, _mismatch(severity, what, fields)] if fields else [wrong]


def _invoices(pair: Pair, order: Order | None, invoices: Sequence[Invoice]) -> list[Difference]:
    live = [one for one in invoices if is_live(one.state)]
    if order is None or not live:
        return []
    numbers = ", ".join(one.number or one.erp_id for one in live)
    ordered = order.total if order.meta.operation != "delete" and is_live(order.state) else Decimal(0)
    strange = sorted({one.currency for one in live} - {order.currency})
    if strange:
        currencies = DriftField(name="currency", crm=order.currency, erp=", ".join(strange))
        return [_mismatch("high", f"ERP order {_number(order)}, invoices {numbers}", [currencies])]
    billed = sum((one.total for one in live), Decimal(0))
    difference = round_money(billed, order.currency) - round_money(ordered, order.currency)
    if not difference:
        return []
    total = DriftField(name="total", crm=amount_text(ordered, order.currency), erp=amount_text(billed, order.currency))
    way = "higher" if difference > 0 else "lower"
    words = (
        f"ERP order {_number(order)} comes to {total.crm}, its invoices ({numbers}) to {total.erp}: "
        f"invoiced is {amount_text(abs(difference), order.currency)} {way}"
    )
    # Billing less than was ordered may be a first part; billing more never is.
    severity = _total_severity(pair) if difference > 0 else "low"
    return [Difference("total_mismatch", severity, words, (total,), difference, order.currency)]


def _fields(rules: Iterable[FieldRule], crm: StateRecord, erp: StateRecord) -> tuple[list[DriftField], Severity]:
    """The fields that differ, and the worst severity among them."""
    fields: list[DriftField] = []
    worst: Severity = "low"
    for rule in rules:
        ours, theirs = str(getattr(crm, rule.crm) or ""), str(getattr(erp, rule.erp) or "")
        wanted = rule.crm_as(ours)
        if not wanted or (rule.erp_may_lack and not theirs) or wanted == rule.erp_as(theirs):
            continue
        fields.append(DriftField(name=rule.name, crm=ours, erp=theirs))
        worst = min(worst, rule.severity, key=lambda one: _RANK[one])
    return fields, worst


def _missing(
    kind: DriftKind, severity: Severity, words: str, money: Decimal | None = None, currency: str | None = None
) -> Difference:
    return Difference(kind, severity, words, (), money, currency)


def _mismatch(severity: Severity, what: str, fields: Sequence[DriftField]) -> Difference:
    return Difference("field_mismatch", severity, explain_fields(what, fields), tuple(fields))


def _total_severity(pair: Pair) -> Severity:
    return pair.total.severity if pair.total else "high"


def _number(order: Order) -> str:
    return order.number or order.erp_id


def _titled(name: str | None, key: str) -> str:
    return f"{key} ({name})" if name else key
