"""What is sent again without anybody asking: class B letters by themselves, class C letters in batches.

Which reasons these are, the catalogue says. Each letter is tried so at most `TRIES` times; then it waits for a person,
like every other. Class A is never sent by itself: it is about revenue or data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ops.access.people import Actor
from ops.access.roles import Role
from ops.cases.desk import Desk
from ops.cases.finding import replay_counts
from ops.cases.states import State
from ops.cases.tables import cases, letters
from ops.replay.asks import NewJob, Selection
from ops.replay.choosing import claimed
from ops.replay.jobs import create_job
from schemas.reasons import Reason, ReasonEntry, catalogue
from streams.runtime.logs import get_logger
from streams.runtime.metrics import LETTERS_RETRIED

log = get_logger("meshline.cases")
ITSELF = Actor("meshline", Role.ON_CALL, "worker")
TRIES = 2
REST = timedelta(minutes=5)  #: after a failure
BATCH_AGE, BATCH_SIZE = timedelta(hours=1), 100  #: class C waits for either
_MOST = 500


@dataclass(frozen=True, slots=True)
class Candidate:
    """A letter with an open case that nobody has taken."""

    letter_id: str
    reason: Reason
    failed_at: datetime
    replays: int


def due_letters(
    found: Iterable[Candidate], entries: Mapping[Reason, ReasonEntry], now: datetime
) -> tuple[list[Candidate], list[Candidate]]:
    """(class B letters to send now, a batch of class C or nothing). Pure."""
    ready = [
        one for one in found if entries[one.reason].retryable and one.replays < TRIES and now - one.failed_at >= REST
    ]
    alone = [one for one in ready if entries[one.reason].impact == "B"]
    batch = [one for one in ready if entries[one.reason].impact == "C"]
    full = len(batch) >= BATCH_SIZE or any(now - one.failed_at >= BATCH_AGE for one in batch)
    return alone[:_MOST], batch[:_MOST] if full else []


async def send_by_itself(desk: Desk, entries: Mapping[Reason, ReasonEntry] | None = None) -> list[str]:
    """Make the jobs that are due, for the worker to run; their ids. Each is told as an alert."""
    known = entries or catalogue()
    async with desk.database.connect() as connection:
        found = await _candidates(connection, known)
    made = []
    for kind, group in zip("BC", due_letters(found, known, desk.clock()), strict=True):
        if not group:
            continue
        why = f"letters of class {kind} are sent again by themselves"
        asked = NewJob(selection=Selection(ids=tuple(one.letter_id for one in group)), why=why, rate=10)
        job_id = desk.new_id()
        await create_job(desk, ITSELF, asked, job_id, await desk.ends(), desk.settings.replay.cap)
        for one in group:
            LETTERS_RETRIED.labels(one.reason.value).inc()
        log.warning("letters are sent again by themselves", job=job_id, letters=len(group), impact=kind)
        made.append(job_id)
    return made


async def _candidates(connection: AsyncConnection, entries: Mapping[Reason, ReasonEntry]) -> list[Candidate]:
    reasons = [reason.value for reason, entry in entries.items() if entry.retryable and entry.impact != "A"]
    if not reasons:
        return []
    joined = letters.join(cases, cases.c.case_id == letters.c.letter_id)
    mine = (cases.c.state == State.OPEN.value) & letters.c.reason.in_(reasons) & (letters.c.family == "mesh")
    columns = (letters.c.letter_id, letters.c.reason, letters.c.failed_at)
    query = select(*columns).select_from(joined).where(mine).order_by(letters.c.failed_at).limit(2 * _MOST)
    rows: Sequence[Any] = (await connection.execute(query)).all()
    ids = [row.letter_id for row in rows]
    counts, taken = await replay_counts(connection, ids), await claimed(connection, ids)
    return [
        Candidate(row.letter_id, Reason(row.reason), row.failed_at, counts.get(row.letter_id, 0))
        for row in rows
        if row.letter_id not in taken
    ]
