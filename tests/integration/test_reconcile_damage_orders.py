"""Damage done by SQL to orders and posted invoices in the real ERP: the right drift, the right money, who acts.

What a command can put right is put right, and read back; what it cannot is refused, and nothing is written.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import psycopg
import pytest

from ops.reconcile.read_rows import of_erp
from ops.reconcile.repair import direction_of, nonce_of
from reconciler.compare import compare
from reconciler.difference import Comparison
from reconciler.drift import Finding, opened_and_changed
from reconciler.rows import Subject
from reconciler.rules import PAIRS
from schemas.records import Command, Drift, Envelope, Invoice, Line, Opportunity, Order
from sinks.memory.ledger import MemoryLedger
from sinks.tryton import invoice as bills
from sinks.tryton import request
from sinks.tryton.rows import INVOICE, SALE
from sinks.tryton.sink import TrytonSink
from streams.runtime.settings import Settings
from tests.contract.sink_examples import customer, order
from tests.contract.sink_worker import Bench
from tests.integration.damages import ORDERS_IN_THE_ERP, Damage
from tests.integration.damages_chosen import chosen

pytestmark = pytest.mark.stack
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_LINES = (("SKU-001", "2", "480.0000"), ("SKU-002", "3", "20.0000"))


@dataclass
class Sold:
    """A deal whose order the line has placed, and whose invoice an accountant has posted."""

    sink: TrytonSink
    bench: Bench
    key: str
    number: str = ""

    @property
    def placed(self) -> Command:
        return order(self.key, f"a-{self.key}", lines=_LINES)

    async def begin(self) -> None:
        assert await self.tell(customer(f"a-{self.key}")) == "applied"
        assert await self.tell(self.placed) == "applied"
        (bill,) = await self.sink._client.call(bills.of_order(self.key))
        await self.sink._client.call(bills.post(bill))
        self.number = (await self.order())[0].number or ""
        assert self.number

    async def tell(self, command: Command) -> str:
        """Carry it; the effect's outcome, or the reason of its letter."""
        effects = len(self.bench.effects())
        self.bench.send([command])
        await self.bench.work()
        told = self.bench.effects()[effects:]
        return told[-1].outcome if told else self.bench.letters()[-1][0]

    async def order(self) -> list[Order]:
        """As a sweep reads it; empty where it is gone."""
        rows = await self.sink._client.call(request.sales(self.key))
        found = await self.sink._client.call(request.records(SALE, [row["id"] for row in rows]))
        return [one for one in (of_erp(SALE, row, NOW).record for row in found) if isinstance(one, Order)]

    async def compared(self, pair: str) -> Comparison:
        orders = await self.order()
        if pair == "opportunity":
            return compare(PAIRS["opportunity"], self.key, self._deal(), orders)
        rows = await self.sink._client.call(bills.of_order(self.key))
        found = await self.sink._client.call(request.records(INVOICE, [row["id"] for row in rows]))
        invoices = [one for one in (of_erp(INVOICE, row, NOW).record for row in found) if isinstance(one, Invoice)]
        return compare(PAIRS["invoice"], self.key, orders[0] if orders else None, invoices)

    def _deal(self) -> Opportunity:
        meta = Envelope(
            event_id="e", source="s", side="crm", entity="opportunity", key=self.key, account_id=f"a-{self.key}",
            operation="update", version=1, occurred_at=NOW, received_at=NOW, origin="raw/0/0",
        )  # fmt: skip
        lines = [
            Line(id=sku, sku=sku, quantity=Decimal(quantity), unit_price=Decimal(price), discount_percent=Decimal(0))
            for sku, quantity, price in _LINES
        ]
        return Opportunity(
            meta=meta, id=self.key, stage="Closed Won", currency="EUR", amount=Decimal(1020), lines=lines,
            erp_order_number=self.number,
        )  # fmt: skip


async def _play(settings: Settings, damage: Damage) -> tuple[Sold, Comparison, str, Comparison]:
    sink = TrytonSink.of(settings)
    async with sink:
        sold = Sold(sink, Bench(sink, MemoryLedger()), f"damaged-{uuid.uuid4().hex[:10]}")
        await sold.begin()
        for pair in ("opportunity", "invoice"):
            assert (await sold.compared(pair)).result == "in_step"
        assert isinstance(damage.do, str)
        with psycopg.connect(settings.erp_database_url) as connection:
            for one in damage.do.split("; "):
                assert connection.execute(one, {"key": sold.key}).rowcount >= 1, one
        damaged = await sold.compared(damage.pair)
        if not damaged.differences:
            return sold, damaged, "", damaged
        again = {"command_id": f"again-{sold.key}", "version": 3, "repair": nonce_of(_drift(sold.key, damaged, damage))}
        told = await sold.tell(sold.placed.model_copy(update=again))
        if damage.acts == "erp":  # its new number goes back to the CRM as ever
            sold.number = (await sold.order())[0].number or ""
        return sold, damaged, told, await sold.compared(damage.pair)


def _drift(key: str, found: Comparison, damage: Damage) -> Drift:
    told = Finding(Subject(damage.pair, key), key, found.differences, 1, 1, NOW, NOW, {})
    (drift,) = opened_and_changed(told, {})
    return drift


@pytest.mark.parametrize("name", chosen(ORDERS_IN_THE_ERP))
def test_damage_by_hand_to_an_order(stack_settings: Settings, name: str) -> None:
    damage = ORDERS_IN_THE_ERP[name]
    sold, damaged, told, after = asyncio.run(_play(stack_settings, damage))
    if damage.kind is None:
        assert damaged.differences == ()
        return
    (difference,) = damaged.differences
    assert (difference.kind, tuple(field.name for field in difference.fields)) == (damage.kind, damage.fields)
    assert (None if difference.money is None else f"{difference.money:f}") == damage.money
    direction = direction_of(_drift(sold.key, damaged, damage), None)
    assert (direction if direction in ("erp", "crm") else "people") == damage.acts
    if damage.acts == "erp":
        assert (told, after.result) == ("applied", "in_step"), "the order is placed again"
    else:
        assert after == damaged, f"a placed order is not overwritten: {told}"
