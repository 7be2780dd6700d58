"""What is really there: read from the ERP, the CRM's database and the drift topic, never from our counters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ops.demo.erp import Erp
from ops.demo.errors import DemoFailed
from ops.demo.records import Plan
from schemas.records import Drift


@dataclass(frozen=True, slots=True)
class ErpInvoice:
    number: str | None
    state: str
    total: Decimal
    to_pay: Decimal


@dataclass(frozen=True, slots=True)
class ErpOrder:
    number: str | None
    state: str
    currency: str
    total: Decimal
    customer: str  #: its party's code
    invoices: tuple[ErpInvoice, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that the report is made from. CRM rows by id, as the database gives them."""

    orders: Mapping[str, ErpOrder]
    customers: Mapping[str, str]  #: account id -> customer code
    duplicates: tuple[str, ...]  #: references and identifiers that the ERP has more than once
    crm_accounts: Mapping[str, Mapping[str, Any]]
    crm_deals: Mapping[str, Mapping[str, Any]]
    balances: Mapping[tuple[str, str], Decimal]  #: (account, currency) -> outstanding, as the CRM has it
    drifts: tuple[Drift, ...]  #: open now
    drifts_closed: int = 0


def read_erp(erp: Erp, plan: Plan) -> tuple[dict[str, ErpOrder], dict[str, str], tuple[str, ...]]:
    """Orders and customers of the run, and what is there twice."""
    currencies = {row["id"]: row["code"] for row in erp.read("currency.currency", [], ["code"])}
    parties: dict[str, list[int]] = {}
    for row in erp.read("party.identifier", [["code", "in", sorted(plan.accounts)]], ["code", "party"]):
        parties.setdefault(row["code"], []).append(row["party"])
    fields = ["reference", "number", "state", "currency", "total_amount", "party", "invoices"]
    sales = erp.read("sale.sale", [["reference", "like", f"%-{plan.run}-%"]], fields)
    codes = erp.read_ids(
        "party.party",
        [*(one for found in parties.values() for one in found), *(row["party"] for row in sales)],
        ["code"],
    )
    invoices = erp.read_ids(
        "account.invoice",
        (invoice for row in sales for invoice in row["invoices"]),
        ["number", "state", "total_amount", "amount_to_pay"],
    )
    orders = {
        row["reference"]: ErpOrder(
            row["number"],
            row["state"],
            currencies[row["currency"]],
            row["total_amount"],
            codes[row["party"]]["code"],
            tuple(_invoice(invoices[one]) for one in row["invoices"]),
        )
        for row in sales
    }
    twice = [
        *_more_than_once(row["reference"] for row in sales),
        *(key for key, found in parties.items() if len(found) > 1),
    ]
    customers = {key: codes[found[0]]["code"] for key, found in parties.items()}
    return orders, customers, tuple(sorted(twice))


def _invoice(row: Mapping[str, Any]) -> ErpInvoice:
    return ErpInvoice(row["number"], row["state"], row["total_amount"], row["amount_to_pay"] or Decimal(0))


def _more_than_once(keys: Iterable[str]) -> list[str]:
    return [key for key, count in Counter(keys).items() if count > 1]


def read_crm(
    url: str, plan: Plan
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]], dict[tuple[str, str], Decimal]]:
    """The run's accounts and opportunities by id, and the accounts' balances. Raises DemoFailed."""
    ids = sorted(plan.in_crm)
    accounts = "select * from sales.accounts where id = any(%s)"
    deals = "select * from sales.opportunities where id = any(%s)"
    balances = "select account_id, currency, outstanding from sales.account_balances where account_id = any(%s)"
    try:
        with psycopg.connect(url, row_factory=dict_row) as connection:
            return (
                {row["id"]: row for row in connection.execute(accounts, (ids,))},
                {row["id"]: row for row in connection.execute(deals, (ids,))},
                {
                    (row["account_id"], row["currency"]): row["outstanding"]
                    for row in connection.execute(balances, (ids,))
                },
            )
    except psycopg.Error as error:
        raise DemoFailed(f"the CRM's database does not answer: {error}") from error
