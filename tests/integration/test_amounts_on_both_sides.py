"""DR3 on the real CRM database and the real ERP, where money is concerned: an amount or a currency that both sides
changed at once goes to review, with both values, times and authors; until people decide each side keeps its own.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from schemas.outcome import DeadLetter, Outcome
from schemas.reasons import Reason
from streams.runtime.clock import micros
from streams.runtime.settings import Settings
from tests.integration.flow_rig import FlowRig
from tests.unit.streams.decide.two_sides import EPOCH

pytestmark = pytest.mark.stack
TRIALS, SEED = (200 if os.environ.get("MESHLINE_LONG") else 8), 5
CURRENCIES = ("CHF", "GBP", "JPY", "USD")
#: Past every rule of the ERP, as only an administrator can: an order that is being carried out does not change.
_SET = {
    "amount": "update sale_sale set total_amount_cache = %s, untaxed_amount_cache = total_amount_cache",
    "currency": "update sale_sale set currency = (select id from currency_currency where code = %s)",
}
_SIGNED = ", write_uid = 1, write_date = clock_timestamp() at time zone 'utc' where reference = %s"


@dataclass
class Deal:
    """A won deal and its order. Each change takes place at once; each side is told of when the line looks."""

    rig: FlowRig
    erp: psycopg.Connection[Any]
    key: str
    said: list[DeadLetter] = field(default_factory=list)

    def change(self, side: str, name: str, value: Any) -> None:
        if side == "crm":
            row = self.rig.row("opportunities", self.key)
            whole = {column: row[column] for column in ("account_id", "name", "stage", "currency", "amount")}
            self.rig.put("opportunities", self.key, **whole | {name: value, "updated_at": datetime.now(UTC)})
        else:
            self.erp.execute(_SET[name] + _SIGNED, [value, self.key])

    async def look(self, side: str) -> None:
        if side == "crm":
            changed: datetime = self.rig.row("opportunities", self.key)["updated_at"]
            heard = [await self.rig.hear("opportunities", self.key, changed)]
        else:
            heard = await self.rig.poll("sale")
        self.said += [outcome for outcome in heard if isinstance(outcome, DeadLetter)]

    def values(self, name: str) -> tuple[Any, Any]:
        """What the CRM and the ERP hold."""
        sql = (
            "select sale.total_amount_cache, money.code from sale_sale sale"
            " join currency_currency money on money.id = sale.currency where sale.reference = %s"
        )
        found = self.erp.execute(sql, [self.key]).fetchone()
        assert found is not None
        return self.rig.row("opportunities", self.key)[name], found[0 if name == "amount" else 1]

    def changed_at(self) -> tuple[str, str]:
        """When each side was changed last, as a letter tells it."""
        found = self.erp.execute("select write_date from sale_sale where reference = %s", [self.key]).fetchone()
        assert found is not None
        crm = self.rig.row("opportunities", self.key)["updated_at"]
        erp = EPOCH + (found[0] - EPOCH.replace(tzinfo=None))
        return tuple((EPOCH + timedelta(microseconds=micros(one))).isoformat() for one in (crm, erp))  # type: ignore[return-value]


async def placed(rig: FlowRig) -> str:
    """The id of a deal whose order is in the ERP."""
    deal = f"o-{rig.mark}"
    rig.put("accounts", rig.account, name="Ada & Söhne", currency="EUR", country="DE", city="Köln")
    line = {"sku": "SKU-013", "quantity": Decimal(1), "unit_price": Decimal("827.08"), "position": 1}
    rig.put("opportunity_lines", f"l-{rig.mark}", opportunity_id=deal, account_id=rig.account, **line)
    fields = {"stage": "Closed Won", "currency": "EUR", "amount": Decimal("827.08"), "line_count": 1}
    rig.put("opportunities", deal, account_id=rig.account, name="Ein Gerät", **fields)
    for table, key in (("accounts", rig.account), ("opportunity_lines", f"l-{rig.mark}"), ("opportunities", deal)):
        outcome: Outcome = await rig.hear(table, key)
        assert not isinstance(outcome, DeadLetter), outcome
    assert not [one for one in await rig.poll("sale") if isinstance(one, DeadLetter)]
    return deal


def new_values(number: int, now: str, dice: random.Random) -> tuple[str, dict[str, Any]]:
    if dice.random() < 0.5:
        return "amount", {"crm": Decimal(f"{1000 + number}.50"), "erp": Decimal(f"{5000 + number}.25")}
    return "currency", dict(zip(("crm", "erp"), dice.sample([c for c in CURRENCIES if c != now], 2), strict=True))


async def trial(deal: Deal, number: int, dice: random.Random, tally: Counter[str], wrong: list[str]) -> None:
    """Both sides change one field of money; the line looks at either side when it likes, in the end at both."""
    name, values = new_values(number, deal.values("currency")[0], dice)
    order = dice.sample(("crm", "erp"), 2)
    deal.said.clear()
    before = len(deal.rig.commands)
    for side in order:
        deal.change(side, name, values[side])
        await asyncio.sleep(dice.random() * 0.01)
        for look in dice.sample(("crm", "erp"), dice.randint(0, 2)):
            await deal.look(look)
    last = dice.sample(("crm", "erp"), 2)
    for look in last:
        await deal.look(look)
    review = [one for one in deal.said if one.reason is Reason.CONFLICT_ON_FINANCIAL_FIELD]
    tally[f"{name}, the {order[-1]} changed it later"] += 1
    tally["letters: " + ", ".join(sorted({one.reason.value for one in deal.said}))] += 1
    seen = [*map(_shown, values.values()), *deal.changed_at(), "by ina", "by user 1"]
    if not any(all(text in one.detail for text in seen) for one in review):
        wrong.append(f"trial {number}: {name} {values} {order}, then {last}: {[one.detail for one in deal.said]}")
    if deal.values(name) != (values["crm"], values["erp"]) or len(deal.rig.commands) != before:
        wrong.append(f"trial {number}: {name} is {deal.values(name)}, not {values}")
    await _agreed(deal, name)


def _shown(value: Any) -> str:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


async def _agreed(deal: Deal, name: str) -> None:
    """People decide for the ERP's, and write it in the CRM."""
    deal.change("crm", name, deal.values(name)[1])
    await deal.look("crm")
    await deal.look("erp")


def test_money_that_both_sides_changed_is_reviewed_every_time(stack_settings: Settings) -> None:
    async def scene(erp: psycopg.Connection[Any]) -> tuple[Counter[str], list[str]]:
        tally, wrong, dice = Counter[str](), list[str](), random.Random(SEED)
        async with FlowRig(stack_settings) as rig:
            deal = Deal(rig, erp, await placed(rig))
            for number in range(TRIALS):
                await trial(deal, number, dice, tally, wrong)
        return tally, wrong

    with psycopg.connect(stack_settings.erp_database_url, autocommit=True) as erp:
        tally, wrong = asyncio.run(scene(erp))
    for ending, times in sorted(tally.items()):
        print(f"{times:4} {ending}")  # noqa: T201 - what was measured
    assert wrong == []
    assert sum(times for ending, times in tally.items() if "later" in ending) == TRIALS
