"""Makes corrections in Tryton: draft, compared, then posted. A call that was believed lost makes no second one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from schemas.reasons import Reason
from sinks.errors import Conflict, Refused
from sinks.port import Fields, Found
from sinks.tryton import correction, party, request
from sinks.tryton.client import TrytonClient
from sinks.tryton.correction import Correction
from sinks.tryton.reference_data import ReferenceData
from sinks.tryton.sale import no_customer
from sinks.verify import differences


@dataclass(frozen=True, slots=True)
class Corrections:
    """Invoices and credit notes of one line."""

    client: TrytonClient
    known: ReferenceData

    async def find(self, reference: str) -> Found | None:
        row, _ = correction.choose(await self.client.call(request.corrections(reference)))
        return None if row is None else Found(str(row["id"]), row)

    async def write(self, wanted: Correction, account_id: str, code: str, found: Found | None) -> tuple[str, str]:
        """Make it, or carry on with what is there. The ERP's id and number."""

        async def values() -> dict[str, Any]:
            return correction.creation(wanted, await self._ledger(wanted, account_id, code))

        return await self.carry(wanted.reference, correction.expected(wanted, account_id), found, values)

    async def carry(
        self, reference: str, wanted: Fields, found: Found | None, values: Callable[[], Awaitable[dict[str, Any]]]
    ) -> tuple[str, str]:
        """The same with the `values` of a new one, and with what must read back of it."""
        row = found.held if found is not None else None
        if row is None:
            await self.client.call(request.create("account.invoice", await values()))
            row = await self._alone(reference)
        sent = {name: value for name, value in wanted.items() if name != "posted"}
        wrong = "; ".join(map(str, differences(sent, correction.held(row))))
        if wrong and row["state"] in ("draft", "validated"):
            detail = f"Tryton makes something else of the draft {correction.shown(row)}: {wrong}"
            raise Refused(Reason.ERP_VERIFICATION_FAILED, detail)
        if wrong:
            detail = f"{correction.shown(row)} is past changing, and holds other values: {wrong}"
            raise Refused(Reason.ERP_REJECTED, detail)
        if row["state"] in ("draft", "validated"):
            await self._post(row)
            row = await self._alone(reference)
        return str(row["id"]), str(row["number"] or "")

    async def read_back(self, reference: str) -> Fields:
        row, stray = correction.choose(await self.client.call(request.corrections(reference)))
        await self._delete(stray)
        return {} if row is None else correction.held(row)

    async def _post(self, row: Any) -> None:
        try:
            await self.client.call(request.post(row["id"]))
        except Refused as error:
            now, _ = correction.choose(await self.client.call(request.corrections(row["reference"])))
            if now is None or now["state"] != row["state"]:
                raise Conflict(f"{correction.shown(row)} was moved while it was being posted") from error
            raise Refused(Reason.PARTIAL_WRITE, f"{correction.shown(row)} stays a draft: {error.detail}") from error

    async def _alone(self, reference: str) -> Any:
        row, stray = correction.choose(await self.client.call(request.corrections(reference)))
        await self._delete(stray)
        if row is None:
            raise Conflict(f"{reference} was removed while it was being written")
        return row

    async def _delete(self, drafts: list[int]) -> None:
        for draft in drafts:
            try:
                await self.client.call(request.delete("account.invoice", draft))
            except Refused as error:
                raise Conflict(f"a second draft is no draft any more, or gone: {error.detail}") from error

    async def _ledger(self, wanted: Correction, account_id: str, code: str) -> correction.Ledger:
        currency = await self.known.currency(wanted.currency)
        row = party.choose(await self.client.call(request.parties(account_id, None)), account_id, None)
        if row is None:
            raise no_customer(account_id, code)
        if not row["addresses."]:
            raise Refused(Reason.ERP_REJECTED, f"the customer {row['code']} has no address in Tryton")
        (owes,) = await self.client.call(request.receivable(row["id"]))
        (default,) = await self.client.call(request.default_accounts())
        journals = await self.client.call(request.revenue_journal())
        receivable = owes["account_receivable"] or default["default_account_receivable"]
        revenue = default["default_category_account_revenue"]
        if not (receivable and revenue and journals):
            lack = "an account for receivables" if not receivable else "a default account or journal for revenue"
            raise Refused(Reason.ERP_REJECTED, f"Tryton has no {lack} set up")
        return correction.Ledger(
            row["id"], row["addresses."][0]["id"], currency, receivable, revenue, journals[0]["id"]
        )
