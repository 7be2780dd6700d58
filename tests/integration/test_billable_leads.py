"""FL10 on the real ERP and the real CRM: a lead becomes a customer with a first order, and the lead learns of both."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from schemas.outcome import Forward, Skip
from sinks.tryton import request, sale
from streams.runtime.settings import Settings
from tests.integration.flow_rig import FlowRig


def test_a_billable_lead_of_no_account_becomes_a_customer_with_an_order(stack_settings: Settings) -> None:
    async def life() -> None:
        async with FlowRig(stack_settings) as rig:
            lead = f"l-{rig.mark}"
            rig.view.codes[lead] = f"L-{rig.mark}"
            told = {"name": f"Ada {rig.mark}", "country": "DE", "city": "Köln", "currency": "EUR", "sku": "SKU-003"}
            told |= {"campaign": "spring-2026", "channel": "partner"}
            figures = {"quantity": Decimal("2.5"), "unit_price": Decimal("10.5025")}
            rig.put("leads", lead, status="qualified", **told, **figures)
            assert isinstance(await rig.hear("leads", lead), Skip)

            rig.put("leads", lead, status="billable", **told)
            assert isinstance(await rig.hear("leads", lead), Forward)
            (party,) = await rig.client.call(request.parties(lead, None))
            assert (party["code"], party["name"]) == (f"L-{rig.mark}", f"Ada {rig.mark}")
            (order,) = await rig.client.call(request.sales(lead))
            assert (order["state"], order["total_amount"]) == ("processing", Decimal("26.26"))
            assert sale.held(order)["customer"] == lead
            row = rig.row("leads", lead)
            assert (row["erp_customer_code"], row["erp_order_number"]) == (f"L-{rig.mark}", order["number"])

            for _ in range(2):  # our own writes come back, and nothing more is written
                before = len(rig.commands)
                assert isinstance(await rig.hear("leads", lead), Skip)
                await rig.poll("party")
                await rig.poll("sale")
                assert len(rig.commands) == before

    asyncio.run(life())
