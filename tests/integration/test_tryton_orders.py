"""Orders in the real ERP: one sale each, whatever happens on the way, and exact figures."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
import pytest

from schemas.reasons import Reason
from schemas.records import Command
from sinks.calls import Calls
from sinks.errors import Conflict, Refused, TargetError
from sinks.limits import Limiter
from sinks.memory.ledger import MemoryLedger
from sinks.port import Written
from sinks.tryton import request, wire
from sinks.tryton.client import TrytonClient
from sinks.tryton.settings import TrytonSettings
from sinks.tryton.sink import TrytonSink
from sinks.verify import differences
from streams.runtime.settings import Settings
from tests.contract.sink_examples import customer, order
from tests.contract.sink_worker import Bench


@dataclass
class Wire(httpx.AsyncBaseTransport):
    """The way to the ERP, on which answers get lost: by method, after the ERP has done its work."""

    inner: httpx.AsyncHTTPTransport = field(default_factory=httpx.AsyncHTTPTransport)
    lose: list[str] = field(default_factory=list)
    expire: list[str] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        method = wire.loads(await request.aread())["method"]
        self.methods.append(method)
        if method in self.expire:
            self.expire.remove(method)
            return httpx.Response(401)
        response = await self.inner.handle_async_request(request)
        if method in self.lose:
            self.lose.remove(method)
            await response.aclose()
            raise httpx.ReadTimeout("lost on the way")
        return response

    async def aclose(self) -> None:
        await self.inner.aclose()


@dataclass
class Erp:
    """A sink on a lossy wire, an account that is a customer already, and the client to look around with."""

    sink: TrytonSink
    client: TrytonClient
    wire: Wire
    account: str

    async def sales(self, reference: str) -> list[Any]:
        rows: list[Any] = await self.client.call(request.sales(reference))
        return rows

    async def write(self, command: Command) -> Written:
        return await self.sink.write(command, await self.sink.find(command))


@pytest.fixture
def in_erp(stack_settings: Settings) -> Callable[[Callable[[Erp], Awaitable[None]]], None]:
    own = TrytonSettings.of(stack_settings)

    def run(check: Callable[[Erp], Awaitable[None]]) -> None:
        async def life() -> None:
            lossy = Wire()
            client = TrytonClient(own, Calls("erp", Limiter(100)), transport=lossy)
            async with TrytonSink(client) as sink:
                erp = Erp(sink, client, lossy, f"t-{uuid.uuid4().hex[:10]}")
                await erp.write(customer(erp.account))
                await check(erp)

        asyncio.run(life())

    return run


InErp = Callable[[Callable[[Erp], Awaitable[None]]], None]


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


@pytest.mark.parametrize(
    ("make", "reason", "detail", "suggestion"),
    [
        (
            lambda erp: order(f"o-{erp.account}", erp.account, lines=(("SKU-0001", "1", "1.0000"),)),
            Reason.MISSING_PRODUCT,
            "no product with the code SKU-0001",
            "SKU-001 instead of SKU-0001",
        ),
        (
            lambda erp: order(f"o-{erp.account}", erp.account, currency="KWD"),
            Reason.CURRENCY_UNKNOWN,
            "does not trade in KWD",
            "EUR",
        ),
        (
            lambda erp: order(f"o-{erp.account}", "nobody-at-all"),
            Reason.MAPPING_MISSING,
            "nobody-at-all",
            "letter of the account",
        ),
    ],
)
def test_what_the_erp_does_not_have(in_erp: InErp, make: Any, reason: Reason, detail: str, suggestion: str) -> None:
    async def check(erp: Erp) -> None:
        command = make(erp)
        with pytest.raises(Refused) as refused:
            await erp.write(command)
        assert refused.value.reason is reason
        assert detail in refused.value.detail
        assert suggestion in refused.value.suggestion
        assert await erp.sales(command.key) == []

    in_erp(check)


def test_an_order_that_people_cancelled_is_not_made_again(in_erp: InErp) -> None:
    async def check(erp: Erp) -> None:
        command = order(f"o-{erp.account}", erp.account)
        erp.wire.lose.append("model.sale.sale.create")
        with pytest.raises(TargetError):
            await erp.write(command)
        (sale,) = await erp.sales(command.key)
        await erp.client.call(request.step(sale["id"], "cancel"))
        with pytest.raises(Refused, match="was cancelled"):
            await erp.write(command)

    in_erp(check)


def test_a_session_that_ended_is_renewed_once(in_erp: InErp) -> None:
    async def check(erp: Erp) -> None:
        erp.wire.expire.append("model.sale.sale.search_read")
        logins = erp.wire.methods.count("common.db.login")
        assert await erp.sales("none-such") == []
        assert erp.wire.methods.count("common.db.login") == logins + 1

    in_erp(check)


def test_a_customer_that_was_changed_meanwhile_is_a_conflict_and_then_right(in_erp: InErp) -> None:
    async def check(erp: Erp) -> None:
        first = await erp.sink.find(customer(erp.account))
        await erp.write(customer(erp.account, 2, city="Bonn"))
        renamed = customer(erp.account, 3, name="Nœw Nâme")
        with pytest.raises(Conflict):
            await erp.sink.write(renamed, first)
        written = await erp.write(renamed)
        assert differences(written.sent, await erp.sink.read_back(renamed, written)) == []

    in_erp(check)


def test_a_customer_s_every_field_is_written_and_changed(in_erp: InErp) -> None:
    async def check(erp: Erp) -> None:
        whole = {
            "tax_id": "DE 123/456",
            "email": "Ap+1@Exämple.de",
            "phone": "+81 3 1234 5678",
            "street": "丸の内 1-1\nFloor 3",
            "city": "Łódź",
            "postal_code": "100-0001",
            "country": "JP",
            "state": "nowhere",
        }
        for version, fields in enumerate(
            (whole, {**whole, "email": "new@example.de", "city": "Zürich", "country": "CH"}), 2
        ):
            command = customer(erp.account, version, **fields)
            written = await erp.write(command)
            held = await erp.sink.read_back(command, written)
            assert differences(written.sent, held) == []
            assert held["country"] == fields["country"]
            assert held["tax id"] == "DE 123/456"

    in_erp(check)
