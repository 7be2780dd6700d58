"""Rows of the CRM's database, as Debezium's PostgreSQL connector tells them, become canonical events.

Shape of a change: `before`, `after` (rows), `op` (c, u, d, r), `source` with `ts_us` (commit time) and `lsn`
(position in the log). Decimals, dates and nulls are typed by the connector; timestamps with a zone are ISO texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.codec import ContractViolation, validate
from schemas.outcome import SkipWhy
from schemas.records import (
    Account,
    Contact,
    Contract,
    Entity,
    Lead,
    LineItem,
    Operation,
    Opportunity,
    Stamped,
    Subscription,
    SupportCase,
)
from streams.intake.normalise.arrival import Arrival, Nothing
from streams.intake.standard import standard

_OPERATIONS: dict[str, Operation] = {"c": "create", "u": "update", "d": "delete", "r": "snapshot"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Row = Mapping[str, Any]


def change_in_row(table: str, change: Mapping[str, Any] | None, arrival: Arrival) -> Stamped | Nothing:
    """The event in one change of a table. Raises ContractViolation that names the field."""
    if change is None:
        return Nothing(SkipWhy.TOMBSTONE, f"tombstone behind a delete in {table}")
    operation = _OPERATIONS.get(change.get("op", ""))
    row = change.get("before") if operation == "delete" else change.get("after")
    if operation is None or row is None:
        return Nothing(SkipWhy.NO_FLOW, f"operation {change.get('op')!r} on {table} carries no row")
    entity, model, build = _TABLES[table]
    source = change["source"]
    meta = arrival.envelope(
        source="cdc:crm",
        side="crm",
        entity=entity,
        key=row["id"],
        account_id=row["id"] if entity == "account" else row["account_id"] or row["id"],
        operation=operation,
        occurred_at=_EPOCH + timedelta(microseconds=source["ts_us"]),
        sequence=source.get("lsn") or 0,
        actor=row.get("updated_by"),
    )
    fields = standard(model.__name__, operation, build(row))
    return validate(model, {"meta": meta, "id": row["id"], **fields})


def _same(*names: str) -> Callable[[Row], dict[str, Any]]:
    return lambda row: {name: row.get(name) for name in names}


def _line_item(row: Row) -> dict[str, Any]:
    names = ("id", "position", "sku", "quantity", "unit_price", "discount_percent")
    return {"opportunity_id": row["opportunity_id"], "line": {name: row[name] for name in names}}


def _contract(row: Row) -> dict[str, Any]:
    fields = _same("reference", "billing_terms", "currency", "starts_on", "ends_on")(row)
    return {**fields, "signed_at": _moment(row.get("signed_at"), "signed_at")}


def _case(row: Row) -> dict[str, Any]:
    names = ("status", "subject", "credit_amount", "currency", "credit_reason", "credit_approved_by")
    fields = _same(*names, "erp_credit_number")(row)
    return {**fields, "closed_at": _moment(row.get("closed_at"), "closed_at")}


def _moment(text: str | None, name: str) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ContractViolation(f"{name}: {text!r} is not an ISO 8601 time") from error


_TABLES: dict[str, tuple[Entity, type[Stamped], Callable[[Row], dict[str, Any]]]] = {
    "accounts": (
        "account",
        Account,
        _same(
            *("name", "domain", "tax_id", "email", "phone", "street", "city", "postal_code", "state", "country"),
            *("currency", "erp_customer_code", "payment_terms", "erp_status"),
        ),
    ),
    "contacts": ("contact", Contact, _same("name", "email", "phone")),
    "contracts": ("contract", Contract, _contract),
    "opportunities": (
        "opportunity",
        Opportunity,
        _same(
            *("name", "stage", "currency", "amount", "line_count", "discount_approved_by", "contract_id"),
            *("close_date", "erp_order_number"),
        ),
    ),
    "opportunity_lines": ("line_item", LineItem, _line_item),
    "cases": ("case", SupportCase, _case),
    "subscriptions": (
        "subscription",
        Subscription,
        _same(
            *("status", "sku", "quantity", "unit_price", "currency", "billing_interval", "starts_on"),
            *("effective_on", "revision", "erp_subscription_number", "erp_revision"),
        ),
    ),
    "leads": (
        "lead",
        Lead,
        _same(
            *("name", "status", "tax_id", "email", "phone", "street", "city", "postal_code", "state", "country"),
            *("currency", "sku", "quantity", "unit_price", "erp_customer_code", "erp_order_number"),
            *("campaign", "channel", "medium", "lead_source"),
        ),
    ),
}
