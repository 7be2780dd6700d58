"""Rows of the decision tables that have no table of their own elsewhere: accounts, deals, lines, invoices, patches."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from schemas.records import Contract, Lead, Order, Stamped
from streams.decide import Facts, Known
from streams.decide.facts import BillingStop
from streams.matching import profile_of
from tests.unit.streams.decide.cases import NOW, D, account, deal, facts, invoice, item, line, meta
from tests.unit.streams.decide.test_case_decisions import case
from tests.unit.streams.decide.test_lead_decisions import COMPLETE, lead
from tests.unit.streams.decide.test_refund_decisions import refund
from tests.unit.streams.decide.test_subscription_decisions import at as subscription_at
from tests.unit.streams.decide.test_subscription_decisions import subscription

Rows = dict[str, tuple[Stamped, Facts]]

HOLD_FOR, GRACE, SIGNING = timedelta(hours=48), timedelta(minutes=15), timedelta(hours=720)
WHOLE: dict[str, Any] = {
    "tax_id": "DE136695976",
    "email": "ada@example.org",
    "phone": "+49301234567",
    "street": "Straße 1",
    "city": "Köln",
    "postal_code": "50667",
    "state": "NW",
}
FULL = account().model_copy(update=WHOLE)
CODE = Facts(customer_code="C1")
TWINS = tuple(profile_of(FULL.model_copy(update={"id": f"a{number}"})) for number in (4, 5, 6, 7))
ALIKE = Facts(customer_code="C1", account=Known(FULL, in_crm=True), alike=TWINS)
MERGED = replace(ALIKE, verdicts={"a7": "merge"})
STOP = BillingStop("b1", "drift of the account", NOW - timedelta(hours=1))
CONTRACT = Contract(meta=meta("contract", "k1"), id="k1", reference="PO 7", billing_terms="30 days", signed_at=NOW)

ONE, TWO = line("l1", "3", "9.99", "10"), line("l2", "1", "33.50", position=1)
DEAR = line("l1", discount="20.01")
LOW = line("l1", price="1").model_copy(update={"sku": "SKU-001"})
SOLD = deal(ONE, TWO)
LINES = (item(ONE), item(TWO, tick=4))


def since(wait: timedelta) -> dict[str, Any]:
    """It was put on hold so long ago that the wait is over now."""
    return {"held_since": NOW - wait}


AS_SENT = Facts(known=Known(account(), fingerprint="24c398856ad5ffe2beccb8782457ba98"), customer_code="C1")
ACCOUNTS: Rows = {
    "with all that a customer has": (FULL, CODE),
    "with a name alone": (account().model_copy(update={"country": None}), CODE),
    "without a name": (account(name=None), CODE),
    "deleted": (account(operation="delete"), CODE),
    "a state that its country does not have": (account().model_copy(update={"country": "US", "state": "XX"}), CODE),
    "a state that is nearly one": (account().model_copy(update={"country": "US", "state": "Californa"}), CODE),
    "as sent": (account(2), AS_SENT),
    "as sent, told by our own write": (account(2, actor="meshline"), AS_SENT),
    "with a trace and a sequence": (account(traceparent="00-1-2-01", sequence=3), CODE),
    "older than what is known": (account(1), Facts(known=Known(account(2)), customer_code="C1")),
    "like four that are known": (FULL, ALIKE),
    "merged into another": (FULL, MERGED),
    "like one that is known, and a customer already": (FULL.model_copy(update={"erp_customer_code": "C9"}), ALIKE),
    "its own billing is stopped": (account(), replace(CODE, billing_stop=STOP)),
}
NO_CONTRACT = facts(*LINES)
UNDER = deal(ONE, TWO, contract_id="k1")
DEALS: Rows = {
    "won": (SOLD, facts(*LINES)),
    "won, lines inside": (deal(ONE, TWO, inside=True), facts()),
    "won, under a contract": (UNDER, facts(*LINES, contract=CONTRACT)),
    "won, its customer was never sent": (SOLD, facts(*LINES, sent=False)),
    "won, its customer was sent by this very event": (
        SOLD,
        facts(*LINES, account=Known(account(), fingerprint="f", fingerprint_event="opportunity-d1-1", in_crm=True)),
    ),
    "in yen": (deal(line("l1", "3", "33.5"), currency="JPY"), facts(item(line("l1", "3", "33.5")))),
    "open": (deal(ONE, TWO, stage="Negotiation"), facts(*LINES)),
    "deleted": (deal(ONE, TWO, operation="delete"), facts(*LINES)),
    "its account has not arrived": (SOLD, Facts()),
    "its account does not arrive": (SOLD, Facts(**since(HOLD_FOR))),
    "its account has an hour left": (SOLD, Facts(**since(HOLD_FOR - timedelta(hours=1)))),
    "its contract has not arrived": (UNDER, facts(*LINES)),
    "its contract has a minute left": (UNDER, facts(*LINES, **since(GRACE - timedelta(minutes=1)))),
    "its contract does not arrive": (UNDER, facts(*LINES, **since(GRACE))),
    "its lines have not arrived": (SOLD, facts(LINES[0])),
    "its lines have a minute left": (SOLD, facts(LINES[0], **since(GRACE - timedelta(minutes=1)))),
    "its lines do not arrive": (SOLD, facts(LINES[0], **since(GRACE))),
    "more lines than it says": (deal(ONE), facts(*LINES)),
    "it says that it has no line": (deal(), facts()),
    "lines inside that do not come to its amount": (deal(ONE, inside=True, amount=D("26.98")), facts()),
    "lines inside are what counts, not their number": (deal(ONE, inside=True, line_count=2), facts()),
    "none inside": (deal(inside=True), facts()),
    "a discount above the threshold": (deal(DEAR), facts(item(DEAR))),
    "a price below the list": (deal(LOW, currency="USD"), facts(item(LOW))),
    "of a likely duplicate": (deal(ONE, inside=True), ALIKE),
    "of a likely duplicate, for an hour": (deal(ONE, inside=True), replace(ALIKE, **since(timedelta(hours=1)))),
    "of a likely duplicate that nobody decides": (deal(ONE, inside=True), replace(ALIKE, **since(HOLD_FOR))),
    "of an account that was merged": (deal(ONE, inside=True), MERGED),
    "billing of the account is stopped": (SOLD, facts(*LINES, billing_stop=STOP)),
    "billing of all is stopped": (SOLD, facts(*LINES, billing_stop=replace(STOP, whole_line=True))),
    "billing is stopped, for an hour": (SOLD, facts(*LINES, billing_stop=STOP, **since(timedelta(hours=1)))),
    "billing stays stopped": (SOLD, facts(*LINES, billing_stop=STOP, **since(HOLD_FOR))),
}
WON = Known(SOLD)
CHANGED = item(ONE, tick=9)
ITEMS: Rows = {
    "changed after the deal was won": (CHANGED, facts(CHANGED, LINES[1], opportunity=WON)),
    "of a deal that is not known": (CHANGED, facts(CHANGED)),
    "of a deal that is open": (CHANGED, facts(CHANGED, LINES[1], opportunity=Known(deal(ONE, TWO, stage="Open")))),
    "its deal waits": (CHANGED, facts(CHANGED, LINES[1], opportunity=WON, opportunity_held=True)),
    "too dear a discount": (item(DEAR, tick=9), facts(item(DEAR, tick=9), opportunity=Known(deal(DEAR)))),
    "as the order was sent": (
        CHANGED,
        facts(CHANGED, LINES[1], opportunity=replace(WON, fingerprint="34c3bce317f05c21fcce10cac6645c96")),
    ),
}
CRM: dict[str, Any] = {"account": Known(account(), in_crm=True), "opportunity": Known(deal(), in_crm=True)}
OTHERS = (invoice("9", balance="50", tick=7), invoice("10", balance="7", tick=9, order_id="d2"))
INVOICES: Rows = {
    "issued": (invoice(), facts(**CRM)),
    "one of three": (invoice(balance="30", tick=5), facts(**CRM, invoices=OTHERS)),
    "overdue by a day": (invoice(due_date=date(2026, 3, 9)), facts(**CRM)),
    "due today": (invoice(due_date=date(2026, 3, 10)), facts(**CRM)),
    "overdue, a cent is left": (invoice(balance="0.01", due_date=date(2026, 3, 9)), facts(**CRM)),
    "due, nothing is left": (invoice(balance="0", due_date=date(2026, 3, 9)), facts(**CRM)),
    "a credit note over a cent": (invoice(total="-0.01", balance="-0.01"), facts(**CRM)),
    "over half a euro, paid": (invoice(total="0.5", balance="0"), facts(**CRM)),
    "over nothing": (invoice(total="0", balance="0"), facts(**CRM)),
    "numbered in letters: those in digits are newer": (
        invoice("A"),
        facts(**CRM, invoices=(invoice("1", balance="5", order_id="d2"),)),
    ),
    "of no deal": (invoice(order_id=None), facts(**CRM)),
    "its deal lives elsewhere": (invoice(), facts(account=CRM["account"], opportunity=Known(deal()))),
    "its account lives elsewhere": (invoice(), facts(account=Known(account()), opportunity=CRM["opportunity"])),
    "both live elsewhere": (invoice(), facts(account=Known(account()), opportunity=Known(deal()))),
    "of a customer of the ERP alone": (invoice(account_id="erp:party:9"), facts(**CRM)),
    "as sent": (
        invoice(tick=2),
        facts(**CRM, known=Known(invoice(), fingerprint="e5a39075a23f422833f300e9ea623698")),
    ),
}
BEHIND = replace(subscription_at(), earlier_waits=True)
ALONE: Rows = {
    "a case of a likely duplicate": (case(), replace(ALIKE, account=Known(FULL, in_crm=True))),
    "a subscription of a likely duplicate": (subscription(), ALIKE),
    "a subscription that is refused, of a likely duplicate": (subscription(status="paused"), ALIKE),
    "a lead of a likely duplicate": (lead(of="a1"), ALIKE),
    "a lead that is a likely duplicate": (
        Lead(
            meta=lead().meta, **{**COMPLETE, **WHOLE, "id": "l1", "name": "Ada", "status": "billable", "country": "DE"}
        ),
        replace(ALIKE, account=None),
    ),
    "a case whose account does not arrive": (case(), Facts(**since(HOLD_FOR))),
    "a case whose account has an hour left": (case(), Facts(**since(HOLD_FOR - timedelta(hours=1)))),
    "a subscription whose account does not arrive": (subscription(), Facts(**since(HOLD_FOR))),
    "a lead whose account has not arrived, so that no code is reserved": (lead(of="a1"), Facts()),
    "a lead whose account does not arrive": (lead(of="a1"), Facts(**since(HOLD_FOR))),
    "a lead without a name and a price": (lead(name="", unit_price=None), CODE),
    "a lead in yen": (lead(currency="JPY"), CODE),
    "a revision behind one that waits": (subscription(), replace(BEHIND, **since(timedelta(hours=1)))),
    "a revision behind one that stays": (subscription(), replace(BEHIND, **since(HOLD_FOR))),
    "a revision behind one that waits for billing": (subscription(), replace(BEHIND, billing_stop=STOP)),
    "a refund whose invoice does not arrive": (refund(invoice_number="7"), Facts(**since(HOLD_FOR))),
    "a refund whose invoice has an hour left": (
        refund(invoice_number="7"),
        Facts(**since(HOLD_FOR - timedelta(hours=1))),
    ),
    "a contract": (CONTRACT, Facts()),
    "an order by us": (
        Order(
            meta=meta("order", "d1", actor="meshline"),
            id="d1",
            erp_id="5",
            state="draft",
            currency="EUR",
            total=D(1),
            lines=[],
        ),
        Facts(),
    ),
    "an order by people": (
        Order(
            meta=meta("order", "d1", actor="ina"),
            id="d1",
            erp_id="5",
            state="draft",
            currency="EUR",
            total=D(1),
            lines=[],
        ),
        Facts(),
    ),
}
