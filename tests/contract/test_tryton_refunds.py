"""The real ERP keeps what every sink promises with refunds, too, and never credits more than the invoice's total."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from ops.replay.preview.shadow import Shadows
from ops.replay.preview.verdict import Shown
from schemas.reasons import Reason
from schemas.records import Command
from sinks.errors import Busy, Refused
from sinks.port import Fields, Found, Written
from sinks.tryton import refund_calls, request
from sinks.tryton.sink import TrytonSink
from streams.runtime.settings import Settings
from tests.contract.sink_examples import customer, order, refund
from tests.contract.sink_promises import Case, SinkPromises, new_key, opened, refund_of, write


class Billing(TrytonSink):
    """The sink, for commands that cannot know the invoice: an order brings its customer, and its invoice is posted."""

    async def find(self, command: Command) -> Found | None:
        return await super().find(await self._meant(command))

    async def write(self, command: Command, found: Found | None) -> Written:
        """As the runner does, again while somebody else is posting: the ERP numbers one invoice at a time."""
        end = asyncio.get_running_loop().time() + 20
        while True:
            try:
                return await self._write(command, found)
            except Busy:
                if asyncio.get_running_loop().time() > end:
                    raise
                found = await self.find(command)

    async def _write(self, command: Command, found: Found | None) -> Written:
        if command.order is None:
            return await super().write(await self._meant(command), found)
        before = customer(command.account_id)
        await super().write(before, await super().find(before))
        written = await super().write(command, found)
        number = await self.invoice(command.key)
        await self.call(request.post(number))
        return written

    async def read_back(self, command: Command, written: Written) -> Fields:
        return await super().read_back(await self._meant(command), written)

    async def call(self, call: request.Call) -> list[dict[str, object]]:
        answer: list[dict[str, object]] = await self._client.call(call)
        return answer

    async def invoice(self, key: str) -> int:
        (sale,) = await self._client.call(request.sales(key.partition("/")[0]))
        (number,) = sale["invoices"]
        return int(number)

    async def _meant(self, command: Command) -> Command:
        if command.refund is None:
            return command
        body = command.refund.model_copy(update={"invoice_id": str(await self.invoice(command.key))})
        return command.model_copy(update={"refund": body})


@pytest.fixture
def case(stack_settings: Settings) -> Case:
    return Case(lambda: Billing.of(stack_settings), refund_of, first=lambda key: order(key, f"a-{key}"))


@pytest.fixture
def key() -> str:
    return new_key()


class TestTrytonRefunds(SinkPromises):
    pass


def test_refunds_are_linked_to_the_invoice_and_never_above_its_total(case: Case, key: str) -> None:
    async def life() -> None:
        async with opened(case, key) as sink:
            assert isinstance(sink, Billing)

            async def give(part: str, amount: str) -> None:
                await write(sink, refund(f"{key}/{part}", f"a-{key}", amount=amount))

            await give("1", "900.00")
            with pytest.raises(Refused, match=r"900.00 of its 960.00 EUR are credited already") as refused:
                await give("2", "60.01")
            assert refused.value.reason is Reason.ERP_REJECTED
            await give("3", "60.00")
            await give("1", "900.00")
            (invoice,) = await sink.call(refund_calls.invoice(await sink.invoice(key)))
            lines = invoice["lines."]
            assert isinstance(lines, list)
            origins = [f"account.invoice.line,{line['id']}" for line in lines]
            found = await sink.call(refund_calls.credits_of(origins))
            assert [row["total_amount"] for row in found] == [Decimal("-900.00"), Decimal("-60.00")]

    asyncio.run(life())


def test_a_preview_says_what_would_be_there_and_changes_nothing(stack_settings: Settings, case: Case, key: str) -> None:
    async def life() -> None:
        async with opened(case, key) as sink, Shadows(stack_settings) as shadows:
            assert isinstance(sink, Billing)
            asked = refund(key, f"a-{key}")
            assert asked.refund is not None
            number = str(await sink.invoice(key))
            asked = asked.model_copy(update={"refund": asked.refund.model_copy(update={"invoice_id": number})})
            shown = await shadows.show("erp", asked)
            assert shown.call is not None
            assert shown.call.method == "model.account.invoice.create"
            assert {one.field for one in shown.diff} >= {"total", "origin", "posted"}
            assert await sink.find(asked) is None
            await write(sink, asked)
            assert await shadows.show("erp", asked) == Shown(None, ())

    asyncio.run(life())


@pytest.mark.parametrize(
    ("change", "says"),
    [({"currency": "USD"}, "is in EUR, not in USD"), ({"invoice_id": "0"}, "has no invoice")],
)
def test_what_does_not_fit_the_invoice_is_refused(
    stack_settings: Settings, case: Case, key: str, change: dict[str, str], says: str
) -> None:
    async def life() -> None:
        async with opened(case, key) as sink:
            assert isinstance(sink, Billing)
            command = refund(key, f"a-{key}")
            assert command.refund is not None
            body = {"invoice_id": str(await sink.invoice(key)), **change}
            asked = command.model_copy(update={"refund": command.refund.model_copy(update=body)})
            async with TrytonSink.of(stack_settings) as plain:
                with pytest.raises(Refused, match=says):
                    await plain.write(asked, await plain.find(asked))

    asyncio.run(life())
