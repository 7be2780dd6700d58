"""What a repair would send, from what the operations database knows; nothing of it is kept."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import create_engine, delete, insert

from ops.reconcile.mend import plan_repair
from ops.reconcile.repair import nonce_of
from reconciler.explanations.operations import OperationsExplanations
from reconciler.rows import Subject
from schemas.records import Account, Command, Customer, Drift, Envelope
from streams.runtime.database import driver_url, operations_engine
from streams.runtime.settings import Settings
from streams.runtime.tables import effects, holds, records

pytestmark = pytest.mark.stack
NOW = datetime.now(UTC)


def stamped(side: Any, entity: Any, key: str) -> Envelope:
    return Envelope(
        event_id=f"{side}-{key}", source="cdc:crm", side=side, entity=entity, key=key, account_id=key,
        operation="update", version=7, occurred_at=NOW, received_at=NOW, origin="raw/0/0",
    )  # fmt: skip


def row(record: Account | Customer) -> dict[str, Any]:
    meta = record.meta
    return {
        "side": meta.side, "entity": meta.entity, "key": meta.key, "account_id": meta.account_id, "version": 7,
        "sequence": 0, "event_id": meta.event_id, "deleted": False, "in_crm": True, "seen_topic": "t",
        "seen_partition": 0, "seen_offset": 0, "updated_at": NOW, "body": record.model_dump(mode="json"),
        "fingerprint": "as sent", "fingerprint_event": "an earlier event",
    }  # fmt: skip


async def _plan(settings: Settings, proposal: str) -> tuple[Any, Drift]:
    key = f"repair-{uuid.uuid4().hex[:8]}"
    account = Account(meta=stamped("crm", "account", key), id=key, name="Acme", city="Ghent")
    customer = Customer(meta=stamped("erp", "customer", key), id=key, erp_id="5", code="C-5", name="Acne")
    drift = Drift.model_validate(
        {
            "drift_id": key, "entity": "account", "key": key, "account_id": key, "kind": "field_mismatch",
            "status": "opened", "severity": "medium", "fields": [], "opened_at": NOW, "observed_at": NOW,
            "proposal": proposal,
        }
    )  # fmt: skip
    database = operations_engine(settings.operations_url, pool_size=1)
    try:
        async with database.connect() as connection:
            await connection.execute(insert(records).values([row(account), row(customer)]))
            plan = await plan_repair(connection, settings, drift, None, NOW)
            await connection.rollback()
            return plan, drift
    finally:
        await database.dispose()


@pytest.mark.parametrize(("proposal", "kind"), [("write_erp", "customer.upsert"), ("write_crm", "account.link")])
def test_a_repair_is_planned_from_what_is_known(stack_settings: Settings, proposal: str, kind: str) -> None:
    plan, drift = asyncio.run(_plan(stack_settings, proposal))
    assert plan.why_not == ""
    (record,) = plan.commands
    command = record.value
    assert isinstance(command, Command)
    assert (command.kind, command.key, command.repair) == (kind, drift.key, nonce_of(drift))
    if kind == "customer.upsert":
        assert command.customer is not None
        assert (command.customer.name, command.customer.city) == ("Acme", "Ghent")
    else:
        assert command.account is not None
        assert command.account.erp_customer_code == "C-5"


def test_what_explains_a_drift_is_read_from_the_holds_and_the_ledger(stack_settings: Settings) -> None:
    engine = create_engine(driver_url(stack_settings.operations_url))
    key = f"explained-{uuid.uuid4().hex[:8]}"
    hold = {
        "hold_id": f"h-{key}", "event_id": "e", "side": "crm", "entity": "opportunity", "key": key, "account_id": "A",
        "version": 1, "sequence": 0, "wait_kind": "account", "wait_key": "A", "wait_count": 0,
        "reason": "missing_account", "detail": "", "state": "open", "origin": "o", "source_topic": "t",
        "source_partition": 0, "source_offset": 0, "source_timestamp": 0, "message_headers": [], "held_since": NOW,
        "checked_at": NOW, "expires_at": NOW,
    }  # fmt: skip
    write = {
        "target": "erp", "command_id": f"c-{key}", "kind": "customer.upsert", "key": key, "account_id": "A",
        "version": 1, "sequence": 0, "fingerprint": "f", "state": "pending", "attempts": 1, "epoch": 1,
        "started_at": NOW,
    }  # fmt: skip
    deal, account, other = Subject("opportunity", key), Subject("account", key), Subject("invoice", key)
    known = OperationsExplanations(engine)
    try:
        with engine.begin() as connection:
            connection.execute(insert(holds).values(hold))
            connection.execute(insert(effects).values(write))
        found = known.of([deal, account, other])
        assert found is not None
        assert {subject: (one.kind, one.reason) for subject, one in found.items()} == {
            deal: ("hold", "missing_account"),
            account: ("write", "customer.upsert"),
        }
    finally:
        with engine.begin() as connection:
            connection.execute(delete(holds).where(holds.c.key == key))
            connection.execute(delete(effects).where(effects.c.key == key))
        known.close()
    away = OperationsExplanations.at("postgresql://nobody:x@127.0.0.1:1/none")
    assert away.of([deal]) is None
    away.close()
