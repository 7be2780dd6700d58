"""Decisions about likely duplicates in the operations database: kept for good, the newest of a pair counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from streams.facts.alike import save_keys
from streams.facts.view import MODELS
from streams.runtime.tables import account_keys, duplicate_decisions, records

_CHUNK = 500


async def decide(
    connection: AsyncConnection, account_id: str, other_id: str, verdict: str, by_whom: str, why: str, now: datetime
) -> None:
    """Keep `merge` (one company, `other_id` is who stays), `split` (two again) or `reject` (two, never one)."""
    row = {
        "account_id": account_id,
        "other_id": other_id,
        "verdict": verdict,
        "by_whom": by_whom,
        "why": why,
        "at": now,
    }
    await connection.execute(insert(duplicate_decisions).values(**row))


async def decisions(connection: AsyncConnection, limit: int) -> list[dict[str, Any]]:
    """The newest decisions, newest first."""
    query = select(duplicate_decisions).order_by(duplicate_decisions.c.decision_id.desc()).limit(limit)
    return [dict(row._mapping) for row in await connection.execute(query)]


async def reindex(connection: AsyncConnection) -> int:
    """Put every known account under its keys, such as those from before the index. How many there are."""
    mine = (records.c.side == "crm", records.c.entity == "account", records.c.deleted.is_(False))
    rows = (await connection.execute(select(records.c.body).where(*mine))).scalars().all()
    for start in range(0, len(rows), _CHUNK):
        await save_keys(connection, [MODELS["account"].model_validate(body) for body in rows[start : start + _CHUNK]])  # type: ignore[misc]
    return int(await connection.scalar(select(func.count(account_keys.c.account_id.distinct()))) or 0)
