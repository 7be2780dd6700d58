"""The verbs about the audit."""

from __future__ import annotations

from ops.access.people import Actor
from ops.audit.chain import check, compare
from ops.audit.store import AuditQuery, read_all, read_head, search
from ops.cases import answers, asks
from ops.cases.desk import Desk


async def list_audit(desk: Desk, actor: Actor, ask: asks.ListAudit) -> answers.AuditPage:
    """Who did what, the newest last."""
    async with desk.database.connect() as connection:
        return answers.AuditPage(entries=await search(connection, AuditQuery(**ask.model_dump())))


async def verify_audit(desk: Desk, actor: Actor, ask: asks.VerifyAudit) -> answers.AuditVerdict:
    """Is the chain as it was written? Checked by itself, by its head, and against the copy on the topic."""
    async with desk.database.connect() as connection:
        _, told = await read_head(connection)
    copies = await desk.copies()  # after `told`: what was told is there; before the chain: what is there was written
    async with desk.database.connect() as connection:
        await connection.exec_driver_sql("set transaction isolation level repeatable read")
        head, _ = await read_head(connection)
        entries = await read_all(connection)
    faults = check(entries, head, desk.audit_key) + compare(entries, copies, told)
    return answers.AuditVerdict(
        entries=len(entries),
        faults=[f"entry {fault.seq}: {fault.what}" for fault in faults],
        signed=bool(desk.audit_key),
        copied=len(copies),
    )
