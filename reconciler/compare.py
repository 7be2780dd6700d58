"""One record on both sides -> what differs. Pure.

The comparison says what differs now; whether a difference is drift or still in flight says the window.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.bills import compare_invoices
from reconciler.deals import compare_deal
from reconciler.difference import RANK, Comparison, Difference, Found, compare_fields
from reconciler.rows import ERP_ONLY, StateRecord
from reconciler.rules import Pair
from schemas.records import Account, Customer, DriftField, Invoice, Opportunity, Order


def compare(
    pair: Pair,
    key: str,
    crm: StateRecord | None,
    erp: Sequence[StateRecord],
    twins: Sequence[StateRecord] = (),
) -> Comparison:
    """Both sides of one record: None or empty where a side has no row; a deleted record is a row that says so.

    For the pair `invoice`, `crm` is the order and `erp` its invoices. `twins` are records of the ERP that carry the
    same tax id as the customer, and are no account's.
    """
    if key.startswith(ERP_ONLY):
        return Comparison("erp_only")
    tolerated: list[str] = []
    first = erp[0] if erp else None
    match pair.name:
        case "account":
            assert crm is None or isinstance(crm, Account)
            assert first is None or isinstance(first, Customer)
            found = _account(pair, crm, first, [one for one in twins if isinstance(one, Customer)], tolerated)
        case "opportunity":
            assert crm is None or isinstance(crm, Opportunity)
            assert first is None or isinstance(first, Order)
            found = compare_deal(pair, crm, first, tolerated)
        case "invoice":
            assert crm is None or isinstance(crm, Order)
            there = [one for one in erp if isinstance(one, Invoice) and one.meta.operation != "delete"]
            found = compare_invoices(pair, crm, there, tolerated)
    ranked = sorted(found, key=lambda one: RANK[one.severity])
    if ranked:
        return Comparison(ranked[0].kind, tuple(ranked), tuple(tolerated))
    return Comparison("within_tolerance" if tolerated else "in_step", (), tuple(tolerated))


def _account(
    pair: Pair, account: Account | None, customer: Customer | None, twins: Sequence[Customer], tolerated: list[str]
) -> list[Difference]:
    known = account is not None and account.meta.operation != "delete"
    there = customer is not None and customer.meta.operation != "delete"
    if account is not None and known and not there:
        what = f"CRM account {_titled(account.name, account.id)}"
        if customer is not None:
            words = f"{what}: its customer {customer.code or customer.erp_id} is deleted in the ERP"
            return [Difference("deleted_on_one_side", pair.missing, words)]
        return [Difference("missing_in_erp", pair.missing, f"{what}: no customer in the ERP", "crm")]
    if customer is not None and there and not known:
        what = f"ERP customer {_titled(customer.name, customer.code or customer.erp_id)}: its account {customer.id}"
        if account is not None:
            return [Difference("deleted_on_one_side", pair.deleted, f"{what} is deleted in the CRM")]
        return [Difference("missing_in_crm", pair.missing, f"{what} is not known to the CRM")]
    if account is None or customer is None or not known:
        return []
    return _both(pair, account, customer, twins, tolerated)


def _both(
    pair: Pair, account: Account, customer: Customer, twins: Sequence[Customer], tolerated: list[str]
) -> list[Difference]:
    found = compare_fields(pair.fields, account, customer)
    tolerated += found.tolerated
    if not found.fields and not twins:
        return []
    what = f"account {_titled(account.name, account.id)}, ERP customer {customer.code or customer.erp_id}"
    return [*_duplicate(pair, what, customer, twins), *_mismatch(what, found)]


def _duplicate(pair: Pair, what: str, customer: Customer, twins: Sequence[Customer]) -> list[Difference]:
    living = [one for one in twins if one.meta.operation != "delete"]
    if not living:
        return []
    names = ", ".join(sorted(one.code or one.erp_id for one in living))
    held = DriftField(name="customer", crm=customer.id, erp=f"{customer.code or customer.erp_id}, {names}")
    words = f"{what}: the ERP has the same tax id at {names}, which no account of the CRM is"
    return [Difference("duplicate", pair.duplicate, words, "people", (held,))]


def _mismatch(what: str, found: Found) -> list[Difference]:
    return [found.mismatch(what)] if found.fields else []


def _titled(name: str | None, key: str) -> str:
    return f"{key} ({name})" if name else key
