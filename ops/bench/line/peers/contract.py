"""The order of workload W1, shared by all systems: its schemas, its checks, its accounts. Standard library only.

Every peer imports it from its own environment. It knows no Avro library: `Steps` is given one.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

_MONEY = {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 2}
_MOMENT = {"type": "long", "logicalType": "timestamp-micros"}
_LINE = {
    "type": "record",
    "name": "Line",
    "fields": [
        {"name": "sku", "type": "string"},
        {"name": "quantity", "type": "int"},
        {"name": "price", "type": _MONEY},
    ],
}
_FIELDS: list[tuple[str, Any]] = [
    ("order_id", "string"),
    ("customer_id", "string"),
    ("status", {"type": "enum", "name": "Status", "symbols": ["NEW", "PAID", "SHIPPED", "CANCELLED"]}),
    ("currency", "string"),
    ("total", _MONEY),
    ("tax", _MONEY),
    ("ordered_on", {"type": "int", "logicalType": "date"}),
    ("created_at", _MOMENT),
    ("updated_at", _MOMENT),
    ("email", ["null", "string"]),
    ("country", "string"),
    ("channel", "string"),
    ("version", "long"),
    ("note", ["null", "string"]),
    ("lines", {"type": "array", "items": _LINE}),
]


def _record(name: str, fields: list[tuple[str, Any]]) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": [{"name": n, "type": t} for n, t in fields]}


SCHEMA_IN = _record("Order", _FIELDS)
SCHEMA_OUT = _record("ErpOrder", [*_FIELDS, ("erp_account", "string"), ("region", "string")])
#: Schema ids 1 and 2 in the wire format.
HEADER_IN = b"\x00\x00\x00\x00\x01"
HEADER_OUT = b"\x00\x00\x00\x00\x02"

REGIONS = ("eu", "us", "apac")
LETTERS = "letters"
#: What enriching looks up: customer -> the ERP's account, and the region that decides the topic.
ACCOUNTS = {f"C{i:05d}": (f"ACC{i:05d}", REGIONS[i % 3]) for i in range(20_000)}
CURRENCIES = frozenset(("EUR", "USD", "GBP", "CHF", "JPY"))
_EPOCH = datetime(2026, 1, 1, 9, tzinfo=UTC)


class Bad(Exception):
    """The order breaks its contract; it becomes a letter."""


def check(order: dict[str, Any]) -> None:
    """The contract, by hand. Raises Bad."""
    if order["currency"] not in CURRENCIES:
        raise Bad("currency")
    total, tax = order["total"], order["tax"]
    if total < 0 or tax < 0 or tax > total:
        raise Bad("amount")
    if not order["order_id"] or len(order["country"]) != 2 or order["version"] < 0:
        raise Bad("field")
    if order["updated_at"] < order["created_at"]:
        raise Bad("time")
    lines = order["lines"]
    if not lines:
        raise Bad("lines")
    for line in lines:
        if line["quantity"] <= 0 or line["price"] < 0 or not line["sku"]:
            raise Bad("line")


def enrich(order: dict[str, Any]) -> str:
    """Add the account and the region; the region is where it goes. Raises KeyError on an unknown customer."""
    order["erp_account"], region = ACCOUNTS[order["customer_id"]]
    order["region"] = region
    return region


def handle_with(read: Callable[[bytes], Any], write: Callable[[Any], bytes]) -> Callable[[bytes], tuple[str, bytes]]:
    """W1 for one message: (topic, value). Bytes that cannot go through are a letter, as they came."""

    def handle(raw: bytes) -> tuple[str, bytes]:
        try:
            order = read(raw)
            check(order)
            return enrich(order), write(order)
        except Exception:
            return LETTERS, raw

    return handle


def order(number: int, dice: random.Random) -> dict[str, Any]:
    """An order with amounts and times that vary; every hundredth has a currency that is none."""
    created = _EPOCH + timedelta(microseconds=dice.randrange(300 * 86_400 * 1_000_000))
    prices = [Decimal(dice.randrange(1, 1_000_000)).scaleb(-2) for _ in range(3)]
    total = sum(prices, Decimal(0))
    return {
        "order_id": f"O{number:09d}",
        "customer_id": f"C{dice.randrange(20_000):05d}",
        "status": dice.choice(("NEW", "PAID", "SHIPPED")),
        "currency": "XXXX" if number % 100 == 99 else dice.choice(("EUR", "USD", "GBP")),
        "total": total,
        "tax": Decimal(int(total * 19)).scaleb(-2),
        "ordered_on": date(2026, 1, 1) + timedelta(days=dice.randrange(300)),
        "created_at": created,
        "updated_at": created + timedelta(seconds=dice.randrange(86_400)),
        "email": f"user{number}@example.com",
        "country": dice.choice(("DE", "FR", "US", "JP")),
        "channel": dice.choice(("web", "store", "partner")),
        "version": number,
        "note": None,
        "lines": [
            {"sku": f"SKU-{dice.randrange(5000):04d}", "quantity": dice.randrange(1, 20), "price": price}
            for price in prices
        ],
    }
