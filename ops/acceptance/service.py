"""What a run does beside sales: terms in the ERP, deals that are billed by themselves, credits, subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ops.acceptance.sales import open_account
from ops.acceptance.work import Edit, Then, Work, these
from ops.demo.catalogue import PRODUCTS, WON
from ops.demo.deals import insert_deal, insert_lines, make_deal, price_in, to_stage
from ops.demo.people import contract_row
from ops.demo.records import Account, Transaction, Write
from schemas.money import minor_unit

BILLED_ALONE = "b"  #: accounts whose number begins so are billed by themselves, by a rule of the run
SUBSCRIBED = ("SKU-001", "SKU-002", "SKU-003", "SKU-004", "SKU-007", "SKU-008")
_TERMS = ("30 days", "Direct")
_INTERVALS = ("month", "quarter", "year")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def terms(work: Work, count: int) -> None:
    """FL2: a clerk enters payment terms in the ERP, changes them, or ends the customer there."""
    for number in range(count):
        account = open_account(work, work.name("acc", f"t{number}"), number)
        final = Edit(account.id, terms=_TERMS[number % 2]) if number % 3 != 2 else Edit(account.id, active=False)
        edits = [Edit(account.id, terms=_TERMS[(number + 1) % 2]), final] if number % 3 == 1 else [final]
        work.thens.append(Then("accounts", account.id, "erp_customer_code", these(*edits)))
        work.said["terms"].append({"account_id": account.id, "terms": final.terms, "active": final.active})
        work.drove("FL2")


def billed_alone(work: Work, count: int) -> None:
    """FL4: deals under contracts that are signed, signed once the order is there, or never."""
    for number in range(count):
        account = open_account(work, work.name("acc", f"{BILLED_ALONE}{number}"), number)
        key = work.name("ctr", f"{BILLED_ALONE}{number}")
        row = contract_row(work.random, account, key, work.today) | {"billing_terms": _TERMS[number % 2]}
        signed = row["signed_at"]
        if number % 4 in (1, 3):
            row["signed_at"] = None
        deal = make_deal(work.random, work.name("opp", f"{BILLED_ALONE}{number}"), account, work.today)
        deal = replace(deal, contract_id=key)
        work.steps[account.id] += [
            Transaction((Write("insert", "contracts", key, row),)),
            Transaction((insert_deal(deal), *insert_lines(deal))),
            to_stage(deal, WON),
        ]
        if number % 4 == 1:
            sign = Transaction((Write("update", "contracts", key, {"signed_at": signed}),))
            work.thens.append(Then("opportunities", deal.id, "erp_order_number", these(sign)))
        work.said["billed alone"].append(account.id)
        work.drove("FL3")
        work.drove("FL4")


def credits_(work: Work, count: int) -> None:
    """FL7: cases are closed with a credit: approved, above the cap by one who may, or by one who may not, or nobody."""
    for number in range(count):
        account, key = work.accounts[number % len(work.accounts)], work.name("case", number)
        unit = minor_unit(account.currency) * (120 if account.currency == "JPY" else 1)
        kind = number % 5
        cents = work.random.randint(500, 9000) if kind in (0, 1, 3) else work.random.randint(50_100, 90_000)
        approver = {0: "ina", 1: "ina", 2: "noor.haddad", 3: None, 4: "ina"}[kind]
        closed_at = datetime.combine(work.today, time(), UTC) + timedelta(seconds=number)
        closed = {"status": "closed", "closed_at": closed_at, "credit_amount": unit * cents}
        closed |= {"currency": account.currency, "credit_reason": f"Ausfall № {number}"}
        told = {"account_id": account.id, "subject": "Störung", "status": "open"}
        if kind == 1:
            steps = [Write("insert", "cases", key, told), Write("update", "cases", key, closed)]
            steps[1] = replace(steps[1], values={**closed, "credit_approved_by": approver})
        else:
            steps = [Write("insert", "cases", key, {**told, **closed, "credit_approved_by": approver})]
        work.steps[account.id] += [Transaction((write,)) for write in steps]
        work.drove("FL7")


def subscriptions(work: Work, count: int) -> None:
    """FL8: subscriptions begin; some grow within an interval, shrink with the next one, or are cancelled."""
    for number in range(count):
        account, key = work.accounts[(number * 5 + 2) % len(work.accounts)], work.name("sub", number)
        revisions = _revisions(work, account, number)
        first, *later = revisions
        steps = work.steps[account.id]
        steps.append(Transaction((Write("insert", "subscriptions", key, first),)))
        changing = ("status", "quantity", "unit_price", "effective_on", "revision")
        for one in later:
            values = {name: one[name] for name in changing}
            steps.append(Transaction((Write("update", "subscriptions", key, values),)))
        work.said["revisions"] += [{**one, "id": key} for one in revisions]
        work.drove("FL8")


def _revisions(work: Work, account: Account, number: int) -> list[dict[str, Any]]:
    """The states of a subscription, one after the other."""
    sku, kind = SUBSCRIBED[number % len(SUBSCRIBED)], _INTERVALS[number % len(_INTERVALS)]
    start = date(work.today.year, (1, 4, 10)[number % 3], (1, 15, 31)[number // 2 % 3] if number % 3 != 1 else 1)
    quantity = Decimal(work.random.randint(2, 12))
    base = {
        "account_id": account.id,
        "sku": sku,
        "currency": account.currency,
        "billing_interval": kind,
        "starts_on": start,
        "unit_price": price_in(account.currency, PRODUCTS[sku]),
        "status": "active",
    }
    within = start + timedelta(days=work.random.randint(5, 20))
    after = _later(start, _MONTHS[kind])
    # from which day on: how many
    plans: Sequence[list[tuple[date, Decimal | None]]] = (
        [],
        [(within, quantity + 3)],
        [(after, quantity - 1), (after + timedelta(days=9), None)],
        [(within, quantity + 1), (within + timedelta(days=3), quantity + 5), (after, quantity)],
        [(within, None)],
    )
    found = [base | {"quantity": quantity, "effective_on": start, "revision": 1}]
    for revision, (day, many) in enumerate(plans[(number + 1) % len(plans)], 2):
        changed = {"effective_on": day, "revision": revision, "quantity": many or found[-1]["quantity"]}
        found.append(base | changed | {"status": "active" if many else "cancelled"})
    return found


def _later(day: date, months: int) -> date:
    """The first day of the next interval. Days that a month may lack are not asked for here."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in range(day.day, 27, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, day.day)
