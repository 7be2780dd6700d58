"""What changed in the ERP: the JSON in `ErpChange.body`. `rows` builds it from the ERP's answers. Pure.

Everything a reader needs is in the body; nothing has to be asked of the ERP again. Decimals are strings as the ERP
holds them ("10.5000"), dates are ISO, absent values are null. `crm_id` is the party's identifier that carries the CRM
account's id, null for a party the CRM does not know. `ErpChange.actor` is the login of the last writer
(`user <id>` where the ERP hides it from us);
`ErpChange.version` is the newest write among the record and its children (addresses, lines, payments) in
microseconds; `ErpChange.erp_id` is the ERP's id in decimal digits, and the record's key.

party (`ErpChange.model == "party"`)::

    {"code": "C1000", "name": "Müller & Söhne", "crm_id": "acc-1" | null, "active": true,
     "identifiers": [{"type": "eu_vat" | null, "code": "DE123456789"}],       # all of them, in the ERP's order
     "tax_id": "DE123456789" | null,
     "address": {"street": "Hauptstr. 1", "city": "Köln", "postal_code": "50667", "country": "DE",
                 "subdivision": "DE-NW"} | null,                              # the first; each value may be null
     "email": "ap@example.com" | null, "phone": "+49 221 1" | null,           # the first of each
     "payment_terms": "30 days" | null}                                       # the name of the customer's term

sale (`"sale"`)::

    {"number": "17" | null, "reference": "opp-1" | null, "currency": "EUR", "total_amount": "420.00",
     "state": "draft" | "quotation" | "confirmed" | "processing" | "done" | "cancelled",
     "party": {"erp_id": "7", "code": "C1000", "crm_id": "acc-1" | null},
     "lines": [{"sku": "SKU-001", "quantity": "2", "unit_price": "10.5000", "amount": "21.00"}]}

invoice (`"invoice"`, only customer invoices)::

    {"number": "2026/3" | null, "state": "draft" | "validated" | "posted" | "paid" | "cancelled",
     "currency": "EUR", "total_amount": "420.00", "amount_to_pay": "400.00",  # a draft's is "0", as the ERP says
     "invoice_date": "2026-01-31" | null, "due_date": "2026-03-02" | null, "reference": "opp-1" | null,
     "time_zone": "Europe/Zurich" | null,                                     # of the company; null where it has none
     "sales": [{"erp_id": "5", "number": "17", "reference": "opp-1" | null}],
     "party": {"erp_id": "7", "code": "C1000", "crm_id": "acc-1" | null}}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from schemas.records import ErpChange
from sinks.tryton.rows import version_of

Row = Mapping[str, Any]


class Identifier(TypedDict):
    type: str | None
    code: str


class Address(TypedDict):
    street: str | None
    city: str | None
    postal_code: str | None
    country: str | None
    subdivision: str | None


class Party(TypedDict):
    code: str | None
    name: str | None
    crm_id: str | None
    active: bool
    identifiers: list[Identifier]
    tax_id: str | None
    address: Address | None
    email: str | None
    phone: str | None
    payment_terms: str | None


class Counterpart(TypedDict):
    erp_id: str
    code: str | None
    crm_id: str | None


class SaleLine(TypedDict):
    sku: str
    quantity: str
    unit_price: str
    amount: str


class Sale(TypedDict):
    number: str | None
    state: str
    reference: str | None
    currency: str
    total_amount: str
    party: Counterpart
    lines: list[SaleLine]


class SaleOfInvoice(TypedDict):
    erp_id: str
    number: str | None
    reference: str | None


class Invoice(TypedDict):
    number: str | None
    state: str
    currency: str
    total_amount: str
    amount_to_pay: str
    invoice_date: str | None
    due_date: str | None
    time_zone: str | None
    reference: str | None
    sales: list[SaleOfInvoice]
    party: Counterpart


Body = Party | Sale | Invoice


def change(model: str, row: Row, body: Body, actor: str | None, read_at: datetime) -> ErpChange:
    """The record for the model's topic."""
    return ErpChange(
        system="tryton",
        model=model,
        erp_id=str(row["id"]),
        version=version_of(row),
        actor=actor,
        read_at=read_at,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
    )
