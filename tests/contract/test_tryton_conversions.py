"""The real ERP converts what is not in the currency of its books, and the effect tells by which rate."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal

from schemas.records import Conversion
from sinks.memory.ledger import MemoryLedger
from sinks.tryton.sink import TrytonSink
from streams.runtime.settings import Settings
from tests.contract.sink_examples import credit, customer, order
from tests.contract.sink_promises import new_key
from tests.contract.sink_worker import Bench


def test_an_effect_tells_amount_rate_date_and_source_where_the_books_are_in_another_currency(
    stack_settings: Settings,
) -> None:
    key = new_key()
    yen = (("SKU-001", "2", "72000.0000"),)
    sent = [
        customer(key),
        order(f"{key}-eur", key),
        order(f"{key}-jpy", key, lines=yen, currency="JPY"),
        order(f"{key}-usd", key, currency="USD"),
        credit(f"{key}-c", key, amount="777", currency="JPY"),
        credit(f"{key}-d", key, amount="120.55", currency="EUR"),
    ]

    async def life() -> list[Conversion | None]:
        async with TrytonSink.of(stack_settings) as sink:
            bench = Bench(sink, MemoryLedger())
            bench.send(sent)
            await bench.work(seconds=60)
            return [effect.conversion for effect in bench.effects()]

    _, euro, yens, dollars, lost, given = asyncio.run(life())
    assert dollars is None
    assert [one and (one.amount, one.currency, one.converted, one.into) for one in (euro, yens, lost, given)] == [
        (Decimal("960.00"), "EUR", Decimal("1043.48"), "USD"),
        (Decimal(144000), "JPY", Decimal("960.00"), "USD"),
        (Decimal(-777), "JPY", Decimal("-5.18"), "USD"),
        (Decimal("-120.55"), "EUR", Decimal("-131.03"), "USD"),
    ]
    assert euro is not None
    assert euro.rate == Decimal("1.086956521739130435")
    assert euro.rate_date == date(2000, 1, 1)
    assert euro.source.startswith("tryton currency.currency.rate ")
