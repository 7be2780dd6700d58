"""`erp-source` on the real ERP: what is made and changed there is told, once per version."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from schemas.records import ErpChange
from sinks.calls import Calls
from sinks.limits import Limiter
from sinks.tryton import request
from sinks.tryton.client import TrytonClient
from sinks.tryton.due import Due
from sinks.tryton.request import Call
from sinks.tryton.rows import INVOICE, MODELS
from sinks.tryton.settings import TrytonSettings
from sinks.tryton.sink import TrytonSink
from sinks.tryton.source import Poller
from streams.runtime.clock import micros
from streams.runtime.settings import Settings
from tests.contract.sink_examples import customer, order


class Watched:
    """Pollers that start at this moment, and what they have told."""

    def __init__(self, client: TrytonClient) -> None:
        self._pollers = {model.name: Poller(client, model, timedelta(seconds=30)) for model in MODELS}
        self._cursors = dict.fromkeys(self._pollers, micros(datetime.now(UTC)))

    async def news(self, model: str, about: str) -> list[ErpChange]:
        """What is told now of records whose JSON contains the text."""
        changes = await self._pollers[model].read(self._cursors[model])
        self._cursors[model] = self._pollers[model].told(changes, self._cursors[model])
        return [change for change in changes if about in change.body]


class Kept:
    """A cursor that stands on a day, and what was told."""

    def __init__(self, day: date) -> None:
        self.day, self.told = day, list[ErpChange]()

    async def position(self, _: str) -> int:
        return self.day.toordinal()

    async def move(self, _: str, position: int, __: datetime) -> None:
        self.day = date.fromordinal(position)

    async def tell(self, changes: Sequence[ErpChange]) -> None:
        self.told.extend(changes)


async def overdue(client: TrytonClient, day: date) -> set[int]:
    """What is told when a day has begun, at Greenwich."""
    kept, morning = Kept(day - timedelta(days=1)), datetime.combine(day, time(0, 1), UTC)
    invoices = Poller(client, INVOICE, timedelta(seconds=30))
    await Due(client, invoices, kept, kept, clock=lambda: morning).round()
    assert kept.day == day
    return {int(change.erp_id) for change in kept.told}


async def pay(client: TrytonClient, invoice: int, amount: Decimal) -> None:
    """A payment by the ERP's own dialogue."""
    (method,) = await client.call(request.search("account.invoice.payment.method", [], ["name"], 1))
    around = {"active_model": "account.invoice", "active_id": invoice, "active_ids": [invoice]}

    async def step(state: str, data: dict[str, Any]) -> Any:
        return await client.call(Call("wizard.account.invoice.pay.execute", [wizard, data, state], around=around))

    wizard, *_ = await client.call(Call("wizard.account.invoice.pay.create"))
    start = (await step("start", {}))["view"]["defaults"]
    names = ("payee", "payees", "currency", "date", "invoice_account", "company")
    form = {name: start[name] for name in names if name in start} | {"amount": amount, "payment_method": method["id"]}
    asked = await step("choice", {"start": form})
    if asked and asked.get("view"):
        more = {name: value for name, value in asked["view"]["defaults"].items() if not name.endswith(".")}
        await step("pay", {"start": form, "ask": more | {"type": "partial"}})
    await client.call(Call("wizard.account.invoice.pay.delete", [wizard]))


@pytest.fixture
def settings(stack_settings: Settings) -> TrytonSettings:
    return TrytonSettings.of(stack_settings)


