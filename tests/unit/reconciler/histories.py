"""Records, rows and a small world of topics for the reconciler's tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from reconciler.compare import compare
from reconciler.difference import Comparison
from reconciler.rows import MODELS, EntityName, Feed, PairName, Row, StateRecord
from reconciler.rules import PAIRS
from schemas.records import Customer

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
GRACE = timedelta(minutes=5)
IDLE = timedelta(seconds=30)
FEEDS = {Feed(entity, partition): 0 for entity in MODELS for partition in (0, 1)}
_SIDES: dict[str, str] = {"account": "crm", "opportunity": "crm", "customer": "erp", "order": "erp", "invoice": "erp"}


def at(minutes: float) -> datetime:
    """Minutes after the tests' beginning."""
    return T0 + timedelta(minutes=minutes)


def record(entity: EntityName, key: str, when: float = 0, operation: str = "update", **fields: Any) -> StateRecord:
    """A record of the entity that happened `when` minutes after the beginning."""
    happened = at(when)
    meta = {
        "event_id": f"{entity}-{key}-{when}",
        "source": "test",
        "side": _SIDES[entity],
        "entity": entity,
        "key": key,
        "account_id": fields.pop("account_id", "A1"),
        "operation": operation,
        "version": int(when * 60_000_000),
        "occurred_at": happened,
        "received_at": happened,
        "origin": "raw/0/0",
    }
    euro = {"currency": "EUR"}
    defaults: dict[str, dict[str, Any]] = {
        "account": {"name": "Acme"},
        "opportunity": {"stage": "Closed Won", "currency": "EUR", "amount": Decimal("100")},
        "customer": {"erp_id": "7", "code": "C-7", "name": "Acme"},
        "order": {"erp_id": "12", "number": "S-12", "state": "confirmed", "total": Decimal("100"), "lines": [], **euro},
        "invoice": {"erp_id": "3", "number": "I-3", "state": "posted", "total": Decimal("100"), "balance": 0, **euro},
    }  # fmt: skip
    return MODELS[entity].model_validate({"meta": meta, "id": key, **defaults[entity], **fields})


def row(
    entity: EntityName, key: str, when: float = 0, *, offset: int = 0, partition: int = 0,
    recorded: float | None = None, gone: bool = False, **fields: Any,
) -> Row:  # fmt: skip
    """The record as a row, recorded when it happened unless told otherwise; `gone` makes it a tombstone."""
    body = None if gone else record(entity, key, when, **fields)
    return Row(Feed(entity, partition), offset, entity, key, at(when if recorded is None else recorded), body)


def judge(pair: PairName, crm: StateRecord | None, *erp: StateRecord) -> Comparison:
    """Compare under the first record's key."""
    there = [one for one in (crm, *erp) if one is not None]
    return compare(PAIRS[pair], there[0].meta.key if there else "x", crm, erp)


def reference(last: Mapping[tuple[str, str], StateRecord]) -> set[tuple[str, str, str]]:
    """The open drifts of two sides that stand still, the slow and obvious way: (pair, key, kind)."""
    found: set[tuple[str, str, str]] = set()
    keys = {key for _, key in last}
    orders = {one.order_id for (entity, _), one in last.items() if entity == "invoice"}  # type: ignore[union-attr]
    for key in keys | {order for order in orders if order}:
        for name, pair in PAIRS.items():
            if name == "invoice":
                erp = [one for (entity, _), one in last.items() if entity == "invoice" and one.order_id == key]  # type: ignore[union-attr]
            else:
                erp = [one for (entity, other), one in last.items() if (entity, other) == (pair.erp, key)]
            twins = _twins(last, erp) if name == "account" else []
            for one in compare(pair, key, last.get((pair.crm, key)), erp, twins).differences:
                found.add((name, key, one.kind))
    return found


def _twins(last: Mapping[tuple[str, str], StateRecord], erp: list[StateRecord]) -> list[StateRecord]:
    taxes = {one.tax_id for one in erp if isinstance(one, Customer) and one.tax_id}
    others = [one for (_, key), one in last.items() if key.startswith("erp:") and isinstance(one, Customer)]
    return [one for one in others if one.tax_id in taxes]
