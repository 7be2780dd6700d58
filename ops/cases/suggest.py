"""Suggestions for cases: what the letter's record names, beside what the operations database knows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ops.cases.reading import record_in
from ops.cases.similar import Candidate, likely_accounts, nearest_codes
from ops.cases.tables import cases, letters
from schemas.codec import Codec
from schemas.reasons import Reason, catalogue
from streams.runtime.tables import records

_AT_ONCE = 20
_MOST_ACCOUNTS = 5000
_SUGGESTED = [reason.value for reason in Reason if catalogue()[reason].suggest]


async def fill_suggestions(database: AsyncEngine, codec: Codec, opened: Iterable[str]) -> int:
    """Give suggestions to the newest of these cases; how many got some. Who looks at a case gets today's anyway."""
    mine = cases.c.case_id.in_(list(opened)) & (cases.c.kind == "letter") & cases.c.reason.in_(_SUGGESTED)
    query = select(cases.c.case_id).where(mine).order_by(cases.c.opened_at.desc()).limit(_AT_ONCE)
    filled = 0
    async with database.begin() as connection:
        for case_id in (await connection.execute(query)).scalars().all():
            values = [asdict(one) for one in await suggestions_for(connection, case_id, codec)]
            await connection.execute(update(cases).where(cases.c.case_id == case_id).values(suggestions=values))
            filled += bool(values)
    return filled


async def suggestions_for(connection: AsyncConnection, case_id: str, codec: Codec) -> list[Candidate]:
    """What may be meant, best first. Empty where nothing is like it."""
    row = (await connection.execute(select(letters).where(letters.c.letter_id == case_id))).one_or_none()
    kind = catalogue()[Reason(row.reason)].suggest if row is not None else None
    if row is None or kind is None:
        return []
    record = record_in(row.message_value, codec) or {}
    if kind == "account":
        return likely_accounts(row.account_id, _clues(record), await _accounts(connection))
    wanted = _missing_codes(record, row.detail)
    known = {code: "sold before" for code in await _codes(connection)}
    return [one for code in wanted if code not in known for one in nearest_codes(code, known)]


def _clues(record: dict[str, Any]) -> Iterable[str]:
    return [str(record[name]) for name in ("name", "domain", "email") if record.get(name)]


def _missing_codes(record: dict[str, Any], detail: str) -> list[str]:
    """The codes on the record's lines that the detail names."""
    body = record.get("order") or record
    codes = [str(line.get("sku")) for line in body.get("lines") or () if isinstance(line, dict)]
    return [code for code in dict.fromkeys(codes) if re.search(rf"(?<!\w){re.escape(code)}(?!\w)", detail)] or codes


async def _accounts(connection: AsyncConnection) -> list[dict[str, Any]]:
    known = (records.c.side == "crm") & (records.c.entity == "account") & records.c.deleted.is_(False)
    query = select(records.c.body).where(known).order_by(records.c.updated_at.desc()).limit(_MOST_ACCOUNTS)
    return list((await connection.execute(query)).scalars())


async def _codes(connection: AsyncConnection) -> list[str]:
    """Codes on the ERP's orders: products that it has for certain."""
    query = text(
        "select distinct line ->> 'sku' from records, jsonb_array_elements(body -> 'lines') line"
        " where entity = 'order' and jsonb_typeof(body -> 'lines') = 'array' limit :most"
    )
    return [one for one in (await connection.execute(query, {"most": _MOST_ACCOUNTS})).scalars() if one]
