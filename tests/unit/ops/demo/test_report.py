from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from ops.books.balance import Books, Standing, State
from ops.demo.plan import plan_day
from ops.demo.readback import ErpInvoice, ErpOrder, Found
from ops.demo.records import Plan
from ops.demo.report import Doors, Report, judge, percentiles
from schemas.reasons import Reason
from schemas.records import Drift

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@cache
def the_plan() -> Plan:
    return plan_day("r1", 12, 7, 20, 30, date(2026, 3, 2))


def drift(key: str, kind: Any = "total_mismatch") -> Drift:
    return Drift(
        drift_id=f"{key}-{kind}",
        entity="opportunity",
        key=key,
        account_id="a",
        kind=kind,
        status="opened",
        severity="high",
        fields=[],
        opened_at=NOW,
        observed_at=NOW,
    )


def standing(
    number: int, state: State, key: str = "", label: str = "", topic: str = "mesh.cdc.crm.sales.x"
) -> Standing:
    return Standing(f"e{number}", state, topic, f"{topic}/0/{number}", "opportunity", key, label)


def good_books(plan: Plan) -> Books:
    keys = sorted(plan.in_crm | plan.letters.keys())
    found = []
    for number, key in enumerate(keys):
        reason = plan.letters.get(key)
        if reason is None:
            found.append(standing(number, State.APPLIED, key))
        elif reason == Reason.CONTRACT_VIOLATION:
            found.append(standing(number, State.DEAD_LETTERED, "", reason))
        else:
            found.append(standing(number, State.DEAD_LETTERED, key, reason))
    webhook = "mesh.webhook.standard"
    found += [
        standing(900 + number, State.DEAD_LETTERED, "", Reason.UNDECODABLE, webhook)
        for number in range(plan.undecodable)
    ]
    found += [standing(950, State.SKIPPED, "x", "no_flow", webhook)]
    found += [standing(951, State.DEAD_LETTERED, plan.hand_changed, Reason.WRITTEN_BY_WRONG_SIDE, "mesh.cdc.erp.sale")]
    return Books({one.event_id: one for one in found})


def good_found(plan: Plan) -> Found:
    """Both systems as they must be; the first billed order's invoice is paid in part, the rest is not posted."""
    customers = {key: f"C{number}" for number, key in enumerate(plan.accounts)}
    billed = min(plan.billing)
    orders, deals, balances = {}, {}, {}
    for number, key in enumerate(sorted(plan.orders)):
        deal = plan.opportunities[key]
        invoice = ErpInvoice(None, "draft", deal.amount, Decimal(0))
        if key == billed:
            invoice = ErpInvoice("2026/1", "posted", deal.amount, deal.amount - 1)
            balances[deal.account_id, deal.currency] = deal.amount - 1
        customer = customers[deal.account_id]
        orders[key] = ErpOrder(f"S{number}", "processing", deal.currency, deal.amount, customer, (invoice,))
        if key in plan.in_crm:
            deals[key] = {
                "erp_order_number": f"S{number}",
                "invoice_number": invoice.number,
                "invoice_status": "issued" if key == billed else "pending",
                "payment_status": "partial" if key == billed else "none",
                "outstanding_balance": deal.amount - 1 if key == billed else Decimal(0),
            }
    accounts = {key: {"erp_customer_code": customers[key]} for key in plan.accounts.keys() & plan.in_crm}
    missing = next(key for key, reason in plan.letters.items() if reason == Reason.MISSING_PRODUCT)
    drifts = (drift(plan.hand_changed), drift(missing, "missing_in_erp"))
    return Found(orders, customers, (), accounts, deals, balances, drifts)


def verdict(books: Books | None = None, found: Found | None = None, doors: Doors | None = None) -> Report:
    plan = the_plan()
    return judge(
        plan,
        books or good_books(plan),
        found or good_found(plan),
        doors or Doors(1),
        [10.0, 20.0, 400.0],
        NOW + timedelta(0),
    )


def test_a_day_as_it_must_be_is_good() -> None:
    report = verdict()
    assert report.differences == ()
    assert report.good
    wanted = {"accepted", "applied", "dead_lettered", "held", "skipped", "in_flight", "drift", "erp_orders_expected"}
    wanted |= {"erp_orders_found", "duplicates_in_erp", "balanced", "latency_ms"}
    assert wanted <= report.data.keys()
    assert report.data["erp_orders_expected"] == report.data["erp_orders_found"] == len(the_plan().orders)
    assert report.data["latency_ms"] == {"p50": 20, "p95": 400, "p99": 400}
    assert report.data["drift"] == 2


