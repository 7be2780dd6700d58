"""Damage done by hand in the real ERP: it becomes the right drift, the sink says unchanged, a repair puts it right."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from ops.reconcile.repair import write_erp
from reconciler.compare import compare
from reconciler.difference import Comparison
from reconciler.rules import PAIRS
from schemas.outcome import Forward, Record
from schemas.records import Account, Command, Customer, CustomerUpsert, Drift, Envelope
from schemas.topics import COMMAND_ERP
from sinks.memory.ledger import MemoryLedger
from sinks.tryton import request
from sinks.tryton.changes import change
from sinks.tryton.rows import PARTY
from sinks.tryton.sink import TrytonSink
from streams.intake.normalise.arrival import Arrival
from streams.intake.normalise.erp import change_in_erp_record
from streams.runtime.settings import Settings
from tests.contract.sink_examples import command
from tests.contract.sink_worker import Bench
from tests.integration.damages import CUSTOMERS_GONE_FROM_THE_ERP, CUSTOMERS_IN_THE_ERP, Damage, Row
from tests.integration.damages_chosen import chosen

pytestmark = pytest.mark.stack
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_FIELDS: dict[str, Any] = {
    "name": "Müller & Söhne", "street": "Hauptstr. 1", "city": "Köln", "postal_code": "50667", "country": "DE",
    "tax_id": "DE 123456789", "email": "ap@mueller.example", "phone": "+49 221 1",
}  # fmt: skip


def drift_of(key: str) -> Drift:
    return Drift.model_validate(
        {
            "drift_id": key, "entity": "account", "key": key, "account_id": key, "kind": "field_mismatch",
            "status": "opened", "severity": "medium", "fields": [], "opened_at": NOW, "observed_at": NOW,
            "proposal": "write_erp",
        }
    )  # fmt: skip


class Erp:
    """The real ERP with one customer that the line has written."""

    def __init__(self, settings: Settings) -> None:
        self.key = f"damage-{uuid.uuid4().hex[:8]}"
        self.sink = TrytonSink.of(settings)
        self.bench = Bench(self.sink, MemoryLedger())
        body = CustomerUpsert(code=f"C-{self.key}", **_FIELDS)
        self.command = command("customer.upsert", body, key=self.key, account_id=self.key, version=1)

    async def tell(self, *commands: Command) -> str:
        """Carry the commands; the last effect's outcome."""
        self.bench.send(commands)
        await self.bench.work()
        return self.bench.effects()[-1].outcome

    async def row(self) -> Row:
        (row,) = await self.sink._client.call(request.parties(self.key, None))
        return row  # type: ignore[no-any-return]

    async def damage(self, by_hand: Callable[[Row], dict[str, Any]]) -> None:
        row = await self.row()
        await self.sink._client.call(request.write("party.party", row["id"], by_hand(row), row["_timestamp"]))

    async def customer(self) -> Customer | None:
        """As the line reads the ERP; None where no customer is the account's any more."""
        found = await self.sink._client.call(request.parties(self.key, f"C-{self.key}"))
        for row in await self.sink._client.call(request.records(PARTY, [one["id"] for one in found])):
            told = change_in_erp_record(change(PARTY.name, row, PARTY.body(row), None, NOW), Arrival("t/0/0", NOW))
            if isinstance(told, Customer) and told.id == self.key:
                return told
        return None

    async def compared(self) -> Comparison:
        """As the reconciler compares it."""
        customer = await self.customer()
        meta = Envelope(
            event_id="e", source="s", side="crm", entity="account", key=self.key, account_id=self.key,
            operation="update", version=1, occurred_at=NOW, received_at=NOW, origin="raw/0/0",
        )  # fmt: skip
        account = Account(meta=meta, id=self.key, **_FIELDS)
        return compare(PAIRS["account"], self.key, account, [] if customer is None else [customer])


async def _play(settings: Settings, by_hand: Callable[[Row], dict[str, Any]]) -> tuple[Any, ...]:
    erp = Erp(settings)
    async with erp.sink:
        assert await erp.tell(erp.command) == "applied"
        before = await erp.compared()
        await erp.damage(by_hand)
        damaged = await erp.compared()
        again = erp.command.model_copy(update={"command_id": "again", "version": 2})
        usual = await erp.tell(again)
        plan = write_erp(drift_of(erp.key), Forward((Record(COMMAND_ERP.name, erp.key, erp.key, again),)))
        repair = plan.commands[0].value
        assert isinstance(repair, Command)
        mended = await erp.tell(repair)
        after, name = await erp.compared(), (await erp.row())["code"]
        twice = await erp.tell(repair)
        return before, damaged, usual, mended, after, name == f"C-{erp.key}", twice, len(erp.bench.letters())


@pytest.mark.parametrize("name", chosen(CUSTOMERS_IN_THE_ERP))
def test_damage_by_hand_to_a_customer(stack_settings: Settings, name: str) -> None:
    damage = CUSTOMERS_IN_THE_ERP[name]
    assert callable(damage.do)
    before, damaged, usual, mended, after, code, twice, letters = asyncio.run(_play(stack_settings, damage.do))
    assert before.result == "in_step"
    assert [one.kind for one in damaged.differences] == ([damage.kind] if damage.kind else [])
    assert tuple(field.name for one in damaged.differences for field in one.fields) == damage.fields
    assert {one.owner for one in damaged.differences} <= {"crm"}
    assert usual == "unchanged"  # an ordinary command does not see what was done by hand
    assert (mended, after.result, code) == ("applied", "in_step", True)
    assert (twice, letters) == ("applied", 0)  # the same repair again: told, not written


async def _lost(settings: Settings, damage: Damage) -> tuple[list[Comparison], str]:
    """Before, damaged, mended, and the other account's customer after all."""
    erp, other = Erp(settings), Erp(settings)
    assert isinstance(damage.do, str)
    async with erp.sink, other.sink:
        for one in (other, erp):  # the older customer stays the other account's
            assert await one.tell(one.command) == "applied"
        seen = [await erp.compared()]
        with psycopg.connect(settings.erp_database_url) as connection:
            for statement in damage.do.split("; "):
                given = {"code": f"C-{erp.key}", "other": f"C-{other.key}"}
                assert connection.execute(statement, given).rowcount >= 1, statement
        seen.append(await erp.compared())
        again = erp.command.model_copy(update={"command_id": "again", "version": 2})
        plan = write_erp(drift_of(erp.key), Forward((Record(COMMAND_ERP.name, erp.key, erp.key, again),)))
        assert isinstance(plan.commands[0].value, Command)
        outcome = await erp.tell(plan.commands[0].value)
        return [*seen, await erp.compared(), await other.compared()], outcome


@pytest.mark.parametrize("name", chosen(CUSTOMERS_GONE_FROM_THE_ERP))
def test_a_customer_that_is_gone(stack_settings: Settings, name: str) -> None:
    damage = CUSTOMERS_GONE_FROM_THE_ERP[name]
    seen, outcome = asyncio.run(_lost(stack_settings, damage))
    assert [one.result for one in seen] == ["in_step", damage.kind, "in_step", "in_step"]
    assert outcome == "applied"
