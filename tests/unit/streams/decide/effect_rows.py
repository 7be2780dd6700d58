"""What follows an effect in the ERP, what a patch of an unknown record waits for, and what the reconciler is told."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from schemas.records import Effect, Lead, Stamped
from streams.decide import Facts, Known
from tests.unit.streams.decide.cases import account, deal, invoice, item, line
from tests.unit.streams.decide.outcome_rows import HOLD_FOR, since
from tests.unit.streams.decide.test_case_decisions import case
from tests.unit.streams.decide.test_conflict import order
from tests.unit.streams.decide.test_customer_decisions import customer
from tests.unit.streams.decide.test_lead_decisions import lead
from tests.unit.streams.decide.test_other_decisions import effect
from tests.unit.streams.decide.test_subscription_decisions import subscription

#: The 10th in New York; by UTC it is the 11th.
ELSEWHERE = datetime(2026, 3, 10, 21, 30, tzinfo=timezone(timedelta(hours=-5)))


def of(kind: str, key: str, **over: Any) -> Effect:
    return effect(kind).model_copy(update={"key": key, "sequence": 2, "traceparent": "00-1-2-01", **over})


def told(record: Stamped, *, in_crm: bool = True) -> Known:
    """The record at the position that the effect is of."""
    return Known(record.model_copy(update={"meta": record.meta.model_copy(update={"sequence": 2})}), in_crm=in_crm)


EFFECTS: dict[str, tuple[Effect, Known | None]] = {
    "a customer was made": (of("customer.upsert", "a1"), told(account())),
    "an order was placed": (of("order.place", "d1"), told(deal())),
    "a credit note was made": (of("credit.grant", "c1"), told(case(), in_crm=True)),
    "a credit note in yen": (of("credit.grant", "c1"), told(case(amount="12000", currency="JPY"))),
    "a credit note, its case lost its sum": (of("credit.grant", "c1"), told(case(amount=None))),
    "a credit note, its case lost its currency": (of("credit.grant", "c1"), told(case(currency=None))),
    "a credit note, its case lost sum, currency and approver since": (
        of("credit.grant", "c1"),
        told(case(amount=None, currency=None, by=None)),
    ),
    "a schedule, of the newest state": (of("schedule.amend", "s1"), told(subscription(tick=3))),
    "a schedule, of an older state": (of("schedule.amend", "s1"), told(subscription(tick=4))),
    "a schedule, of the same version but an earlier sequence": (
        of("schedule.amend", "s1"),
        Known(subscription(tick=3), in_crm=True),
    ),
    "a lead's customer was made": (of("lead.customer", "l1"), told(lead())),
    "a lead's order was placed": (of("lead.order", "l1"), told(lead())),
    "an invoice was posted": (of("invoice.post", "d1", external_number="2026/7"), told(deal())),
    "an invoice was posted late in the evening of another zone": (
        of("invoice.post", "d1", applied_at=ELSEWHERE),
        told(deal()),
    ),
    "an invoice was composed": (of("invoice.draft", "d1"), told(deal())),
    "it changed nothing": (of("customer.upsert", "a1", outcome="unchanged"), told(account())),
    "it was stale": (of("order.place", "d1", outcome="stale"), told(deal())),
    "it named nothing": (of("order.place", "d1", external_number=None), told(deal())),
    "the CRM's database does not have the record": (of("order.place", "d1"), told(deal(), in_crm=False)),
    "nothing is known of the record": (of("order.place", "d1"), None),
    "in the CRM": (of("account.link", "a1"), told(account())),
}


def patch(of_: Stamped, **fields: Any) -> Stamped:
    stamp = of_.meta.model_copy(update={"operation": "patch"})
    return of_.model_copy(update={"meta": stamp, **fields})


PATCHES: dict[str, tuple[Stamped, Facts]] = {
    "of an account": (patch(account()), Facts()),
    "of an account, for an hour": (patch(account()), Facts(**since(timedelta(hours=1)))),
    "of an account that does not arrive": (patch(account()), Facts(**since(HOLD_FOR))),
    "of a deal": (patch(deal()), Facts()),
}


def changed(of_: Lead, **fields: Any) -> Lead:
    return of_.model_copy(update=fields)


STATES: dict[str, tuple[Stamped, None]] = {
    "an account": (account(), None),
    "a deal": (deal(line(), inside=True), None),
    "a customer": (customer(), None),
    "an order": (order("22", 30, "clerk"), None),
    "an invoice": (invoice(), None),
    "a line item": (item(line()), None),
    "a case": (case(), None),
    "a billable lead of no account": (changed(lead(), erp_order_number="5", email="a@example.org"), None),
    "a billable lead of an account": (lead(of="a1"), None),
    "a billable lead in yen": (lead(of="a1", currency="JPY"), None),
    "a lead that is not billable": (lead(status="new"), None),
    "a billable lead without a price": (lead(unit_price=None), None),
}
