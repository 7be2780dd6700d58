"""Amends billing schedules in Tryton, and corrects what is billed already. A call believed lost does nothing twice.

    running ─▶ draft ─▶ correction posted ─▶ lines and description written at once ─▶ quote ─▶ run

As a draft it is not billed, so nothing moves under the figures. Each step may be met half done: until the description
names the new revision, the figures are computed anew from the old state, and give the same correction under the same
reference; after that they are no longer computed at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from schemas.reasons import Reason
from schemas.records import ScheduleAmend
from sinks.errors import Conflict, Refused
from sinks.port import Fields, Found, Written
from sinks.tryton import party, request, sale, schedule, schedule_calls
from sinks.tryton.client import TrytonClient
from sinks.tryton.correction import Correction, choose
from sinks.tryton.corrections import Corrections
from sinks.tryton.reference_data import ReferenceData
from sinks.tryton.schedule import ACTIVE, CANCELLED, Amendment
from sinks.tryton.wire import Quantity
from sinks.verify import differences


@dataclass(frozen=True, slots=True)
class Schedules:
    """Subscriptions under the CRM's id."""

    client: TrytonClient
    known: ReferenceData
    corrections: Corrections

    async def find(self, key: str) -> Found | None:
        row, _ = schedule.choose(await self.client.call(schedule_calls.schedules(key)))
        return None if row is None else Found(str(row["id"]), row)

    async def write(self, body: ScheduleAmend, key: str, account_id: str, found: Found | None) -> Written:
        row = found.held if found is not None else await self._begin(body, key, account_id)
        now = schedule.read(row)
        if now.revision != body.revision:
            row = await self._amend(row, body, key, account_id)
            now = schedule.read(row)
        change = Amendment(now.bills_from, now.correction)
        sent = schedule.expected(body, change, account_id)
        asked = {name: value for name, value in sent.items() if name not in ("ended", "runs")}
        wrong = differences(asked, schedule.held(row, now.correction))
        if wrong:
            detail = f"{schedule.shown(row)} bills by revision {now.revision} already, and holds other values: "
            detail += "; ".join(map(str, wrong))
            raise Refused(Reason.ERP_REJECTED, detail, "count the revision up with each change in the CRM")
        if body.status == CANCELLED and schedule.never_billed(now, change):
            row = await self._step(row, "cancel", "cancelled")
        else:
            row = await self._run(row)
        return Written(str(row["id"]), str(row["number"] or ""), sent)

    async def read_back(self, body: ScheduleAmend, key: str) -> Fields:
        row, stray = schedule.choose(await self.client.call(schedule_calls.schedules(key)))
        await self._delete(stray)
        if row is None:
            return {}
        posted, _ = choose(await self.client.call(request.corrections(correction_of(key, body.revision))))
        counts = posted is not None and posted["state"] in ("posted", "paid")
        return schedule.held(row, posted["total_amount"] if posted is not None and counts else Decimal(0))

    async def _begin(self, body: ScheduleAmend, key: str, account_id: str) -> Any:
        """The first state, as a draft."""
        if body.revision != 1 or body.status != ACTIVE:
            detail = f"the ERP has no schedule of subscription {key}, and revision {body.revision} is not its first"
            hint = "resolve the letter of the first revision; or count this one as revision 1 from the first day on"
            raise Refused(Reason.CONFLICT_ON_FINANCIAL_FIELD, detail, hint)
        currency = await self.known.currency(body.currency)
        owner = party.choose(await self.client.call(request.parties(account_id, None)), account_id, None)
        if owner is None:
            raise sale.no_customer(account_id, body.customer_code)
        if not owner["addresses."]:
            raise Refused(Reason.ERP_REJECTED, f"the customer {owner['code']} has no address in Tryton")
        line = await self._line(body)
        values = {
            "party": owner["id"],
            "invoice_address": owner["addresses."][0]["id"],
            "currency": currency,
            "reference": key,
            "description": Amendment(body.starts_on, Decimal(0)).said(body),
            "start_date": body.starts_on,
            "invoice_recurrence": line["consumption_recurrence"],
            "lines": [["create", [{**line, "start_date": body.starts_on}]]],
        }
        await self.client.call(schedule_calls.made(values))
        return await self._alone(key)

    async def _line(self, body: ScheduleAmend) -> dict[str, Any]:
        service = await self.known.service(body.sku)
        rule = await self.known.recurrence(schedule.recurrence(body.billing_interval, body.starts_on))
        return {
            "service": service.id,
            "unit": service.unit,
            "quantity": Quantity(body.quantity),
            "unit_price": body.unit_price,
            "consumption_recurrence": rule,
        }

    async def _amend(self, row: Any, body: ScheduleAmend, key: str, account_id: str) -> Any:
        schedule.amendment(schedule.read(row), body)  # before anything moves: may it be amended at all?
        line = await self._line(body) if body.status == ACTIVE else {}
        if row["state"] != "draft":
            row = await self._step(row, "draft", "draft")
        now = schedule.read(row)
        change = schedule.amendment(now, body)
        try:
            if change.correction:
                await self._correct(body, key, account_id, change)
            values = schedule.amended(now, body, change, line)
            await self._change(row, values, change)
        except Refused:
            await self._run(await self._alone(key))  # it goes on billing as before
            raise
        return await self._alone(key)

    async def _change(self, row: Any, values: dict[str, Any], change: Amendment) -> None:
        try:
            await self.client.call(schedule_calls.amended(row, values))
        except Refused as error:
            if not change.correction:
                raise
            detail = f"a correction of {change.correction} was posted, and {schedule.shown(row)} stays: {error.detail}"
            raise Refused(Reason.PARTIAL_WRITE, detail) from error

    async def _correct(self, body: ScheduleAmend, key: str, account_id: str, change: Amendment) -> None:
        until = f"until {change.bills_from}" if change.bills_from != body.effective_on else ""
        text = " ".join(f"Subscription {key}, revision {body.revision} from {body.effective_on} {until}".split())
        wanted = Correction(correction_of(key, body.revision), body.currency, change.correction, text)
        found = await self.corrections.find(wanted.reference)
        await self.corrections.write(wanted, account_id, body.customer_code, found)

    async def _run(self, row: Any) -> Any:
        if row["state"] == "draft":
            row = await self._step(row, "quote", "quotation")
        if row["state"] == "quotation":
            row = await self._step(row, "run", "running")
        return row

    async def _step(self, row: Any, name: str, after: str) -> Any:
        """Press a button. Raises Conflict where somebody else moved it meanwhile, Refused where it does not move."""
        if row["state"] == after:
            return row
        try:
            await self.client.call(schedule_calls.step(row, name))
        except Refused as error:
            raise Refused(Reason.PARTIAL_WRITE, f"{schedule.shown(row)} stays so: {error.detail}") from error
        now = await self._alone(row["reference"])
        if now["state"] != after:
            raise Conflict(f"{schedule.shown(now)} was moved while it was being written")
        return now

    async def _alone(self, key: str) -> Any:
        row, stray = schedule.choose(await self.client.call(schedule_calls.schedules(key)))
        await self._delete(stray)
        if row is None:
            raise Conflict(f"the schedule of {key} was removed while it was being written")
        return row

    async def _delete(self, drafts: list[int]) -> None:
        for draft in drafts:
            try:
                await self.client.call(schedule_calls.removed(draft))
            except Refused as error:
                raise Conflict(f"a second draft is no draft any more, or gone: {error.detail}") from error


def correction_of(key: str, revision: int) -> str:
    """The reference of the invoice or credit note that corrects what was billed before a revision."""
    return f"subscription/{key}/{revision}"
