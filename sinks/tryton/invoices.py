"""Brings an order's invoice from draft to posted in Tryton, in two commands. What people changed is left alone."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.reasons import Reason
from schemas.records import Command, InvoiceDraft
from sinks.errors import Conflict, Refused
from sinks.port import Fields, Found, Written
from sinks.tryton import invoice
from sinks.tryton.client import TrytonClient
from sinks.tryton.invoice import Row
from sinks.tryton.reference_data import ReferenceData
from sinks.verify import differences

POST = "invoice.post"
_OURS = ("draft",)
_BY_HAND = "If the change is meant, post the invoice by hand in Tryton; else undo it there, and replay this letter."


@dataclass(frozen=True, slots=True)
class Invoices:
    """Invoices of orders. Found by the order's reference, which is the deal's id."""

    client: TrytonClient
    known: ReferenceData

    async def find(self, key: str, body: InvoiceDraft) -> Found | None:
        row = invoice.choose(await self.client.call(invoice.of_order(key)), body)
        return None if row is None else Found(str(row["id"]), row)

    async def write(self, command: Command, body: InvoiceDraft, found: Found | None) -> Written:
        """Compose the draft, or post it; nothing where that is done already. Raises Refused, Conflict."""
        if found is None:
            raise Refused(Reason.ERP_REJECTED, f"the draft with the id {body.erp_id} is gone from Tryton")
        if command.kind == POST:
            return await self._post(command, body, found.held)
        return await self._compose(command, body, found.held)

    async def read_back(self, command: Command, body: InvoiceDraft) -> Fields:
        row = invoice.choose(await self.client.call(invoice.of_order(command.key)), body)
        if row is None:
            return {}
        if command.kind != POST:
            return invoice.held(row)
        entered = await self.client.call(invoice.schedules(row["id"]))
        return {**invoice.held(row), **invoice.held_schedules(entered)}

    async def _compose(self, command: Command, body: InvoiceDraft, row: Row) -> Written:
        wanted = invoice.expected(body, command.account_id)
        if row["state"] not in _OURS or not differences(wanted, invoice.held(row)):
            self._agree(row, wanted)
            return Written(str(row["id"]), sent=wanted)
        self._agree(row, invoice.expected_sale(body, command.account_id))
        if invoice.touched_by_people(row, self.client.user):
            wrong = "; ".join(map(str, differences(wanted, invoice.held(row))))
            raise Refused(Reason.ERP_REJECTED, f"people have changed {invoice.shown(row)} already: {wrong}", _BY_HAND)
        ledger, term = await self._ledger(body), await self._term(body)
        await self.client.call(invoice.compose(row, body, ledger, term))
        return Written(str(row["id"]), sent=wanted)

    async def _post(self, command: Command, body: InvoiceDraft, row: Row) -> Written:
        self._agree(row, invoice.expected(body, command.account_id))
        if row["state"] not in invoice.POSTED:
            try:
                await self.client.call(invoice.post(row))
            except Refused as error:
                await self._still(command.key, body, row)
                detail = f"{invoice.shown(row)} stays as it is: {error.detail}"
                raise Refused(Reason.PARTIAL_WRITE, detail) from error
            row = await self._again(command.key, body)
        return Written(str(row["id"]), str(row["number"] or ""), invoice.expected_posted(body, command.account_id))

    def _agree(self, row: Row, wanted: Fields) -> None:
        """Raises Refused where the invoice holds something else: it is not what was decided on, and not posted."""
        wrong = "; ".join(map(str, differences(wanted, invoice.held(row))))
        if wrong and row["state"] in ("draft", "validated"):
            detail = f"{invoice.shown(row)} is not as it was composed, and is not posted: {wrong}"
            raise Refused(Reason.ERP_VERIFICATION_FAILED, detail, _BY_HAND)
        if wrong:
            raise Refused(
                Reason.ERP_REJECTED, f"{invoice.shown(row)} is past changing, and holds other values: {wrong}"
            )

    async def _again(self, key: str, body: InvoiceDraft) -> Row:
        row = invoice.choose(await self.client.call(invoice.of_order(key)), body)
        if row is None:
            raise Conflict(f"the invoice of {key} was removed while it was being posted")
        return row

    async def _still(self, key: str, body: InvoiceDraft, row: Row) -> None:
        """Raises Conflict where the invoice has moved: then somebody else was at it."""
        if (await self._again(key, body))["state"] != row["state"]:
            raise Conflict(f"{invoice.shown(row)} was moved while it was being posted")

    async def _ledger(self, body: InvoiceDraft) -> dict[str, int]:
        codes = sorted({line.account for line in body.lines})
        found = {row["code"]: row["id"] for row in await self.client.call(invoice.accounts(codes))}
        missing = [code for code in codes if code not in found]
        if missing:
            detail = f"Tryton has no open account {', '.join(missing)} in its chart"
            raise Refused(Reason.ERP_REJECTED, detail, "Correct the rule `revenue-accounts`, or open the account.")
        return found

    async def _term(self, body: InvoiceDraft) -> int | None:
        if body.payment_terms is None:
            return None
        term = await self.known.payment_term(body.payment_terms)
        if term is None:
            detail = f"Tryton has no payment term {body.payment_terms!r}"
            raise Refused(Reason.ERP_REJECTED, detail, "Create the term in Tryton, or correct the contract's terms.")
        return term
