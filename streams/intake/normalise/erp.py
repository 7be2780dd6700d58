"""Records of the ERP become canonical events. The body's shape is the poller's (`sinks/tryton/changes.py`).

A record that carries the CRM's id goes by it, so that both sides of a pair have one key; others go by
`erp:<model>:<id>`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from schemas.codec import ContractViolation, validate
from schemas.records import Customer, Entity, ErpChange, Invoice, Order, Stamped
from streams.intake.normalise.arrival import Arrival
from streams.intake.standard import standard

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Body = Mapping[str, Any]


def change_in_erp_record(change: ErpChange, arrival: Arrival) -> Stamped:
    """The event in a changed ERP record. Raises ContractViolation."""
    if change.model not in _MODELS:
        raise ContractViolation(f"model: no entity for {change.system}'s {change.model!r}")
    entity, model, build = _MODELS[change.model]
    try:
        body = json.loads(change.body)
        key, account_id, fields = build(body, change.erp_id)
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
        raise ContractViolation(f"body of {change.model} {change.erp_id}: {error!r}") from error
    meta = arrival.envelope(
        source="poll:erp",
        side="erp",
        entity=entity,
        key=key,
        account_id=account_id,
        operation="update",
        occurred_at=_EPOCH + timedelta(microseconds=change.version),
        version=change.version,
        actor=change.actor,
    )
    return validate(
        model, {"meta": meta, "id": key, "erp_id": change.erp_id, **standard(model.__name__, "update", fields)}
    )


def _account_of(party: Body) -> str:
    return str(party.get("crm_id") or f"erp:party:{party['erp_id']}")


def _party(body: Body, erp_id: str) -> tuple[str, str, dict[str, Any]]:
    key = str(body.get("crm_id") or f"erp:party:{erp_id}")
    address = body.get("address") or {}
    fields = {name: body.get(name) for name in ("code", "name", "tax_id", "email", "phone", "payment_terms")}
    fields.update({name: address.get(name) for name in ("street", "city", "postal_code", "country")})
    fields["status"] = None if body.get("active", True) else "inactive"
    return key, key, fields


def _sale(body: Body, erp_id: str) -> tuple[str, str, dict[str, Any]]:
    key = str(body.get("reference") or f"erp:sale:{erp_id}")
    lines = [
        {"sku": line["sku"] or "", **{name: Decimal(line[name]) for name in ("quantity", "unit_price", "amount")}}
        for line in body["lines"]
    ]
    fields = {
        "number": body.get("number"),
        "state": body["state"],
        "currency": body["currency"],
        "total": Decimal(body["total_amount"]),
        "lines": lines,
    }
    return key, _account_of(body["party"]), fields


def _invoice(body: Body, erp_id: str) -> tuple[str, str, dict[str, Any]]:
    orders = [sale["reference"] for sale in body.get("sales", ()) if sale.get("reference")]
    fields = {
        "number": body.get("number"),
        "state": body["state"],
        "order_id": orders[0] if orders else None,
        "currency": body["currency"],
        "total": Decimal(body["total_amount"]),
        "balance": Decimal(body["amount_to_pay"]),
        "invoice_date": body.get("invoice_date"),
        "due_date": body.get("due_date"),
        "time_zone": body.get("time_zone"),
    }
    return f"erp:invoice:{erp_id}", _account_of(body["party"]), fields


_MODELS: dict[str, tuple[Entity, type[Stamped], Callable[[Body, str], tuple[str, str, dict[str, Any]]]]] = {
    "party": ("customer", Customer, _party),
    "sale": ("order", Order, _sale),
    "invoice": ("invoice", Invoice, _invoice),
}
