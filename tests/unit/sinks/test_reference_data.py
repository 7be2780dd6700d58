"""What is remembered of Tryton may be forgotten at any moment; a look-up under way must not notice."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from sinks.tryton.client import TrytonClient
from sinks.tryton.reference_data import ReferenceData


class Forgetful:
    """Answers a products call only after everything was forgotten, as another command's refusal would have it."""

    def __init__(self) -> None:
        self.data = ReferenceData(cast("TrytonClient", self))
        self.asked = 0

    async def call(self, _: Any) -> list[dict[str, Any]]:
        self.asked += 1
        self.data.forget()
        return [{"id": self.asked, "code": f"SKU-{self.asked}", "salable": True, "sale_uom": 1}]


def test_a_product_known_before_is_still_there_after_another_was_asked_for() -> None:
    async def scene() -> None:
        tryton = Forgetful()
        await tryton.data.products(["SKU-1"])
        found = await tryton.data.products(["SKU-1", "SKU-2"])
        assert {sku: product.id for sku, product in found.items()} == {"SKU-1": 1, "SKU-2": 2}

    asyncio.run(scene())
