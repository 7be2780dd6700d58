"""Two systems that agree, with records of every flow, as the witness reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

D = Decimal
TODAY, START, END = date(2026, 5, 4), date(2026, 1, 1), date(2026, 12, 31)
PERSON = {
    "name": "Müller & Söhne",
    "street": "Hauptstr. 1",
    "city": "Köln",
    "postal_code": "50667",
    "country": "DE",
    "email": "a@example.org",
    "phone": "+49 221 5550101",
    "tax_id": "DE 136695976",
}
SOLD = {"sku": "SKU-001", "quantity": D("2.000"), "unit_price": D("10.0000")}


def party(key: str, code: str) -> dict[str, Any]:
    return {
        "crm_id": key,
        "name": "Müller & Söhne",
        "code": code,
        "active": True,
        "terms": None,
        "addresses": [{"street": "Hauptstr. 1", "city": "Köln", "postal_code": "50667", "country": "DE"}],
        "contact_mechanisms": [
            {"type": "email", "value": "a@example.org"},
            {"type": "phone", "value": "+492215550101"},
        ],
        "identifiers": [{"code": key}, {"code": "TAX:DE136695976"}],
    }


def order(key: str, number: str, customer: str, amount: str, comment: str) -> dict[str, Any]:
    line = {"id": 1, "sequence": 1, "sku": "SKU-001", "quantity": 2.0}
    line |= {"unit_price": D(amount) / 2, "amount": D(amount)}
    told = {"reference": key, "number": number, "currency": "EUR", "total_amount": D(amount), "customer": customer}
    return told | {"description": None, "comment": comment, "lines": [line]}


def invoice(key: int, number: str, total: str, left: str, **over: Any) -> dict[str, Any]:
    line = {"id": key * 10, "type": "line", "sku": None, "account": None, "quantity": 1.0}
    line |= {"defer_from": None, "defer_to": None, "credits": None}
    told = {"id": key, "number": number, "state": "posted", "currency": "EUR", "customer": "acc-r-0", "terms": None}
    told |= {"total_amount": D(total), "amount_to_pay": D(left), "invoice_date": TODAY, "reference": None}
    return told | {"description": None, "sale": None, "deferred": [], "lines": [line]} | over


def deal(key: str, account: str, **over: Any) -> dict[str, Any]:
    told = {"id": key, "account_id": account, "stage": "Closed Won", "currency": "EUR", "amount": D("18.00")}
    told |= {"discount_approved_by": None, "contract_id": None, "billed_invoice_number": None, "billed_on": None}
    return told | over


def account(key: str, code: str, **over: Any) -> dict[str, Any]:
    told = {"id": key, "erp_customer_code": code, "payment_terms": None, "erp_status": None}
    return told | PERSON | {"invoice_number": None, "invoice_status": None, "payment_status": None} | over


def revision(number: int, quantity: str, day: date) -> dict[str, Any]:
    told = {"id": "sub-r-0", "account_id": "acc-r-0", "status": "active", "sku": "SKU-001", "currency": "EUR"}
    told |= {"quantity": D(quantity), "unit_price": D("31.0000"), "billing_interval": "month", "starts_on": START}
    return told | {"effective_on": day, "revision": number}


def _note(key: int, number: str, amount: str, reference: str, text: str, **over: Any) -> dict[str, Any]:
    return invoice(key, number, amount, amount, reference=reference, description=text, **over)


_LINE = {"discount_percent": D("10.00"), **SOLD}
_COMPOSED = {
    "id": 20,
    "type": "line",
    "sku": "SKU-001",
    "account": "4.2.2",
    "quantity": 2.0,
    "defer_from": START,
    "defer_to": END,
    "credits": None,
}
_CREDIT = {"id": 30, "type": "line", "sku": None, "account": None, "quantity": -1.0}
_CREDIT |= {"defer_from": None, "defer_to": None, "credits": 10}
_CLOSED = {"status": "closed", "closed_at": datetime(2026, 5, 4, tzinfo=UTC), "currency": "EUR", "id": "case-r-0"}
_CLOSED |= {
    "account_id": "acc-r-0",
    "credit_amount": D("20.50"),
    "credit_approved_by": "ina",
    "credit_reason": "Ausfall",
}

CRM: dict[str, list[Any]] = {
    "accounts": [
        account("acc-r-0", "C1", invoice_number="2026/6", invoice_status="issued", payment_status="unpaid"),
        account("acc-r-t0", "C2", payment_terms="30 days", erp_status="inactive"),
        account("acc-r-b0", "C3", invoice_number="2026/2", invoice_status="issued", payment_status="unpaid"),
    ],
    "contracts": [
        {
            "id": "ctr-r-b0",
            "reference": "MSA-1",
            "billing_terms": "30 days",
            "signed_at": datetime(2026, 1, 2, tzinfo=UTC),
            "starts_on": START,
            "ends_on": END,
        }
    ],
    "deals": [
        deal(
            "opp-r-0",
            "acc-r-0",
            erp_order_number="17",
            invoice_number="2026/4",
            invoice_status="credited",
            payment_status="unpaid",
            outstanding_balance=D("3.00"),
        ),
        deal(
            "opp-r-b0",
            "acc-r-b0",
            contract_id="ctr-r-b0",
            erp_order_number="18",
            invoice_number="2026/2",
            invoice_status="issued",
            payment_status="unpaid",
            outstanding_balance=D("18.00"),
            billed_invoice_number="2026/2",
            billed_on=TODAY,
        ),
    ],
    "lines": [{"opportunity_id": "opp-r-0", **_LINE}, {"opportunity_id": "opp-r-b0", **_LINE}],
    "balances": [
        {"account_id": "acc-r-0", "currency": "EUR", "outstanding": D("14.50")},
        {"account_id": "acc-r-b0", "currency": "EUR", "outstanding": D("18.00")},
    ],
    "cases": [{**_CLOSED, "erp_credit_number": "2026/5"}],
    "subscriptions": [{**revision(2, "4", date(2026, 1, 16)), "erp_subscription_number": "S1", "erp_revision": 2}],
    "leads": [
        {
            "id": "lead-r-0",
            "account_id": None,
            "status": "billable",
            "erp_customer_code": "C4",
            "erp_order_number": "19",
            "currency": "EUR",
            "campaign": "spring",
            "channel": "partner",
            **PERSON,
            **SOLD,
        }
    ],
}
ERP: dict[str, list[Any]] = {
    "customers": [
        party("acc-r-0", "C1"),
        party("acc-r-t0", "C2") | {"terms": "30 days", "active": False},
        party("acc-r-b0", "C3"),
    ],
    "won": [party("lead-r-0", "C4")],
    "orders": [
        order("opp-r-0", "17", "C1", "18.00", ""),
        order("opp-r-b0", "18", "C3", "18.00", "Contract: MSA-1\nBilling terms: 30 days") | {"description": "MSA-1"},
    ],
    "first orders": [order("lead-r-0", "19", "C4", "20.00", "Campaign: spring\nChannel: partner")],
    "invoices": [
        invoice(1, "2026/1", "18.00", "8.00", sale="opp-r-0"),
        invoice(
            2,
            "2026/2",
            "18.00",
            "18.00",
            sale="opp-r-b0",
            customer="acc-r-b0",
            reference="MSA-1",
            terms="30 Days",
            lines=[_COMPOSED],
            deferred=[{"invoice_line": 20, "start_date": START, "end_date": END}],
        ),
        _note(4, "2026/4", "-5.00", "refund/re-r-0-0", "Refund re-r-0-0 of invoice 2026/1, paid", lines=[_CREDIT]),
        _note(5, "2026/5", "-20.50", "credit/case-r-0", "Service credit 2026-05-04, case case-r-0, Ausfall, by ina"),
        # 16 of January's 31 days: two more at 31.00 each
        _note(6, "2026/6", "32.00", "subscription/sub-r-0/2", ""),
    ],
    "schedules": [
        {
            "reference": "sub-r-0",
            "number": "S1",
            "state": "running",
            "currency": "EUR",
            "customer": "acc-r-0",
            "start_date": START,
            "end_date": None,
            "interval": "Monthly",
            "revision": 2,
            "lines": [
                {
                    "id": 1,
                    "sku": "SKU-001",
                    "quantity": 2.0,
                    "unit_price": D("31.0000"),
                    "start_date": START,
                    "end_date": date(2026, 1, 31),
                },
                {
                    "id": 2,
                    "sku": "SKU-001",
                    "quantity": 4.0,
                    "unit_price": D("31.0000"),
                    "start_date": date(2026, 2, 1),
                    "end_date": None,
                },
            ],
        }
    ],
}
_BACK = {"id": "re-r-0-0", "deal_id": "opp-r-0", "kind": "refund", "amount": D("5.00"), "currency": "EUR"}
SAID: dict[str, list[Any]] = {
    "terms": [{"account_id": "acc-r-t0", "terms": "30 days", "active": False}],
    "billed alone": ["acc-r-b0"],
    "revisions": [revision(1, "2", START), revision(2, "4", date(2026, 1, 16))],
    "refunds": [{**_BACK, "status": "succeeded"}],
}
