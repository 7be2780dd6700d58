"""Raw records of every source as canonical events."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from schemas.codec import Codec, ContractViolation, Undecodable
from schemas.identity import event_id_for
from schemas.outcome import SkipWhy
from schemas.records import Account, Customer, ErpChange, Invoice, LineItem, Opportunity, Order, WebhookReceived
from schemas.registry import MemoryRegistry
from schemas.topics import CDC, ERP_CHANGES, WEBHOOK
from streams.intake.normalise import Arrival, Nothing, normalise
from streams.intake.normalise.cdc import change_in_row

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AT = datetime(2026, 3, 1, 8, 0, 0, 250, tzinfo=UTC)
MICROS = 1_772_352_000_000_250
ARRIVAL = Arrival("raw/0/7", NOW)
CODEC = Codec(MemoryRegistry())
D = Decimal
COMMON: dict[str, Any] = {"id": "x1", "account_id": "a1", "updated_by": "sam", "created_at": "2026-01-01T00:00:00Z"}
LINE = COMMON | {
    "opportunity_id": "d1",
    "position": 3,
    "sku": "S1",
    "quantity": D("1.500"),
    "unit_price": D("10.1234"),
    "discount_percent": D("12.50"),
}
DEAL = COMMON | {"stage": "Closed Won", "currency": "EUR", "amount": D("19.99"), "line_count": 2}
ROWS: dict[str, dict[str, Any]] = {
    "accounts": {"id": "a1", "name": "Ada", "country": "DE", "currency": "EUR", "updated_by": "sam", "pilot": True},
    "contacts": COMMON | {"name": "Bo", "email": "bo@example.com"},
    "contracts": COMMON | {"reference": "R1", "starts_on": date(2026, 1, 1), "signed_at": "2026-01-01T10:00:00.5Z"},
    "opportunities": DEAL,
    "opportunity_lines": LINE,
    "cases": COMMON | {"status": "closed", "credit_amount": D("12.50"), "closed_at": "2026-01-02T10:00:00Z"},
    "subscriptions": COMMON
    | {"status": "active", "sku": "S1", "quantity": D("2.000"), "unit_price": D("10.0000"), "currency": "EUR"}
    | {"billing_interval": "month", "starts_on": date(2026, 1, 1), "effective_on": date(2026, 1, 1), "revision": 1},
    "leads": COMMON | {"name": "Ada", "status": "billable", "campaign": "spring", "channel": "partner"},
}


def change(op: str, row: dict[str, Any]) -> dict[str, Any]:
    side = {"before": row, "after": None} if op == "d" else {"before": None, "after": row}
    return {"op": op, "source": {"ts_us": MICROS, "lsn": 77}, **side}


@pytest.mark.parametrize("table", CDC)
@pytest.mark.parametrize(("op", "operation"), [("c", "create"), ("u", "update"), ("d", "delete"), ("r", "snapshot")])
def test_every_change_of_every_table_is_an_event(table: str, op: str, operation: str) -> None:
    event = change_in_row(table, change(op, ROWS[table]), ARRIVAL)
    assert not isinstance(event, Nothing)
    meta = event.meta
    assert (meta.operation, meta.position, meta.actor) == (operation, (MICROS, 77), "sam")
    assert (meta.occurred_at, meta.received_at, meta.account_id) == (AT, NOW, "a1")
    assert (meta.key, meta.event_id) == (ROWS[table]["id"], event_id_for("raw/0/7"))
    assert event == change_in_row(table, change(op, ROWS[table]), ARRIVAL), "read again, it is the same event"


def test_amounts_stay_decimals_to_the_last_digit() -> None:
    held = change_in_row("opportunity_lines", change("c", LINE), ARRIVAL)
    assert isinstance(held, LineItem)
    assert held.line is not None
    found = (held.line.quantity, held.line.unit_price, held.line.discount_percent)
    assert tuple(map(str, found)) == ("1.500", "10.1234", "12.50")
    deal = change_in_row("opportunities", change("u", DEAL), ARRIVAL)
    assert isinstance(deal, Opportunity)
    assert (str(deal.amount), deal.lines) == ("19.99", None)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, SkipWhy.TOMBSTONE),
        ({"op": "t", "source": {}}, SkipWhy.NO_FLOW),
        ({"op": "c", "after": None}, SkipWhy.NO_FLOW),
    ],
)
def test_what_carries_no_row_is_no_event(value: Any, why: SkipWhy) -> None:
    found = change_in_row("accounts", value, ARRIVAL)
    assert isinstance(found, Nothing)
    assert found.why is why


@pytest.mark.parametrize(
    ("table", "bad", "words"),
    [
        ("opportunities", {"currency": "EURO"}, r"currency: must be an ISO 4217 currency code \[standard\]"),
        ("opportunities", {"amount": None}, "amount"),
        ("opportunity_lines", {"quantity": D(0)}, "line.quantity"),
        ("opportunity_lines", {"discount_percent": D(101)}, "discount_percent"),
        ("contracts", {"signed_at": "yesterday"}, "signed_at"),
    ],
)
def test_a_bad_field_is_named(table: str, bad: dict[str, Any], words: str) -> None:
    with pytest.raises(ContractViolation, match=words):
        change_in_row(table, change("u", ROWS[table] | bad), ARRIVAL)


PARTY = {"code": "C1", "name": "Müller", "crm_id": "a1", "active": True, "tax_id": "DE1", "email": None, "phone": None}
ADDRESS = {"street": "S 1", "city": "Köln", "postal_code": "5", "country": "DE", "subdivision": None}
OWNER = {"erp_id": "7", "code": "C1", "crm_id": "a1"}
SALE = {
    "number": "17",
    "reference": "d1",
    "currency": "EUR",
    "total_amount": "420.00",
    "state": "processing",
    "party": OWNER,
    "lines": [{"sku": "S1", "quantity": "2", "unit_price": "10.5000", "amount": "21.00"}],
}
BILL = {
    "number": "2026/3",
    "state": "posted",
    "currency": "EUR",
    "total_amount": "420.00",
    "amount_to_pay": "400.00",
    "invoice_date": "2026-01-31",
    "due_date": None,
    "reference": "d1",
    "sales": [{"erp_id": "5", "number": "17", "reference": "d1"}],
    "party": OWNER,
}


def erp(model: str, body: Any, erp_id: str = "9") -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    raw = ErpChange(
        system="tryton", model=model, erp_id=erp_id, version=MICROS, actor="meshline", read_at=NOW, body=text
    )
    topic = ERP_CHANGES["party"]
    (found,) = normalise(topic.name, CODEC.encode(topic, raw), CODEC, ARRIVAL)
    return found


def test_a_party_is_a_customer_by_the_crm_s_id_or_by_its_own() -> None:
    known = erp("party", PARTY | {"address": ADDRESS})
    assert isinstance(known, Customer)
    assert (known.id, known.meta.account_id, known.erp_id, known.city, known.code) == ("a1", "a1", "9", "Köln", "C1")
    assert (known.meta.version, known.meta.actor, known.meta.occurred_at) == (MICROS, "meshline", AT)
    stranger = erp("party", PARTY | {"crm_id": None, "address": None})
    assert (stranger.id, stranger.meta.account_id, stranger.street) == ("erp:party:9", "erp:party:9", None)


def test_a_sale_is_an_order_under_the_deal_s_id() -> None:
    order = erp("sale", SALE)
    assert isinstance(order, Order)
    assert (order.id, order.meta.account_id, str(order.total), order.number) == ("d1", "a1", "420.00", "17")
    assert [str(part) for part in (order.lines[0].quantity, order.lines[0].unit_price)] == ["2", "10.5000"]
    bare = erp("sale", SALE | {"reference": None, "party": OWNER | {"crm_id": None}})
    assert (bare.id, bare.meta.account_id) == ("erp:sale:9", "erp:party:7")


def test_an_invoice_names_its_deal_and_what_is_left_to_pay() -> None:
    bill = erp("invoice", BILL)
    assert isinstance(bill, Invoice)
    assert (bill.id, bill.order_id, str(bill.balance), bill.invoice_date) == (
        "erp:invoice:9",
        "d1",
        "400.00",
        date(2026, 1, 31),
    )
    assert erp("invoice", BILL | {"sales": []}).order_id is None


@pytest.mark.parametrize(
    ("model", "body"),
    [
        ("stock", {}),
        ("sale", "{"),
        ("sale", []),
        ("sale", SALE | {"total_amount": "many"}),
        ("sale", SALE | {"lines": [{"sku": "S1"}]}),
        ("sale", SALE | {"party": None}),
        ("invoice", BILL | {"currency": "euro"}),
        ("invoice", BILL | {"due_date": "soon"}),
    ],
)
def test_a_body_that_breaks_its_promise_is_a_violation(model: str, body: Any) -> None:
    with pytest.raises(ContractViolation):
        erp(model, body)


def test_one_bad_event_of_a_delivery_does_not_take_the_others_with_it() -> None:
    def event(object_id: Any, name: str, value: str) -> dict[str, Any]:
        kind = {"subscriptionType": "company.propertyChange", "propertyName": name, "propertyValue": value}
        return kind | {"objectId": object_id, "occurredAt": 1_772_352_000_000}

    body = json.dumps([event(1, "name", "Ada"), event("no id", "name", "x"), event(2, "phone", "5")]).encode()
    raw = WebhookReceived(delivery_id="d", source="hubspot", received_at=NOW, signed_at=NOW, body=body)
    topic = WEBHOOK["hubspot"]
    found = normalise(topic.name, CODEC.encode(topic, raw), CODEC, ARRIVAL)
    events = [one for one in found if isinstance(one, Account)]
    assert [(one.id, one.name, one.phone, one.meta.operation) for one in events] == [
        ("hs-1", "Ada", None, "patch"),
        ("hs-2", None, "5", "patch"),
    ]
    assert sum(isinstance(one, ContractViolation) for one in found) == 1
    assert len({one.meta.event_id for one in events}) == 2
    assert events[0].meta.occurred_at == AT - timedelta(microseconds=250)


def test_a_foreign_topic_and_undecodable_bytes_are_told_apart() -> None:
    with pytest.raises(LookupError):
        normalise("elsewhere", b"", CODEC, ARRIVAL)
    with pytest.raises(Undecodable):
        normalise(CDC["accounts"].name, b"\x01garbage", CODEC, ARRIVAL)
