"""What Tryton knows by code and seldom changes, remembered for a while. What was not found is always asked again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from schemas.reasons import Reason
from sinks.errors import Refused
from sinks.tryton import request, sale, schedule_calls
from sinks.tryton.client import TrytonClient
from sinks.tryton.party import Place
from sinks.tryton.request import Call

REMEMBER_S = 300.0


class ReferenceData:
    """Ids of countries, currencies, products, payment terms, and what is needed to bill again and again."""

    def __init__(self, client: TrytonClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float, Any]] = {}

    async def place(self, country: str | None, state: str | None) -> Place:
        if not country:
            return Place()
        country_id = await self._by_code("country", country, request.countries())
        if country_id is None or not state:
            return Place(country_id)
        key = ("subdivision", f"{country} {state}")
        if self._recall(*key) is None:
            for row in await self._client.call(request.subdivisions(country, state)):
                self._remember(*key, row["id"])
        return Place(country_id, self._recall(*key))

    async def currency(self, code: str) -> int:
        """Raises Refused(currency_unknown)."""
        found = await self._by_code("currency", code, request.currencies())
        if found is None:
            raise sale.unknown_currency(code, [name for kind, name in self._known if kind == "currency"])
        return found

    async def payment_term(self, billing_terms: str | None) -> int | None:
        """The term of this name, case aside; None: the ERP's own rule for the party."""
        if not billing_terms:
            return None
        return await self._by_code("payment term", billing_terms.strip(), request.payment_terms())

    async def products(self, skus: Sequence[str]) -> dict[str, sale.Product]:
        """Raises Refused(missing_product)."""
        # Into a dict of this call's own: another command's refusal may make us forget while we wait for the ERP.
        found = {sku: product for sku in skus if (product := self._recall("product", sku)) is not None}
        missing = sorted(set(skus) - found.keys())
        if missing:
            for row in await self._client.call(request.products(missing)):
                if row["salable"]:
                    found[row["code"]] = sale.Product(row["id"], row["sale_uom"])
                    self._remember("product", row["code"], found[row["code"]])
        still = sorted(set(skus) - found.keys())
        if still:
            rows = await self._client.call(request.all_product_codes())
            raise sale.missing_products(still, [row["code"] for row in rows if row["code"]])
        return found

    async def service(self, sku: str) -> sale.Product:
        """What is subscribed to. Raises Refused(missing_product)."""
        found: sale.Product | None = self._recall("service", sku)
        if found is None:
            for row in await self._client.call(schedule_calls.services([sku])):
                found = sale.Product(row["id"], row["product."]["sale_uom"])
                self._remember("service", sku, found)
        if found is None:
            rows = await self._client.call(schedule_calls.all_services())
            raise sale.missing_products([sku], [row["product."]["code"] for row in rows])
        return found

    async def recurrence(self, name: str) -> int:
        """How often is billed. Raises Refused(erp_rejected)."""
        found = await self._by_code("recurrence", name, schedule_calls.recurrences())
        if found is None:
            raise Refused(Reason.ERP_REJECTED, f"Tryton has no recurrence {name!r}", "bring the ERP up to date")
        return found

    def forget(self) -> None:
        """After a refusal: what is remembered may be why."""
        self._known.clear()

    async def _by_code(self, kind: str, code: str, ask: Call) -> int | None:
        if self._recall(kind, code) is None:
            for row in await self._client.call(ask):
                self._remember(kind, row.get("code") or row["name"], row["id"])
        found: int | None = self._recall(kind, code)
        return found

    def _remember(self, kind: str, code: str, value: Any) -> None:
        self._known[kind, _form(kind, code)] = (self._clock() + REMEMBER_S, value)

    def _recall(self, kind: str, code: str) -> Any:
        until, value = self._known.get((kind, _form(kind, code)), (0.0, None))
        return value if self._clock() < until else None


def _form(kind: str, code: str) -> str:
    """Product codes are exact, a payment term is named by people."""
    return code.casefold() if kind == "payment term" else code
