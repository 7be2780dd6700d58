"""Asks Tryton what it converted for a command that is through."""

from __future__ import annotations

from schemas.records import Command, Conversion
from sinks.port import Written
from sinks.tryton import conversion, refund
from sinks.tryton.client import TrytonClient
from sinks.tryton.correction import of_credit
from sinks.tryton.invoices import POST
from sinks.tryton.request import Call
from sinks.tryton.schedules import correction_of


class Conversions:
    """Of orders, posted invoices, credit notes and corrections. In the currency of the books it asks nothing."""

    def __init__(self, client: TrytonClient) -> None:
        self._client = client
        self._books: str | None = None

    async def of(self, command: Command, written: Written) -> Conversion | None:
        """None also where the ERP has no rate: then it has converted nothing. Raises TargetError."""
        asked = _record(command, written)
        if asked is None or asked[0] == self._books:
            return None
        for row in await self._client.call(asked[1]):
            own, self._books = conversion.currencies(row)
            day = conversion.day_of(row)
            if own == self._books or day is None:
                return None
            first = conversion.quotation(await self._client.call(conversion.quoted(own, day)))
            second = conversion.quotation(await self._client.call(conversion.quoted(self._books, day)))
            if first is None or second is None:
                return None
            told = conversion.of_sale if command.order is not None else conversion.of_invoice
            return told(row, first, second)
        return None


def _record(command: Command, written: Written) -> tuple[str, Call] | None:
    """(currency, what to read); None where the command's amount is not booked, or there is none."""
    if command.order is not None:
        return command.order.currency, conversion.sale(int(written.external_id))
    if command.invoice is not None and command.kind == POST:
        return command.invoice.currency, conversion.invoice(int(written.external_id))
    if command.credit is not None:
        reference = of_credit(command.credit, command.key).reference
        return command.credit.currency, conversion.correction(reference)
    if command.refund is not None:
        return command.refund.currency, conversion.correction(refund.of_refund(command.refund, command.key).reference)
    if command.schedule is not None:
        reference = correction_of(command.key, command.schedule.revision)
        return command.schedule.currency, conversion.correction(reference)
    return None
