"""FL4 on the real ERP and the real CRM: the invoice of a won deal is composed, compared, posted and told of, once."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from schemas.outcome import Forward, Hold, Skip, WaitKind
from schemas.reasons import Reason
from sinks.errors import Refused
from sinks.tryton import invoice, request
from streams.decide import Policy
from streams.rules import rules_of, shipped_texts
from streams.runtime.settings import Settings
from tests.integration.flow_rig import FlowRig

_DRAFTED = ["account.billing", "invoice.draft", "invoice.post", "opportunity.billed", "opportunity.billing"]


def automatic() -> Policy:
    """The shipped rules, with automatic billing for everybody."""
    texts = shipped_texts()
    text = texts["automatic-billing.yaml"]
    return Policy(rules_of({**texts, "automatic-billing.yaml": text.replace('value: "false"', 'value: "true"')}))


def won(rig: FlowRig, *, signed: bool) -> str:
    """A won deal of a subscription and a device under a contract for a year; its id."""
    deal, contract = f"o-{rig.mark}", f"ct-{rig.mark}"
    rig.put("accounts", rig.account, name="Ada & Söhne", currency="EUR", country="DE", city="Köln")
    terms: dict[str, Any] = {"reference": "PO 2026/0117, Köln", "billing_terms": "30 days", "currency": "EUR"}
    terms |= {"starts_on": date(2026, 4, 1), "ends_on": date(2027, 3, 31)}
    rig.put("contracts", contract, account_id=rig.account, signed_at=datetime.now(UTC) if signed else None, **terms)
    for number, (sku, quantity, price) in enumerate([("SKU-001", "2", "441.60"), ("SKU-013", "1", "827.08")], 1):
        fields = {"sku": sku, "quantity": Decimal(quantity), "unit_price": Decimal(price), "position": number}
        rig.put("opportunity_lines", f"l{number}-{rig.mark}", opportunity_id=deal, account_id=rig.account, **fields)
    fields = {"stage": "Closed Won", "currency": "EUR", "amount": Decimal("1710.28"), "line_count": 2}
    rig.put("opportunities", deal, account_id=rig.account, name="Ein Jahr", contract_id=contract, **fields)
    return deal


async def ordered(rig: FlowRig, *, signed: bool = True) -> str:
    deal = won(rig, signed=signed)
    await rig.hear("accounts", rig.account)
    await rig.hear("contracts", f"ct-{rig.mark}")
    for number in (1, 2):
        await rig.hear("opportunity_lines", f"l{number}-{rig.mark}")
    assert isinstance(await rig.hear("opportunities", deal), Forward)
    return deal


def test_a_signed_deal_is_billed_once(stack_settings: Settings) -> None:
    async def life() -> None:
        async with FlowRig(stack_settings, automatic()) as rig:
            deal = await ordered(rig)
            rig.commands.clear()
            (outcome,) = await rig.poll("invoice")
            assert isinstance(outcome, Forward)
            assert sorted(command.kind for command in rig.commands) == _DRAFTED

            (row,) = await rig.client.call(invoice.of_order(deal))
            held = invoice.held(row)
            assert row["state"] == "posted"
            assert (held["total"], held["reference"]) == (Decimal("1710.28"), "PO 2026/0117, Köln")
            assert (held["payment terms"], held["line 1 account"]) == ("30 days", "4.2.2")
            assert (held["line 2 account"], held["line 2 earned"]) == ("4.1.1", None)
            (schedule,) = await rig.client.call(invoice.schedules(row["id"]))
            assert (schedule["start_date"], schedule["end_date"]) == (date(2026, 4, 1), date(2027, 3, 31))
            marked = rig.row("opportunities", deal)
            assert marked["billed_invoice_number"] == row["number"]
            assert marked["billed_on"] == datetime.now(UTC).date()

            assert isinstance(await rig.hear("opportunities", deal), Skip)  # our own write comes back
            rig.commands.clear()
            assert [type(one) for one in await rig.poll("invoice")] == [Forward]  # it is issued now
            assert {command.kind for command in rig.commands} == {"account.billing", "opportunity.billing"}
            assert rig.row("opportunities", deal)["invoice_status"] == "issued"
            assert rig.row("opportunities", deal)["outstanding_balance"] == Decimal("1710.28")
            assert len(await rig.client.call(invoice.of_order(deal))) == 1

    asyncio.run(life())


def test_the_invoice_waits_until_its_contract_is_signed(stack_settings: Settings) -> None:
    async def life() -> None:
        async with FlowRig(stack_settings, automatic()) as rig:
            deal = await ordered(rig, signed=False)
            (hold,) = await rig.poll("invoice")
            assert isinstance(hold, Hold)
            assert hold.waiting_for.kind is WaitKind.SIGNATURE
            (row,) = await rig.client.call(invoice.of_order(deal))
            assert row["state"] == "draft"

    asyncio.run(life())


def test_a_draft_that_people_changed_is_not_posted(stack_settings: Settings) -> None:
    async def life() -> None:
        async with FlowRig(stack_settings, automatic()) as rig:
            deal = await ordered(rig)
            (row,) = await rig.client.call(invoice.of_order(deal))
            line = invoice.sold(row)[1]
            changed = {"lines": [["write", [line["id"]], {"unit_price": Decimal("800.0000")}]]}
            await rig.client.call(request.write("account.invoice", row["id"], changed, row["_timestamp"]))
            with pytest.raises(Refused, match=r"line 2 price: sent 827\.0800, found 800\.0000") as refused:
                await rig.poll("invoice")
            assert refused.value.reason is Reason.ERP_VERIFICATION_FAILED
            (row,) = await rig.client.call(invoice.of_order(deal))
            assert row["state"] == "draft"
            assert rig.row("opportunities", deal)["billed_invoice_number"] is None

    asyncio.run(life())


def test_as_shipped_an_accountant_posts(stack_settings: Settings) -> None:
    async def life() -> None:
        async with FlowRig(stack_settings) as rig:
            deal = await ordered(rig)
            rig.commands.clear()
            await rig.poll("invoice")
            assert {command.kind for command in rig.commands} == {"account.billing", "opportunity.billing"}
            (row,) = await rig.client.call(invoice.of_order(deal))
            assert row["state"] == "draft"

    asyncio.run(life())
