"""Records and facts for the decision tables."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from schemas.money import line_amount
from schemas.records import Account, Envelope, Invoice, Line, LineItem, Opportunity, Travelling
from streams.decide import Facts, Known

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
D = Decimal


def meta(entity: str, key: str, tick: int = 1, **over: Any) -> Envelope:
    values: dict[str, Any] = {
        "event_id": f"{entity}-{key}-{tick}",
        "source": "cdc:crm",
        "side": "erp" if entity in ("invoice", "customer", "order") else "crm",
        "entity": entity,
        "key": key,
        "account_id": "a1",
        "operation": "update",
        "version": tick,
        "occurred_at": NOW - timedelta(minutes=1),
        "received_at": NOW,
        "origin": f"raw/0/{tick}",
    }
    return Envelope(**(values | over))


def account(tick: int = 1, name: str | None = "Ada", **over: Any) -> Account:
    return Account(meta=meta("account", "a1", tick, **over), id="a1", name=name, country="DE")


def line(key: str = "l1", quantity: str = "2", price: str = "10", discount: str = "0", position: int = 0) -> Line:
    return Line(
        id=key,
        position=position,
        sku=f"SKU-{key}",
        quantity=D(quantity),
        unit_price=D(price),
        discount_percent=D(discount),
    )


def item(held: Line, tick: int = 1, **over: Any) -> LineItem:
    return LineItem(meta=meta("line_item", held.id, tick, **over), id=held.id, opportunity_id="d1", line=held)


def deal(*lines: Line, tick: int = 1, currency: str = "EUR", inside: bool = False, **over: Any) -> Opportunity:
    """Closed Won, with count and amount as its lines have them."""
    total = sum((line_amount(x.quantity, x.unit_price, x.discount_percent, currency) for x in lines), D(0))
    fields = {n: over.pop(n) for n in list(over) if n in Opportunity.model_fields}
    values: dict[str, Any] = {
        "id": "d1",
        "stage": "Closed Won",
        "currency": currency,
        "amount": total,
        "line_count": len(lines),
        "lines": list(lines) if inside else None,
    }
    return Opportunity(meta=meta("opportunity", "d1", tick, **over), **(values | fields))


def invoice(number: str = "1", total: str = "100", balance: str = "100", tick: int = 1, **over: Any) -> Invoice:
    values: dict[str, Any] = {
        "id": f"erp:invoice:{number}",
        "erp_id": number,
        "number": f"2026/{number}",
        "state": "posted",
        "order_id": "d1",
        "currency": "EUR",
        "total": D(total),
        "balance": D(balance),
        "due_date": date(2026, 4, 1),
    }
    account_id = over.pop("account_id", "a1")
    stamp = meta("invoice", values["id"], tick, account_id=account_id)
    return Invoice(meta=stamp, **(values | over))


def facts(*items: LineItem, sent: bool = True, **over: Any) -> Facts:
    """The account is known and its customer was sent; the given lines are known."""
    known = Known(account(), False, *(("f", "account-a1-1") if sent else (None, None)), in_crm=True)
    values: dict[str, Any] = {"account": known, "customer_code": "C1", "lines": items}
    return Facts(**(values | over))


def body(record: Any) -> Travelling:
    found = [getattr(record.value, name) for name in ("customer", "order", "account", "opportunity")]
    (one,) = [value for value in found if value is not None]
    return one