def test_a_life_of_an_order_is_told(settings: TrytonSettings) -> None:
    account = f"t-{uuid.uuid4().hex[:10]}"
    reference = f"o-{account}"

    async def life() -> None:
        client = TrytonClient(settings, Calls("erp", Limiter(100)))
        async with TrytonSink(client) as sink:
            watched = Watched(client)

            created = customer(account, email="ap@example.com", tax_id="DE1", country="DE", postal_code="50667")
            await sink.write(created, await sink.find(created))
            (party,) = await watched.news("party", account)
            body = json.loads(party.body)
            assert body["crm_id"] == account
            assert body["code"] == f"C-{account}"
            assert body["tax_id"] == "DE1"
            assert body["email"] == "ap@example.com"
            assert body["address"]["country"] == "DE"
            assert body["address"]["postal_code"] == "50667"
            assert party.actor == settings.user
            assert await watched.news("party", account) == []  # once per version

            placed = order(reference, account, lines=(("SKU-003", "2.5", "10.5025"),))
            await sink.write(placed, await sink.find(placed))
            (sale,) = await watched.news("sale", reference)
            body = json.loads(sale.body)
            assert body["state"] == "processing"
            assert body["party"]["crm_id"] == account
            assert body["currency"] == "EUR"
            assert body["total_amount"] == "26.26"
            (line,) = body["lines"]
            assert (line["sku"], Decimal(line["quantity"]), line["unit_price"]) == (
                "SKU-003",
                Decimal("2.5"),
                "10.5025",
            )

            (invoice,) = await watched.news("invoice", reference)
            body = json.loads(invoice.body)
            assert (body["state"], body["number"], body["amount_to_pay"]) == ("draft", None, "0")
            assert [s["reference"] for s in body["sales"]] == [reference]

            number = int(invoice.erp_id)
            await client.call(Call("model.account.invoice.post", [[number]], writes=True))
            (posted,) = await watched.news("invoice", reference)
            body = json.loads(posted.body)
            assert (body["state"], body["total_amount"], body["amount_to_pay"]) == ("posted", "26.26", "26.26")
            assert body["number"]
            assert body["invoice_date"]
            assert body["due_date"]

            await pay(client, number, Decimal("6.26"))
            (partly,) = await watched.news("invoice", reference)
            body = json.loads(partly.body)
            assert (body["state"], body["amount_to_pay"]) == ("posted", "20.00")
            assert partly.version > posted.version

            await pay(client, number, Decimal("20.00"))
            (paid,) = await watched.news("invoice", reference)
            body = json.loads(paid.body)
            assert (body["state"], Decimal(body["amount_to_pay"])) == ("paid", Decimal(0))

    asyncio.run(life())


def test_what_is_overdue_from_a_day_on_is_told_on_that_day(settings: TrytonSettings) -> None:
    async def life() -> None:
        client = TrytonClient(settings, Calls("erp", Limiter(100)))
        async with TrytonSink(client) as sink:
            account = f"t-{uuid.uuid4().hex[:10]}"
            for command in (customer(account), order(account, account)):
                await sink.write(command, None)
            ((number,),) = [row["invoices"] for row in await client.call(request.sales(account))]
            far = date(2090, 1, 1) + timedelta(days=int(account[2:9], 16) % 20_000)
            dated = {"payment_term_date": far}
            await client.call(Call("model.account.invoice.write", [[number], dated], writes=True))
            await client.call(Call("model.account.invoice.post", [[number]], writes=True))
            assert number not in await overdue(client, far)
            assert number in await overdue(client, far + timedelta(days=1))

    asyncio.run(life())


def test_a_change_of_a_child_alone_is_told(settings: TrytonSettings) -> None:
    account = f"t-{uuid.uuid4().hex[:10]}"

    async def life() -> None:
        client = TrytonClient(settings, Calls("erp", Limiter(100)))
        async with TrytonSink(client) as sink:
            watched = Watched(client)
            created = customer(account, email="old@example.com")
            written = await sink.write(created, None)
            (before,) = await watched.news("party", account)
            rows = await client.call(
                request.search("party.contact_mechanism", [["party", "=", int(written.external_id)]], ["value"])
            )
            await client.call(
                Call(
                    "model.party.contact_mechanism.write", [[rows[0]["id"]], {"value": "new@example.com"}], writes=True
                )
            )
            (after,) = await watched.news("party", account)
            assert json.loads(after.body)["email"] == "new@example.com"
            assert after.version > before.version

    asyncio.run(life())
