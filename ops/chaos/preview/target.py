"""The target of a trial: records in memory, with an ERP's reasons to refuse. The real ERP would take hours for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ops.replay.preview.verdict import Call, Shown
from schemas.reasons import Reason
from schemas.records import Command
from sinks.errors import Refused
from sinks.fingerprint import body_of
from sinks.memory.sink import MemorySink, MemoryTarget, flat
from sinks.port import Found, Written
from sinks.verify import differences

CURRENCIES = frozenset({"EUR", "USD"})
UNKNOWN_SKU = "SKU-404"


class Erp(MemorySink):
    """Refuses what a real one would: products and currencies that it does not have, orders without a customer."""

    def __init__(self, held: MemoryTarget) -> None:
        super().__init__("erp", held, orphans=False)

    async def write(self, command: Command, found: Found | None) -> Written:
        refusal(command)
        return await super().write(command, found)


def refusal(command: Command) -> None:
    """Raises Refused."""
    if command.order is None:
        return
    if command.order.currency not in CURRENCIES:
        raise Refused(Reason.CURRENCY_UNKNOWN, f"no {command.order.currency}")
    if any(line.sku == UNKNOWN_SKU for line in command.order.lines):
        raise Refused(Reason.MISSING_PRODUCT, f"no {UNKNOWN_SKU}")


class Shadow:
    """The same target as a preview sees it: asked, and not written."""

    def __init__(self, held: MemoryTarget) -> None:
        self._held = held

    async def show(self, target: str, command: Command) -> Shown:
        sink = MemorySink("erp", self._held, orphans=False)
        found = await sink.find(command)
        try:
            refusal(command)
            if command.order and ("customer.upsert", command.account_id) not in self._held.records:
                raise Refused(Reason.MAPPING_MISSING, f"the account {command.account_id} is no customer yet")
        except Refused as error:
            return Shown(refused=error.reason.value, detail=error.detail)
        sent = {name: value for name, value in flat(body_of(command).model_dump()).items() if value is not None}
        now: dict[str, Any] = dict(found.held["fields"]) if found is not None else {}
        return Shown(Call("write", {name: str(value) for name, value in sent.items()}), tuple(differences(sent, now)))


@asynccontextmanager
async def shadow_of(held: MemoryTarget) -> AsyncIterator[Shadow]:
    """As a desk opens it."""
    yield Shadow(held)