def _order(found: Found, **changes: Any) -> Found:
    key = max(the_plan().orders - {the_plan().hand_changed})
    return replace(found, orders={**found.orders, key: replace(found.orders[key], **changes)})


def _without(found: Found, name: str) -> Found:
    held = dict(getattr(found, name))
    held.pop(max(held))
    return replace(found, **{name: held})


def _crm(found: Found, name: str, field: str, value: Any) -> Found:
    held = dict(getattr(found, name))
    key = max(held)
    held[key] = {**held[key], field: value}
    return replace(found, **{name: held})


WRONG: dict[str, Callable[[Found], Found]] = {
    "an order is missing": lambda found: _without(found, "orders"),
    "a cent is missing": lambda found: _order(found, total=Decimal("0.01")),
    "another currency": lambda found: _order(found, currency="XXX"),
    "still a draft": lambda found: _order(found, state="draft"),
    "somebody else's order": lambda found: _order(found, customer="C999"),
    "an order too many": lambda found: replace(
        found, orders={**found.orders, "opp-r1-none": ErpOrder("S", "processing", "EUR", Decimal(1), "C0")}
    ),
    "an order twice": lambda found: replace(found, duplicates=("opp-r1-1.0",)),
    "a customer is missing": lambda found: _without(found, "customers"),
    "a customer code": lambda found: _crm(found, "crm_accounts", "erp_customer_code", None),
    "an order number": lambda found: _crm(found, "crm_deals", "erp_order_number", None),
    "an invoice status": lambda found: _crm(found, "crm_deals", "invoice_status", "issued"),
    "a payment status": lambda found: _crm(found, "crm_deals", "payment_status", "paid"),
    "an outstanding amount": lambda found: _crm(found, "crm_deals", "outstanding_balance", Decimal("0.01")),
    "an account's balance": lambda found: replace(found, balances={}),
    "no drift for the change by hand": lambda found: replace(found, drifts=found.drifts[1:]),
    "a drift nobody caused": lambda found: replace(
        found, drifts=(*found.drifts, drift(max(the_plan().orders), "field_mismatch"))
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_whatever_is_wrong_in_a_system_is_told(wrong: Callable[[Found], Found]) -> None:
    assert not verdict(found=wrong(good_found(the_plan()))).good


@pytest.mark.parametrize("state", [State.IN_FLIGHT, State.HELD, State.LOST])
def test_an_event_that_is_not_settled_is_told(state: State) -> None:
    books = good_books(the_plan())
    report = verdict(Books({**books.standings, "odd": standing(999, state, "x")}))
    assert len(report.differences) == 1
    assert report.data["balanced"] is (state is not State.LOST)


def test_a_letter_that_is_missing_or_not_expected_is_told() -> None:
    plan = the_plan()
    books = good_books(plan)
    for key, one in books.standings.items():
        if one.state is State.DEAD_LETTERED:
            applied = {**books.standings, key: replace(one, state=State.APPLIED)}
            assert not verdict(Books(applied)).good, one
    order = min(plan.orders & plan.in_crm)
    odd = standing(999, State.DEAD_LETTERED, order, Reason.ERP_REJECTED)
    assert any(order in words for words in verdict(Books({**books.standings, "odd": odd})).differences)


def test_deliveries_that_the_door_accepted_must_be_on_its_topics() -> None:
    assert not verdict(doors=Doors(2)).good
    assert verdict(doors=Doors(1, ["the door answered 500"])).differences == ("the door answered 500",)


def test_rows_that_never_became_events_are_told() -> None:
    books = good_books(the_plan())
    fewer = {key: one for key, one in books.standings.items() if one.key != min(the_plan().in_crm)}
    assert any("never became an event" in words for words in verdict(Books(fewer)).differences)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], (0, 0, 0)),
        ([5.0], (5, 5, 5)),
        ([float(value) for value in range(1, 101)], (50, 95, 99)),
        ([3.0, 1.0, 2.0], (2, 3, 3)),
    ],
)
def test_percentiles_are_nearest_ranks(values: list[float], expected: tuple[int, int, int]) -> None:
    assert tuple(percentiles(values).values()) == expected
