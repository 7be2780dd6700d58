"""Mappings: the CRM's account and its customer in the ERP. Reserved with a code before the write, applied after it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.records import Command
from streams.runtime.tables import mappings


async def mark_applied(
    connection: AsyncConnection, target: str, command: Command, external_id: str, now: datetime
) -> None:
    """The customer exists in the target under its code and this id. Other kinds of commands have no mapping."""
    if command.customer is None:
        return
    values = {"code": command.customer.code, "external_id": external_id, "state": "applied", "applied_at": now}
    statement = insert(mappings).values(target=target, entity="customer", crm_id=command.key, reserved_at=now, **values)
    # The code that is on the row was reserved; the command carries the same one.
    del values["code"]
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[mappings.c.target, mappings.c.entity, mappings.c.crm_id], set_=values
        )
    )
