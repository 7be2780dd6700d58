"""FL2 on the real ERP and the real CRM: what the ERP's people change arrives, and then both are quiet."""

from __future__ import annotations

import asyncio
from typing import Any

from schemas.outcome import Forward, Skip
from sinks.tryton import request
from streams.runtime.settings import Settings
from tests.integration.flow_rig import FlowRig, told

OWNED = ("erp_customer_code", "payment_terms", "erp_status")


async def edit(rig: FlowRig, **values: Any) -> None:
    """Somebody changes the customer in the ERP."""
    (row,) = await rig.client.call(request.parties(rig.account, None))
    await rig.client.call(request.write("party.party", row["id"], values, row["_timestamp"]))


async def quiet(rig: FlowRig) -> None:
    """Both systems are heard again and again, and nothing is written any more."""
    before = len(rig.commands)
    for _ in range(3):
        assert isinstance(await rig.hear("accounts", rig.account), Skip)
        assert all(isinstance(outcome, Skip) for outcome in await rig.poll("party"))
    assert len(rig.commands) == before


def test_terms_and_status_of_the_erp_reach_the_crm_and_nothing_echoes(stack_settings: Settings) -> None:
    async def life() -> None:
        async with FlowRig(stack_settings) as rig:
            rig.put("accounts", rig.account, name="Ada & Söhne", currency="EUR", country="DE", city="Köln")
            assert isinstance(await rig.hear("accounts", rig.account), Forward)
            await rig.poll("party")
            await quiet(rig)

            (term,) = await rig.client.call(
                request.search("account.invoice.payment_term", [["name", "=", "30 days"]], ["name"])
            )
            await edit(rig, customer_payment_term=term["id"])
            (outcome,) = await rig.poll("party")
            assert isinstance(outcome, Forward)
            assert told(rig.row("accounts", rig.account), *OWNED) == {
                "erp_customer_code": f"K-{rig.mark}",
                "payment_terms": "30 days",
                "erp_status": None,
            }
            await quiet(rig)

            await edit(rig, active=False, customer_payment_term=None)
            await rig.poll("party")
            assert told(rig.row("accounts", rig.account), *OWNED) == {
                "erp_customer_code": f"K-{rig.mark}",
                "payment_terms": None,
                "erp_status": "inactive",
            }
            await quiet(rig)

            await edit(rig, active=True)  # an inactive customer cannot be changed otherwise
            await rig.poll("party")
            assert rig.row("accounts", rig.account)["erp_status"] is None
            await quiet(rig)

            rig.put("accounts", rig.account, name="Ada & Töchter", currency="EUR")
            assert isinstance(await rig.hear("accounts", rig.account), Forward)
            await rig.poll("party")
            await quiet(rig)
            assert rig.row("accounts", rig.account)["erp_customer_code"] == f"K-{rig.mark}"
            (row,) = await rig.client.call(request.parties(rig.account, None))
            assert (row["code"], row["name"]) == (f"K-{rig.mark}", "Ada & Töchter")

    asyncio.run(life())
