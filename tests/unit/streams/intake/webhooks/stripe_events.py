"""Stripe's events as it sends them (API version 2024-06-20): shapes of its documentation, made-up ids."""

from __future__ import annotations

from typing import Any

AT = 1_772_600_767  # 2026-03-04T05:06:07Z


def event(kind: str, found: dict[str, Any], created: int = AT, **more: Any) -> dict[str, Any]:
    return {
        "id": f"evt_{kind}_{created}",
        "object": "event",
        "api_version": "2024-06-20",
        "created": created,
        "data": {"object": found, **more},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": "req_1", "idempotency_key": "key-1"},
        "type": kind,
    }


def charge(**over: Any) -> dict[str, Any]:
    values = {
        "id": "ch_1",
        "object": "charge",
        "amount": 10000,
        "amount_captured": 10000,
        "amount_refunded": 0,
        "balance_transaction": "txn_1",
        "billing_details": {"address": {"city": "Köln", "country": "DE"}, "email": "ada@example.com", "name": "Ada"},
        "captured": True,
        "created": AT - 100,
        "currency": "eur",
        "customer": "cus_1",
        "description": None,
        "disputed": False,
        "metadata": {"invoice_number": "2026/17"},
        "paid": True,
        "payment_intent": "pi_1",
        "refunded": False,
        "status": "succeeded",
    }
    return values | over


def refund(**over: Any) -> dict[str, Any]:
    values = {
        "id": "re_1",
        "object": "refund",
        "amount": 2050,
        "balance_transaction": "txn_2",
        "charge": "ch_1",
        "created": AT - 1,
        "currency": "eur",
        "destination_details": {"card": {"reference_status": "pending", "type": "refund"}, "type": "card"},
        "metadata": {},
        "payment_intent": "pi_1",
        "reason": "requested_by_customer",
        "receipt_number": None,
        "status": "succeeded",
    }
    return values | over


def dispute(**over: Any) -> dict[str, Any]:
    values = {
        "id": "dp_1",
        "object": "dispute",
        "amount": 10000,
        "balance_transactions": [],
        "charge": "ch_1",
        "created": AT - 1,
        "currency": "eur",
        "evidence_details": {"due_by": AT + 700_000, "has_evidence": False, "past_due": False, "submission_count": 0},
        "is_charge_refundable": False,
        "metadata": {},
        "payment_intent": "pi_1",
        "reason": "fraudulent",
        "status": "needs_response",
    }
    return values | over
