"""The real ERP keeps what every sink promises also with the invoice of an order, whose draft it makes itself."""

from __future__ import annotations

import pytest

from schemas.records import Command
from sinks.port import Fields, Found, Written
from sinks.tryton import invoice
from sinks.tryton.sink import TrytonSink
from streams.runtime.settings import Settings
from tests.contract.sink_examples import customer, order
from tests.contract.sink_promises import Case, SinkPromises, draft_of, new_key, post_of


class Ordering(TrytonSink):
    """The sink, for commands that cannot know the id of the draft: an order brings its customer, a post its draft."""

    async def find(self, command: Command) -> Found | None:
        return await super().find(await self._meant(command))

    async def write(self, command: Command, found: Found | None) -> Written:
        meant = await self._meant(command)
        before = None
        if command.order is not None:
            before = customer(command.account_id)
        elif command.kind == "invoice.post":
            before = meant.model_copy(update={"kind": "invoice.draft"})
        if before is not None:
            await super().write(before, await super().find(before))
            found = await super().find(meant)
        return await super().write(meant, found)

    async def read_back(self, command: Command, written: Written) -> Fields:
        return await super().read_back(await self._meant(command), written)

    async def _meant(self, command: Command) -> Command:
        if command.invoice is None:
            return command
        (row,) = await self._client.call(invoice.of_order(command.key))
        return command.model_copy(update={"invoice": command.invoice.model_copy(update={"erp_id": str(row["id"])})})


@pytest.fixture(params=["draft", "post"])
def case(request: pytest.FixtureRequest, stack_settings: Settings) -> Case:
    make = {"draft": draft_of, "post": post_of}[request.param]
    return Case(lambda: Ordering.of(stack_settings), make, first=lambda key: order(key, f"a-{key}"))


@pytest.fixture
def key() -> str:
    return new_key()


class TestTrytonBilling(SinkPromises):
    pass
