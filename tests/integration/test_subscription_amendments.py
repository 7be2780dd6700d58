"""FL8 on the real ERP and the real CRM: a schedule, its amendments, what corrects them, and nothing twice."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any

from schemas.outcome import Forward, Skip, SkipWhy
from sinks.tryton import request, schedule, schedule_calls
from streams.runtime.settings import Settings
from tests.integration.flow_rig import FlowRig

D = Decimal


async def corrected(rig: FlowRig, key: str, revision: int) -> list[tuple[str, Decimal]]:
    rows = await rig.client.call(request.corrections(f"subscription/{key}/{revision}"))
    return [(row["state"], row["total_amount"]) for row in rows]


async def schedule_in_erp(rig: FlowRig, key: str) -> Any:
    (row,) = await rig.client.call(schedule_calls.schedules(key))
    return row


def test_upgrade_downgrade_and_cancel(stack_settings: Settings) -> None:
    async def life() -> None:
        async with FlowRig(stack_settings) as rig:
            rig.put("accounts", rig.account, name="Ada & Söhne", currency="EUR", country="DE", city="Köln")
            await rig.hear("accounts", rig.account)
            key = f"s-{rig.mark}"
            plan: dict[str, Any] = {
                "account_id": rig.account,
                "sku": "SKU-001",
                "currency": "EUR",
                "billing_interval": "month",
            }
            plan |= {"starts_on": date(2026, 10, 1), "unit_price": D("31.0000")}

            def change(**fields: Any) -> None:
                rig.put("subscriptions", key, **(plan | {"status": "active"} | fields))

            change(quantity=D(2), effective_on=date(2026, 10, 1), revision=1)
            assert isinstance(await rig.hear("subscriptions", key), Forward)
            row = await schedule_in_erp(rig, key)
            assert (row["state"], len(row["lines."]), row["end_date"]) == ("running", 1, None)
            written = rig.row("subscriptions", key)
            assert (written["erp_subscription_number"], written["erp_revision"]) == (row["number"], 1)
            again = await rig.hear("subscriptions", key)  # our own write comes back
            assert isinstance(again, Skip)

            # 16 of October's 31 days: two more at 31.00 each
            change(quantity=D(4), effective_on=date(2026, 10, 16), revision=2)
            assert isinstance(await rig.hear("subscriptions", key), Forward)
            assert await corrected(rig, key, 2) == [("posted", D("32.00"))]
            row = await schedule_in_erp(rig, key)
            assert sorted((one["start_date"].isoformat(), one["quantity"]) for one in row["lines."]) == [
                ("2026-10-01", 2),
                ("2026-11-01", 4),
            ]
            assert row["state"] == "running"
            assert rig.row("subscriptions", key)["erp_revision"] == 2

            # the same command again, as after a crash: nothing new
            await rig.carry("mesh.command.erp", [one for one in rig.commands if one.kind == "schedule.amend"][-1])
            assert await corrected(rig, key, 2) == [("posted", D("32.00"))]
            assert await schedule_in_erp(rig, key) == row

            # down from the next interval's first day on: nothing to correct
            change(quantity=D(1), effective_on=date(2026, 11, 1), revision=3)
            assert isinstance(await rig.hear("subscriptions", key), Forward)
            assert await corrected(rig, key, 3) == []
            row = await schedule_in_erp(rig, key)
            assert sorted(one["quantity"] for one in row["lines."]) == [1, 2]

            # cancelled with 10 of November's 30 days unused: 31.00 * 10 / 30
            change(quantity=D(1), status="cancelled", effective_on=date(2026, 11, 21), revision=4)
            assert isinstance(await rig.hear("subscriptions", key), Forward)
            assert await corrected(rig, key, 4) == [("posted", D("-10.33"))]
            row = await schedule_in_erp(rig, key)
            assert row["end_date"] == date(2026, 11, 30)
            assert schedule.read(row).over
            last = await rig.hear("subscriptions", key)
            assert isinstance(last, Skip)
            assert last.why in (SkipWhy.ECHO, SkipWhy.UNCHANGED)

    asyncio.run(life())
