"""Credits refunds in Tryton: a draft for a part of the invoice, compared, then posted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from schemas.reasons import Reason
from schemas.records import InvoiceRefund
from sinks.errors import Refused
from sinks.port import Fields, Found, Written
from sinks.tryton import correction, refund, refund_calls
from sinks.tryton.client import TrytonClient
from sinks.tryton.corrections import Corrections


@dataclass(frozen=True, slots=True)
class Refunds:
    """Credit notes under the refund's id at the payment provider: there is never a second one."""

    client: TrytonClient
    corrections: Corrections

    async def find(self, body: InvoiceRefund, key: str) -> Found | None:
        return await self.corrections.find(refund.of_refund(body, key).reference)

    async def write(self, body: InvoiceRefund, key: str, found: Found | None) -> Written:
        """Raises Refused where the invoice is not there or does not bear it."""
        wanted = refund.of_refund(body, key)
        invoice = await self._invoice(body)
        sent = refund.expected(wanted, invoice)

        async def values() -> dict[str, Any]:
            credited = await self.client.call(refund_calls.credits_of(refund.origins(invoice)))
            refund.check(wanted, invoice, credited)
            return refund.creation(wanted, invoice)

        told = {name: value for name, value in sent.items() if name != "origin"}
        ids = await self.corrections.carry(wanted.reference, told, found, values)
        return Written(*ids, sent)

    async def read_back(self, body: InvoiceRefund, key: str) -> Fields:
        await self.corrections.read_back(refund.of_refund(body, key).reference)
        return await self._held(body, key)

    async def foreseen(self, body: InvoiceRefund, key: str) -> tuple[Fields, Fields]:
        """(what is there now, what would be there). Changes nothing; raises Refused like `write`."""
        invoice = await self._invoice(body)
        return await self._held(body, key), refund.expected(refund.of_refund(body, key), invoice)

    async def _held(self, body: InvoiceRefund, key: str) -> Fields:
        reference = refund.of_refund(body, key).reference
        row, _ = correction.choose(await self.client.call(refund_calls.refunds(reference)))
        return {} if row is None else {**correction.held(row), "origin": refund.origin_of(row)}

    async def _invoice(self, body: InvoiceRefund) -> Any:
        rows = await self.client.call(refund_calls.invoice(int(body.invoice_id)))
        if not rows:
            raise Refused(Reason.ERP_REJECTED, f"Tryton has no invoice {body.invoice_number} (id {body.invoice_id})")
        return rows[0]
