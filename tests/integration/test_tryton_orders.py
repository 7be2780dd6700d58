"""Orders in the real ERP: one sale each, whatever happens on the way, and exact figures."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from decimal import Decimal
from typing import Any

import pytest

from schemas.reasons import Reason
from sinks.errors import Refused, TargetError
from sinks.memory.ledger import MemoryLedger
from sinks.tryton import request
from sinks.verify import differences
from streams.runtime.settings import Settings
from tests.contract.sink_examples import customer, order
from tests.contract.sink_worker import Bench
from tests.integration.tryton_wire import Erp, InErp, on_lossy_wire


@pytest.fixture
def in_erp(stack_settings: Settings) -> InErp:
    return on_lossy_wire(stack_settings)


def test_an_order_becomes_a_sale_in_processing_with_a_draft_invoice(in_erp: InErp) -> None:
    async def check(erp: Erp) -> None:
        command = order(f"o-{erp.account}", erp.account)
        written = await erp.write(command)
        (sale,) = await erp.sales(command.key)
        assert sale["state"] == "processing"
        assert sale["number"] == written.external_number
        assert sale["description"] == "CT-2026-7"
        assert len(sale["invoices"]) == 1

    in_erp(check)


@pytest.mark.parametrize(
    ("currency", "lines", "total"),
    [
        ("EUR", (("SKU-003", "2.5", "10.5025"), ("SKU-006", "1000", "0.8525")), "878.76"),  # 26.25625, 852.5: half-even
        ("USD", (("SKU-001", "0.333", "99.9999"), ("SKU-001", "3", "0.0050")), "33.32"),  # 33.29997 + 0.015 -> 0.02
        ("JPY", (("SKU-001", "1.5", "101.0000"), ("SKU-002", "2", "0.2500")), "152"),  # 151.5 -> 152; 0.5 -> 0
    ],
)
def test_totals_are_exact(in_erp: InErp, currency: str, lines: Any, total: str) -> None:
    async def check(erp: Erp) -> None:
        command = order(f"o-{erp.account}", erp.account, currency=currency, lines=lines)
        written = await erp.write(command)
        assert written.sent["total"] == Decimal(total)
        assert differences(written.sent, await erp.sink.read_back(command, written)) == []

    in_erp(check)


def test_the_same_order_twice_at_once_is_one_sale(in_erp: InErp) -> None:
    """Two workers that know nothing of each other: the ledger would not let it come to this."""

    async def check(erp: Erp) -> None:
        command = order(f"o-{erp.account}", erp.account)

        async def carry() -> None:
            bench = Bench(erp.sink, MemoryLedger(), attempts=5, first=0.1)
            bench.send([command])
            await bench.work()
            assert bench.letters() == []

        await asyncio.gather(carry(), carry())
        (sale,) = await erp.sales(command.key)
        assert sale["state"] == "processing"

    in_erp(check)


@pytest.mark.parametrize("step", ["create", "quote", "confirm"])
def test_an_answer_that_is_lost_after_any_step_is_one_sale(in_erp: InErp, step: str) -> None:
    async def check(erp: Erp) -> None:
        command = order(f"o-{erp.account}", erp.account)
        erp.wire.lose.append(f"model.sale.sale.{step}")
        bench = Bench(erp.sink, MemoryLedger(), settle=0.5)
        bench.send([command])
        await bench.work()
        (effect,) = bench.effects()
        assert effect.outcome == "applied"
        assert erp.wire.lose == []
        assert erp.wire.methods.count("model.sale.sale.create") == 1
        (sale,) = await erp.sales(command.key)
        assert (sale["number"], sale["state"]) == (effect.external_number, "processing")

    in_erp(check)


def test_a_lost_customer_is_one_party(in_erp: InErp) -> None:
    async def check(erp: Erp) -> None:
        account = f"n-{erp.account}"
        erp.wire.lose.append("model.party.party.create")
        bench = Bench(erp.sink, MemoryLedger(), settle=0.5)
        bench.send([customer(account)])
        await bench.work()
        assert [effect.outcome for effect in bench.effects()] == ["applied"]
        assert len(await erp.client.call(request.parties(account, None))) == 1

    in_erp(check)


@pytest.mark.parametrize("steps", [(), ("quote",), ("quote", "confirm")])
def test_an_order_that_was_left_half_way_is_carried_on(in_erp: InErp, steps: tuple[str, ...]) -> None:
    async def check(erp: Erp) -> None:
        command = order(f"o-{erp.account}", erp.account)
        for name in ("quote", "confirm"):
            if name not in steps:
                erp.wire.lose.append(f"model.sale.sale.{name}")
                break
        with pytest.raises(TargetError) if erp.wire.lose else nullcontext():
            await erp.write(command)
        await erp.write(command)
        (sale,) = await erp.sales(command.key)
        assert sale["state"] == "processing"

    in_erp(check)


def test_a_second_draft_that_arrives_late_is_removed(in_erp: InErp) -> None:
    async def check(erp: Erp) -> None:
        command = order(f"o-{erp.account}", erp.account)
        written = await erp.write(command)
        (sale,) = await erp.sales(command.key)
        late = {"party": sale["party."]["id"], "reference": command.key, "currency": sale["currency."]["id"]}
        await erp.client.call(request.create("sale.sale", late))
        assert len(await erp.sales(command.key)) == 2
        await erp.sink.read_back(command, written)
        assert [row["id"] for row in await erp.sales(command.key)] == [sale["id"]]

    in_erp(check)


def test_a_draft_with_other_lines_is_made_right_and_a_later_state_is_not(in_erp: InErp) -> None:
    async def check(erp: Erp) -> None:
        key = f"o-{erp.account}"
        erp.wire.lose.append("model.sale.sale.create")
        with pytest.raises(TargetError):
            await erp.write(order(key, erp.account, lines=(("SKU-001", "1", "5.0000"), ("SKU-002", "1", "7.0000"))))
        corrected = order(key, erp.account, version=3, lines=(("SKU-003", "2", "180.0000"),))
        written = await erp.write(corrected)
        assert differences(written.sent, await erp.sink.read_back(corrected, written)) == []
        with pytest.raises(Refused, match="past changing") as refused:
            await erp.write(order(key, erp.account, version=4, lines=(("SKU-003", "3", "180.0000"),)))
        assert refused.value.reason is Reason.ERP_REJECTED

    in_erp(check)
