"""FL9 on the real ERP: the payment provider's events become credit notes of the invoice, and never a second one."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from schemas.contracts.check import checked
from schemas.outcome import DeadLetter, Forward, Hold, Outcome, Skip
from schemas.reasons import Reason
from schemas.records import Invoice, Stamped, WebhookReceived
from sinks.tryton import refund_calls, request
from streams.intake.normalise import Arrival
from streams.intake.normalise.webhook import changes_in_webhook
from streams.runtime.settings import Settings
from tests.integration.flow_rig import FlowRig, patiently

D = Decimal


class Provider:
    """Sends the payment provider's events, and keeps count of the seconds."""

    def __init__(self, rig: FlowRig) -> None:
        self.rig = rig
        self.now = int(datetime.now(UTC).timestamp())

    async def tell(self, kind: str, **found: Any) -> Outcome:
        """What the last change in the delivery comes to."""
        self.now += 1
        event = {"id": f"evt_{self.now}", "object": "event", "type": kind, "created": self.now}
        body = json.dumps({**event, "data": {"object": found}}).encode()
        at = datetime.fromtimestamp(self.now, UTC)
        received = WebhookReceived(delivery_id=event["id"], source="stripe", received_at=at, signed_at=at, body=body)
        changes = changes_in_webhook(received, Arrival(f"mesh.webhook.stripe/0/{self.now}", at))
        for change in map(checked, changes):
            assert isinstance(change, Stamped), change
            outcome = await self.rig.decide(change)
        return outcome

    async def refund(self, key: str, cents: int, status: str = "succeeded") -> Outcome:
        found = {"id": f"{key}-{self.rig.mark}", "object": "refund", "amount": cents, "status": status}
        return await self.tell("refund.updated", **found, currency="eur", charge=f"ch-{self.rig.mark}", created=1)

    async def dispute(self, cents: int, status: str) -> Outcome:
        found = {"id": f"dp-{self.rig.mark}", "object": "dispute", "amount": cents, "status": status}
        return await self.tell(
            "charge.dispute.closed", **found, currency="eur", charge=f"ch-{self.rig.mark}", created=2
        )


async def billed(rig: FlowRig) -> Invoice:
    """A posted invoice over 960 EUR, as the ERP tells of it."""
    deal = f"o-{rig.mark}"
    rig.put("accounts", rig.account, name="Ada & Söhne", currency="EUR", country="DE", city="Köln")
    await rig.hear("accounts", rig.account)
    line = {"sku": "SKU-001", "quantity": D(2), "unit_price": D("480"), "position": 1}
    rig.put("opportunity_lines", f"l-{rig.mark}", opportunity_id=deal, account_id=rig.account, **line)
    await rig.hear("opportunity_lines", f"l-{rig.mark}")
    won = {"stage": "Closed Won", "currency": "EUR", "amount": D("960"), "line_count": 1}
    rig.put("opportunities", deal, account_id=rig.account, name="Zwei", **won)
    assert isinstance(await rig.hear("opportunities", deal), Forward)
    (sale,) = await rig.client.call(request.sales(deal))
    await patiently(lambda: rig.client.call(request.post(sale["invoices"][0])))
    await rig.poll("invoice")
    (invoice,) = (known.record for known in rig.view.records.values() if isinstance(known.record, Invoice))
    assert invoice.number is not None
    return invoice


async def credits_of(rig: FlowRig, invoice: Invoice) -> dict[str, tuple[str, Decimal]]:
    (held,) = await rig.client.call(refund_calls.invoice(int(invoice.erp_id)))
    origins = [f"account.invoice.line,{line['id']}" for line in held["lines."]]
    rows = await rig.client.call(refund_calls.credits_of(origins))
    return {row["reference"].removesuffix(f"-{rig.mark}"): (row["state"], row["total_amount"]) for row in rows}


def test_partial_refunds_and_a_lost_dispute_are_credited_once(stack_settings: Settings) -> None:
    async def life() -> None:
        async with FlowRig(stack_settings) as rig:
            provider = Provider(rig)
            assert isinstance(await provider.refund("re_1", 20000), Hold)  # its payment is not known
            invoice = await billed(rig)
            paid = {"id": f"ch-{rig.mark}", "object": "charge", "amount": 96000, "currency": "eur"}
            await provider.tell(
                "charge.refunded", **paid, status="succeeded", metadata={"invoice_number": invoice.number}
            )
            assert isinstance(await provider.refund("re_1", 20000), Forward)
            assert isinstance(await provider.refund("re_1", 20000), Skip)
            assert isinstance(await provider.refund("re_2", 5050, "pending"), Skip)
            assert isinstance(await provider.refund("re_2", 5050), Forward)
            assert await credits_of(rig, invoice) == {
                "refund/re_1": ("posted", D("-200.00")),
                "refund/re_2": ("posted", D("-50.50")),
            }
            polled = await rig.poll("invoice")
            assert len(polled) == 2
            account = rig.row("accounts", rig.account)
            assert account["outstanding_balance"] == D("709.50")
            assert account["invoice_status"] == "credited"
            deal = rig.row("opportunities", f"o-{rig.mark}")
            assert deal["outstanding_balance"] == D("709.50")
            assert deal["invoice_status"] == "credited"

            assert isinstance(await provider.dispute(70950, "needs_response"), Forward)
            (notice,) = rig.notices
            assert (notice.topic, notice.team, notice.account_id) == ("dispute.opened", "finance", rig.account)
            letter = await provider.refund("re_3", 70951)
            assert isinstance(letter, DeadLetter)
            assert letter.reason is Reason.REFUND_NOT_MATCHED
            assert isinstance(await provider.dispute(70950, "lost"), Forward)
            assert (await credits_of(rig, invoice))["refund/dp"] == ("posted", D("-709.50"))
            assert [command.kind for command in rig.commands].count("refund.credit") == 3

    asyncio.run(life())
