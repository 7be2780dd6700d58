"""One letter through its stage again, as a named person: sent, recorded, and watched by its case."""

from __future__ import annotations

from sqlalchemy import insert

from ops.access.people import Actor
from ops.audit.store import append
from ops.cases.asks import OneLetter
from ops.cases.changes import Change, write_changes
from ops.cases.desk import Desk
from ops.cases.errors import NotNow
from ops.cases.finding import one_case, one_letter
from ops.cases.reading import view_from_row
from ops.cases.states import Move
from streams.letters.outbox import Outgoing
from streams.letters.replay import replayed
from streams.runtime.tables import replays

ACTION = "letter.replay"


async def replay_letter(
    desk: Desk, actor: Actor, ask: OneLetter, *, dry_run: bool = False
) -> tuple[str, str, Outgoing]:
    """(letter id, its record, what goes where). Raises Forbidden, CaseError, NotDelivered."""
    await desk.admit(actor, ACTION, ask)
    now = desk.clock()
    async with desk.database.begin() as connection:
        row = await one_letter(connection, ask.letter_id)
        if row.family != "mesh":
            raise NotNow(f"the letter was written by {row.family}: it is sent again there")
        outgoing = replayed(view_from_row(row))
        if not dry_run:
            case = await one_case(connection, row.letter_id, lock=True)
            change = Change.of(case, Move.REPLAY, ask.why)
            act = desk.act(actor, ACTION, row.letter_id, ask.why, after={"topic": outgoing.topic})
            if change is not None:
                await write_changes(connection, [change], act, now, desk.audit_key)
            else:  # its case is closed, or under way already: it is sent, and that is all
                await append(connection, act, now, desk.audit_key)
            again = {"letter_id": row.letter_id, "event_id": row.event_id, "replayed_by": actor.name, "why": ask.why}
            await connection.execute(insert(replays).values(**again, replayed_at=now))
            await desk.send([outgoing])
    return row.letter_id, f"{row.entity} {row.key}".strip() or row.origin, outgoing
