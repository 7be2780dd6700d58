"""Damage done by hand in the CRM's database: each becomes the right drift with the right money, and says who acts.

What is only looked at happens in one transaction per damage that is rolled back: nobody else sees it.
"""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from ops.reconcile.bisect import Range
from ops.reconcile.crm_side import HASH, CrmSide
from ops.reconcile.read_rows import of_crm
from ops.reconcile.repair import direction_of, write_crm
from reconciler.compare import compare
from reconciler.difference import Comparison
from reconciler.drift import Finding, opened_and_changed
from reconciler.rows import PairName, Subject
from reconciler.rules import PAIRS
from schemas.records import Command, Customer, Drift, Envelope, Order
from sinks.memory.ledger import MemoryLedger
from sinks.postgres_crm.sink import PostgresCrmSink
from streams.decide.facts import Known
from streams.runtime.settings import Settings
from tests.contract.sink_worker import Bench
from tests.integration.damages import IN_THE_CRM

pytestmark = pytest.mark.stack
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


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


def _begin(connection: Any, key: str) -> None:
    """An account and a won deal, as they are in step with `_erp`."""
    connection.execute(
        "insert into sales.accounts (id, name, currency, street, city, country, erp_customer_code)"
        " values (%s, 'Acme', 'EUR', 'Main St. 1', 'Köln', 'DE', 'C-1')",
        (key,),
    )
    connection.execute(
        "insert into sales.opportunities (id, account_id, name, stage, currency, amount, erp_order_number)"
        " values (%s, 'a', 'Deal', 'Closed Won', 'EUR', 100, 'S-12')",
        (key,),
    )


def _drift(pair: PairName, key: str, found: Comparison) -> Drift:
    told = Finding(Subject(pair, key), key, found.differences, 1, 1, NOW, NOW, {})
    (drift,) = opened_and_changed(told, {})
    return drift


async def _told(settings: Settings, command: Command) -> str:
    async with PostgresCrmSink.of(settings) as sink:
        bench = Bench(sink, MemoryLedger())
        bench.send([command])
        await bench.work()
        return bench.effects()[-1].outcome


@pytest.fixture(scope="module")
def crm(stack_settings: Settings) -> Any:
    with psycopg.connect(stack_settings.crm_url, row_factory=dict_row) as connection:
        yield connection


@pytest.mark.parametrize("name", IN_THE_CRM)
def test_damage_by_hand_in_the_crm(crm: Any, name: str) -> None:
    damage, key = IN_THE_CRM[name], f"damage-{uuid.uuid4().hex[:10]}"
    with crm.transaction(force_rollback=True):
        _begin(crm, key)
        assert _compared(crm, damage.pair, key).result == "in_step"
        assert isinstance(damage.do, str)
        assert crm.execute(damage.do, {"key": key}).rowcount == 1
        found = _compared(crm, damage.pair, key)
    if damage.kind is None:
        assert (found.result, found.differences) == ("within_tolerance", ())
        return
    (difference,) = found.differences
    assert difference.kind == damage.kind
    assert tuple(field.name for field in difference.fields) == damage.fields
    assert (None if difference.money is None else f"{difference.money:f}") == damage.money
    direction = direction_of(_drift(damage.pair, key, found), None)
    assert (direction if direction in ("erp", "crm") else "people") == damage.acts
    assert len(direction) > 2, "or it says what a person can do"


@pytest.mark.parametrize("name", [name for name, damage in IN_THE_CRM.items() if damage.acts == "crm"])
def test_what_the_erp_owns_is_written_to_the_crm_again_and_read_back(stack_settings: Settings, name: str) -> None:
    damage, key = IN_THE_CRM[name], f"mended-{uuid.uuid4().hex[:10]}"
    assert isinstance(damage.do, str)
    with psycopg.connect(stack_settings.crm_url, row_factory=dict_row, autocommit=True) as connection:
        try:
            _begin(connection, key)
            connection.execute(damage.do, {"key": key})
            found = _compared(connection, damage.pair, key)
            drift = _drift(damage.pair, key, found)
            table = {"account": "accounts", "opportunity": "opportunities"}[damage.pair]
            (row,) = connection.execute(f"select * from sales.{table} where id = %s", (key,)).fetchall()
            ours = of_crm(table, row, "", NOW).record
            (record,) = write_crm(drift, Known(ours, in_crm=True), _erp(damage.pair, key), NOW).commands
            assert isinstance(record.value, Command)
            assert asyncio.run(_told(stack_settings, record.value)) == "applied"
            assert _compared(connection, damage.pair, key).result == "in_step"
        finally:
            for table in ("opportunities", "accounts"):
                connection.execute(f"delete from sales.{table} where id = %s", (key,))
