"""Moves of cases and their audit, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ops.audit.chain import Act
from ops.audit.store import append
from ops.cases.parking import unblock_closed
from ops.cases.states import CLOSED, OPEN, Move, State, after
from ops.cases.tables import billing_holds, cases

_OPEN = [state.value for state in OPEN]


@dataclass(frozen=True, slots=True)
class Change:
    """A case goes from one state to another."""

    case_id: str
    group_id: str | None
    from_: State
    to: State
    why: str

    @classmethod
    def of(cls, case: Any, move: Move, why: str) -> Change | None:
        """The change that a move makes of a case's row; None where it cannot be made."""
        to = after(State(case.state), move, assigned=bool(case.assignee))
        return None if to is None else cls(case.case_id, case.group_id, State(case.state), to, why)


async def write_changes(
    connection: AsyncConnection, changes: Iterable[Change], act: Act, now: datetime, key: bytes
) -> None:
    """Write the states, each with its audit entry, and let go of billing where a case is closed."""
    any_closed = False
    for change in changes:
        closed = now if change.to in CLOSED else None
        values = {"state": change.to.value, "updated_at": now, "closed_at": closed, "version": cases.c.version + 1}
        await connection.execute(update(cases).where(cases.c.case_id == change.case_id).values(**values))
        said = replace(
            act,
            subject=change.case_id,
            why=change.why,
            before={"state": change.from_.value},
            after={"state": change.to.value, **(act.after or {})},
        )
        await append(connection, said, now, key)
        if closed is not None:
            await release_billing(connection, [change.case_id], now)
            any_closed = True
    if any_closed:
        await unblock_closed(connection, now)


async def release_billing(connection: AsyncConnection, case_ids: Sequence[str], now: datetime) -> None:
    """Billing need not wait for these cases any more."""
    mine = and_(billing_holds.c.case_id.in_(case_ids), billing_holds.c.state == "raised")
    await connection.execute(update(billing_holds).where(mine).values(state="released", released_at=now))


async def close_groups(connection: AsyncConnection, group_ids: Iterable[str], now: datetime) -> None:
    """Groups without an open letter are resolved."""
    ids = sorted(set(group_ids))
    if not ids:
        return
    inner = cases.alias()
    open_letter = exists(select(inner.c.case_id).where(inner.c.group_id == cases.c.case_id, inner.c.state.in_(_OPEN)))
    done = and_(cases.c.case_id.in_(ids), cases.c.state.in_(_OPEN), ~open_letter)
    values = {"state": State.RESOLVED.value, "updated_at": now, "closed_at": now, "version": cases.c.version + 1}
    await connection.execute(update(cases).where(done).values(**values))
