"""The service: one call for every verb, whatever the door. Who may, is asked here; what was refused, is recorded."""

from __future__ import annotations

from pydantic import BaseModel

from ops.access.people import Actor
from ops.cases.desk import Desk
from ops.cases.verbs import VERBS


async def do(desk: Desk, actor: Actor, verb: str, ask: BaseModel) -> BaseModel:
    """Do what a verb says. Raises Forbidden, CaseError; KeyError for no verb, NotDelivered, SQLAlchemyError."""
    found = VERBS[verb]
    assert isinstance(ask, found.ask), f"{verb} takes {found.ask.__name__}"
    await desk.admit(actor, verb, ask)
    return await found.handler(desk, actor, ask)
