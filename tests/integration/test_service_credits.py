"""FL7 on the real ERP and the real CRM: a credit note, its number back in the case, a notice; and no second one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

from schemas.outcome import DeadLetter, Forward, Skip
from schemas.reasons import Reason
from sinks.tryton import correction, request
from streams.runtime.settings import Settings
from tests.integration.flow_rig import FlowRig


def test_an_approved_credit_becomes_a_posted_credit_note(stack_settings: Settings) -> None:
    async def life() -> None:
        async with FlowRig(stack_settings) as rig:
            rig.put("accounts", rig.account, name="Ada & Söhne", currency="EUR", country="DE", city="Köln")
            await rig.hear("accounts", rig.account)
            case = f"c-{rig.mark}"
            closed = {"account_id": rig.account, "status": "closed", "closed_at": datetime.now(UTC), "currency": "EUR"}
            rig.put("cases", case, **closed, credit_amount=Decimal("120.50"), credit_reason="Vier Stunden ohne Dienst")
            letter = await rig.hear("cases", case)
            assert isinstance(letter, DeadLetter)
            assert letter.reason is Reason.CREDIT_NEEDS_APPROVAL

            rig.put("cases", case, **closed, credit_approved_by="ina")
            assert isinstance(await rig.hear("cases", case), Forward)
            (row,) = await rig.client.call(request.corrections(f"credit/{case}"))
            assert row["state"] == "posted"
            assert row["total_amount"] == Decimal("-120.50")
            assert correction.held(row)["customer"] == rig.account
            assert rig.row("cases", case)["erp_credit_number"] == row["number"]
            (notice,) = rig.notices
            assert (notice.team, notice.key, notice.money) == ("customer-operations", case, Decimal("120.50"))

            assert isinstance(await rig.hear("cases", case), Skip)  # our own write comes back
            polled = await rig.poll("invoice")
            assert len(polled) == 1
            assert rig.row("accounts", rig.account)["outstanding_balance"] == Decimal("-120.50")
            assert isinstance(await rig.hear("cases", case), Skip)
            assert len(await rig.client.call(request.corrections(f"credit/{case}"))) == 1

            other = f"d-{rig.mark}"
            rig.put("cases", other, **closed, credit_amount=Decimal("379.51"), credit_approved_by="ina")
            letter = await rig.hear("cases", other)
            assert isinstance(letter, DeadLetter)
            assert "noor.haddad" in letter.suggestion
            rig.put("cases", other, **closed, credit_approved_by="noor.haddad")
            assert isinstance(await rig.hear("cases", other), Forward)
            assert [command.kind for command in rig.commands].count("credit.grant") == 2

    asyncio.run(life())
