"""Damage done by hand in the CRM's database: each becomes the right drift with the right money, and says who acts.

Everything happens in one transaction per damage that is rolled back: nobody else sees it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from ops.reconcile.bisect import Range
from ops.reconcile.crm_side import HASH, CrmSide
from ops.reconcile.read_rows import of_crm
from ops.reconcile.repair import direction_of
from reconciler.compare import compare
from reconciler.difference import Comparison
from reconciler.drift import Finding, opened_and_changed
from reconciler.rows import Subject
from reconciler.rules import PAIRS
from schemas.records import Customer, Envelope, Order
from streams.runtime.settings import Settings

pytestmark = pytest.mark.stack
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Damage:
    """What is done by hand, and what must come of it. `acts`: erp or crm is repaired; people must look."""

    sql: str
    pair: str
    kind: str | None
    fields: tuple[str, ...] = ()
    money: str | None = None
    acts: str = "people"


def _deal(change: str) -> str:
    return f"update sales.opportunities set {change} where id = %(key)s"


def _account(change: str) -> str:
    return f"update sales.accounts set {change} where id = %(key)s"


DAMAGES = {
    "a higher amount": Damage(_deal("amount = 150"), "opportunity", "total_mismatch", ("total",), "-50.00"),
    "a lower amount": Damage(_deal("amount = 99.99"), "opportunity", "total_mismatch", ("total",), "0.01"),
    "another currency": Damage(_deal("currency = 'USD'"), "opportunity", "field_mismatch", ("currency", "total")),
    "no longer won": Damage(_deal("stage = 'Closed Lost'"), "opportunity", "field_mismatch", ("stage",), "100.00"),
    "deal removed": Damage(
        "delete from sales.opportunities where id = %(key)s", "opportunity", "missing_in_crm", (), "100.00"
    ),
    "another order number": Damage(
        _deal("erp_order_number = 'S-99'"), "opportunity", "field_mismatch", ("erp_order_number",), None, "crm"
    ),
    "backdated": Damage(_deal("updated_at = '2020-01-01', amount = 120"), "opportunity", "total_mismatch",
                        ("total",), "-20.00"),
    "account removed": Damage("delete from sales.accounts where id = %(key)s", "account", "missing_in_crm"),
    "merged into another": Damage(
        _account("id = %(key)s || '-merged'"), "account", "missing_in_crm"
    ),
    "another customer's code": Damage(
        _account("erp_customer_code = 'C-2'"), "account", "field_mismatch", ("erp_code",), None, "crm"
    ),
    "renamed without a trace": Damage(
        _account("name = 'Beta', updated_by = 'meshline'"), "account", "field_mismatch", ("name",), None, "erp"
    ),
    "another city": Damage(_account("city = 'Bonn'"), "account", "field_mismatch", ("city",), None, "erp"),
    "name and code": Damage(
        _account("name = 'Beta', erp_customer_code = 'C-2'"), "account", "field_mismatch", ("name", "erp_code")
    ),
    "a street in other letters": Damage(_account("street = 'MAIN ST 1'"), "account", None),
}  # fmt: skip


def _meta(entity: Any, key: str, account: str) -> Envelope:
    return Envelope(
        event_id="e", source="s", side="erp", entity=entity, key=key, account_id=account, operation="update",
        version=1, occurred_at=NOW, received_at=NOW, origin="raw/0/0",
    )  # fmt: skip


def _erp(pair: str, key: str) -> Customer | Order:
    """The ERP's side, as the line has written it."""
    if pair == "account":
        return Customer(
            meta=_meta("customer", key, key), id=key, erp_id="1", code="C-1", name="Acme", street="Main St. 1",
            city="Köln", country="DE",
        )  # fmt: skip
    return Order(
        meta=_meta("order", key, "a"), id=key, erp_id="12", number="S-12", state="processing", currency="EUR",
        total=Decimal(100), lines=[],
    )  # fmt: skip


def _compared(connection: Any, pair: str, key: str) -> Comparison:
    """As a sweep reads the CRM, and the reconciler compares it."""
    table = {"account": "accounts", "opportunity": "opportunities"}[pair]
    after = key[:-1]
    rows = [row for page in CrmSide(connection).pages(table, Range(after, key), 10) for row in page]
    told = [of_crm(table, row, str(row.pop(HASH)), NOW) for row in rows if row["id"] == key]
    assert all(one.record is not None for one in told), told
    return compare(PAIRS[pair], key, told[0].record if told else None, [_erp(pair, key)])  # type: ignore[index]


@pytest.fixture(scope="module")
def crm(stack_settings: Settings) -> Any:
    with psycopg.connect(stack_settings.crm_url, row_factory=dict_row) as connection:
        yield connection


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_by_hand_in_the_crm(crm: Any, name: str) -> None:
    damage, key = DAMAGES[name], f"damage-{uuid.uuid4().hex[:10]}"
    with crm.transaction(force_rollback=True):
        crm.execute(
            "insert into sales.accounts (id, name, currency, street, city, country, erp_customer_code)"
            " values (%s, 'Acme', 'EUR', 'Main St. 1', 'Köln', 'DE', 'C-1')",
            (key,),
        )
        crm.execute(
            "insert into sales.opportunities (id, account_id, name, stage, currency, amount, erp_order_number)"
            " values (%s, 'a', 'Deal', 'Closed Won', 'EUR', 100, 'S-12')",
            (key,),
        )
        assert _compared(crm, damage.pair, key).result == "in_step"
        crm.execute(damage.sql, {"key": key})
        found = _compared(crm, damage.pair, key)
    if damage.kind is None:
        assert (found.result, found.differences) == ("within_tolerance", ())
        return
    (difference,) = found.differences
    assert difference.kind == damage.kind
    assert tuple(field.name for field in difference.fields) == damage.fields
    assert (None if difference.money is None else f"{difference.money:f}") == damage.money
    (drift,) = opened_and_changed(
        Finding(Subject(damage.pair, key), key, found.differences, 1, 1, NOW, NOW, {}),
        {},  # type: ignore[arg-type]
    )
    direction = direction_of(drift, None)
    assert (direction if direction in ("erp", "crm") else "people") == damage.acts
    assert len(direction) > 2, "or it says what a person can do"
