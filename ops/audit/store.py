"""The audit in the operations database: appended in the transaction of the act, so one is never without the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from ops.audit.chain import FIRST, Act, Head, link, sign
from ops.audit.tables import audit_entries, audit_head
from schemas.records import AuditEntry

_CHAIN = 1


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries; "" is any. The newest `limit` of them."""

    who: str = ""
    action: str = ""
    subject: str = ""
    refused: bool = False
    limit: int = 50


async def append(connection: AsyncConnection, act: Act, now: datetime, key: bytes = b"") -> AuditEntry:
    """Add an entry. Others wait until this transaction ends: the chain has one order."""
    empty = {"chain": _CHAIN, "seq": 0, "hash": FIRST, "signature": "", "told": 0}
    await connection.execute(upsert(audit_head).values(empty).on_conflict_do_nothing())
    head = (await connection.execute(select(audit_head).with_for_update())).one()
    entry = link(act, head.seq + 1, head.hash, now)
    await connection.execute(insert(audit_entries).values(entry.model_dump()))
    signature = sign(entry.seq, entry.hash, key)
    await connection.execute(update(audit_head).values(seq=entry.seq, hash=entry.hash, signature=signature))
    return entry


async def read_head(connection: AsyncConnection) -> tuple[Head, int]:
    """The head, and how many entries were told on the topic."""
    row = (await connection.execute(select(audit_head))).one_or_none()
    return (Head(0, FIRST), 0) if row is None else (Head(row.seq, row.hash, row.signature), row.told)


async def read_all(connection: AsyncConnection, after: int = 0, limit: int | None = None) -> list[AuditEntry]:
    """Entries by number, those after one."""
    query = select(audit_entries).where(audit_entries.c.seq > after).order_by(audit_entries.c.seq).limit(limit)
    return _entries((await connection.execute(query)).all())


async def search(connection: AsyncConnection, asked: AuditQuery) -> list[AuditEntry]:
    """The newest entries that match, oldest first."""
    query = select(audit_entries)
    for name in ("who", "action", "subject"):
        if getattr(asked, name):
            query = query.where(audit_entries.c[name] == getattr(asked, name))
    if asked.refused:
        query = query.where(audit_entries.c.allowed.is_(False))
    rows = (await connection.execute(query.order_by(audit_entries.c.seq.desc()).limit(asked.limit))).all()
    return _entries(rows[::-1])


async def mark_told(connection: AsyncConnection, seq: int) -> None:
    """Everything up to this entry is on the topic."""
    await connection.execute(update(audit_head).where(audit_head.c.told < seq).values(told=seq))


def _entries(rows: Sequence[Any]) -> list[AuditEntry]:
    return [AuditEntry(**{**row._mapping, "at": row.at.astimezone(UTC)}) for row in rows]
