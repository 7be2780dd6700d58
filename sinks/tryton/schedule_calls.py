"""What to ask of Tryton about billing schedules, as calls. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sinks.tryton.request import Call, create, delete, search, write

MODEL = "sale.subscription"
FIELDS = (
    "number",
    "state",
    "reference",
    "description",
    "_timestamp",
    "currency.code",
    "party.code",
    "party.identifiers.type",
    "party.identifiers.code",
    "start_date",
    "end_date",
    "invoice_recurrence.name",
    "lines.service.product.code",
    "lines.quantity",
    "lines.unit_price",
    "lines.start_date",
    "lines.consumed_until",
)


def schedules(reference: str) -> Call:
    """All schedules of a subscription: there should be one, but the ERP does not see to it."""
    return search(MODEL, [["reference", "=", reference]], FIELDS)


def made(values: Mapping[str, Any]) -> Call:
    return create(MODEL, values)


def amended(row: Mapping[str, Any], values: Mapping[str, Any]) -> Call:
    return write(MODEL, row["id"], values, row["_timestamp"])


def removed(record_id: int) -> Call:
    return delete(MODEL, record_id)


def step(row: Mapping[str, Any], name: str) -> Call:
    """A step of its way: draft, quote, run, cancel. One that comes late, after others, is refused."""
    lock = {f"{MODEL},{row['id']}": row["_timestamp"]}
    return Call(f"model.{MODEL}.{name}", [[row["id"]]], writes=True, lock=lock)


def recurrences() -> Call:
    return search("sale.subscription.recurrence.rule.set", [], ["name"])


def services(skus: Sequence[str]) -> Call:
    """What can be subscribed to, by the product's code."""
    return search("sale.subscription.service", [["product.code", "in", list(skus)]], _SERVICE)


def all_services() -> Call:
    return search("sale.subscription.service", [], _SERVICE)


_SERVICE = ("product.code", "product.sale_uom")
