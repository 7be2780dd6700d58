"""A repair's shell: what is known of the record from the operations database, the commands to Kafka, the audit."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from ops.access.people import Actor, Gatekeeper, local_operator
from ops.access.roles import Role
from ops.audit.chain import Act
from ops.audit.store import append
from ops.reconcile.repair import (
    ENTITIES,
    Direction,
    Repair,
    as_never_sent,
    direction_of,
    nonce_of,
    write_crm,
    write_erp,
)
from schemas import headers as names
from schemas.codec import Codec
from schemas.outcome import Record
from schemas.partition import partition_for
from schemas.records import Command, Drift
from schemas.topics import BY_NAME
from streams.agents.policy import policy_of
from streams.agents.rulebook import Rulebook
from streams.decide import decide
from streams.facts import Span, load_view
from streams.letters.outbox import Outbox, Outgoing
from streams.runtime.database import operations_engine
from streams.runtime.settings import Settings

_ACTION = "drift.repair"
_NOWHERE = Span("", -1, 0)  # no batch: all that is known is kept


class NotAllowed(Exception):
    """This repair takes another role."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`to` names the side to be written where the drift does not; `token` is "" for the local operator."""

    why: str
    to: Direction | None = None
    dry_run: bool = False
    token: str = ""


async def repair(settings: Settings, codec: Codec, drift: Drift, asked: Asked, now: datetime) -> Repair:
    """Plan it and, unless it is a dry run, send it. Raises NotAllowed, NotLetIn, NotDelivered; database errors pass.

    The audit has the repair before Kafka has the command: sent twice it is done once, unsent it is asked for again.
    """
    database = operations_engine(settings.operations_url, pool_size=1)
    try:
        async with database.connect() as connection:
            plan = await plan_repair(connection, settings, drift, asked.to, now)
            if asked.dry_run or not plan.commands:
                await connection.rollback()
                return plan
            actor = await _actor(connection, settings, asked.token)
            allowed = list(Role).index(actor.role) >= list(Role).index(plan.needs)
            after = {"to": plan.direction, "repair": nonce_of(drift), "commands": len(plan.commands)}
            act = Act(
                actor.name, actor.role, actor.door, _ACTION, drift.drift_id, asked.why, allowed,
                before=drift.explanation, after=after,
            )  # fmt: skip
            await append(connection, act, now, settings.people.audit_key.get_secret_value().encode())
            await connection.commit()
        if not allowed:
            raise NotAllowed(f"this repair takes the role {plan.needs}; {actor.name} is {actor.role}")
        outgoing = [_outgoing(one, codec) for one in plan.commands]
        await Outbox(settings.bootstrap).send_all(outgoing)
        return plan
    finally:
        await database.dispose()


async def plan_repair(
    connection: AsyncConnection, settings: Settings, drift: Drift, to: Direction | None, now: datetime
) -> Repair:
    """What would be sent, from both sides' newest records. A customer code may be reserved on the way."""
    direction = direction_of(drift, to)
    if direction not in ("erp", "crm"):
        return Repair(drift, None, why_not=direction)
    ours, theirs = ENTITIES[drift.entity]
    crm_key, erp_key = ("crm", ours, drift.key), ("erp", theirs, drift.key)
    view = await load_view(connection, [], _NOWHERE, now, also=[crm_key, erp_key])
    crm, erp = view.records.get(crm_key), view.records.get(erp_key)
    if direction == "crm":
        return write_crm(drift, crm, erp.record if erp is not None else None, now)
    if crm is None or crm.deleted:
        return Repair(drift, None, why_not=f"the CRM has no {drift.entity} {drift.key}")
    view = await load_view(connection, [crm.record], _NOWHERE, now)
    facts = as_never_sent(view.facts_for(crm.record, None))
    policy = policy_of(settings)
    live = (await Rulebook().read(connection, policy.rules)).newest()
    return write_erp(drift, decide(crm.record, facts, policy.under(live), now))


async def _actor(connection: AsyncConnection, settings: Settings, token: str) -> Actor:
    if token:
        return await Gatekeeper().actor(connection, token, "cli")
    return local_operator(settings.bootstrap, getpass.getuser(), "cli")


def _outgoing(record: Record, codec: Codec) -> Outgoing:
    command = record.value
    assert isinstance(command, Command)
    topic = BY_NAME[record.topic]
    headers = [(names.EVENT_ID, command.event_id.encode()), (names.TRACEPARENT, command.traceparent.encode())]
    return Outgoing(
        topic.name,
        record.key.encode(),
        codec.encode(topic, command),
        [(name, value) for name, value in headers if value],
        partition_for(record.account_id, topic.partitions),
    )
