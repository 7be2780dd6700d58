"""What is on its way to a record: a running replay, an event parked behind a letter, a command not begun yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import Connection, and_, column, exists, func, or_, select, table, tuple_

from reconciler.explanations import PAIR_OF, Explanation
from reconciler.rows import Subject
from streams.letters.parking.tables import parked
from streams.runtime.tables import effects, records

#: Written by the replays; what is read of them.
_JOBS = table("replay_jobs", column("job_id"), column("state"))
_ITEMS = table("replay_items", column("job_id"), column("record"), column("state"))
#: What the CRM's record becomes in the ERP, and the command that does it.
_COMMANDS = {"account": "customer.upsert", "opportunity": "order.place"}
#: A command that nobody has begun after so long accounts for nothing any more: it may be lost.
LONGEST = timedelta(hours=1)

Found = Iterator[tuple[Subject, Explanation]]


def replays(connection: Connection, keys: list[str]) -> Found:
    """Letters of running jobs, waiting for their turn or for their end."""
    names = {f"{entity}/{key}": (entity, key) for entity in PAIR_OF for key in keys}
    under_way = and_(
        _ITEMS.c.record.in_(list(names)),
        _ITEMS.c.state.in_(["waiting", "sent"]),
        _JOBS.c.job_id == _ITEMS.c.job_id,
        _JOBS.c.state == "running",
    )
    query = select(_ITEMS.c.job_id, _ITEMS.c.record, _ITEMS.c.state).where(under_way)
    for job_id, record, state in connection.execute(query.order_by(_ITEMS.c.job_id, _ITEMS.c.record)):
        entity, key = names[record]
        yield Subject(PAIR_OF[entity], key), Explanation("replay", job_id[:12], state)


def parked_events(connection: Connection, keys: list[str]) -> Found:
    """Events that wait behind a letter of their record. A line item's are its opportunity's."""
    mine = and_(parked.c.state != "done", or_(parked.c.key.in_(keys), parked.c.parent.in_(keys)))
    query = select(parked.c.block_id, parked.c.entity, parked.c.key, parked.c.parent).where(mine)
    for block_id, entity, key, parent in connection.execute(query.order_by(parked.c.place)):
        explanation = Explanation("parked", block_id[:12], "behind this letter")
        if entity in PAIR_OF:
            yield Subject(PAIR_OF[entity], key), explanation
        elif parent in keys:
            yield Subject("opportunity", parent), explanation


def commands(connection: Connection, keys: list[str]) -> Found:
    """Commands that were decided and that no sink has begun: the target is away, or slow."""
    for entity, kind in _COMMANDS.items():
        begun = exists().where(
            effects.c.target == "erp",
            effects.c.kind == kind,
            effects.c.key == records.c.key,
            tuple_(effects.c.version, effects.c.sequence) >= tuple_(records.c.version, records.c.sequence),
        )
        waits = and_(
            records.c.side == "crm",
            records.c.entity == entity,
            records.c.key.in_(keys),
            records.c.fingerprint_event == records.c.event_id,  # its newest version was forwarded
            records.c.updated_at > func.now() - LONGEST,
            ~begun,
        )
        for (key,) in connection.execute(select(records.c.key).where(waits).order_by(records.c.key)):
            yield Subject(PAIR_OF[entity], key), Explanation("command", key, kind)
