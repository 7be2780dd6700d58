"""Activating and reverting as a named person, on the real operations database."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ops.access.people import Actor, Gatekeeper, local_operator
from ops.access.roles import Role
from ops.rules.activate import Alone, Asked, Live, activate, revert
from ops.rules.errors import Refused
from streams.agents.policy import policy_of
from streams.agents.rulebook import Rulebook
from streams.rules import Rules
from streams.runtime.settings import Settings


async def newest_rules(database: AsyncEngine, settings: Settings) -> Rules:
    """The rules that decide what is to come."""
    async with database.connect() as connection:
        return (await Rulebook().read(connection, policy_of(settings).rules)).newest()


async def put_live(
    database: AsyncEngine,
    settings: Settings,
    texts: Mapping[str, str],
    person: str,
    why: str,
    forecast: Mapping[str, Any] | None,
    now: datetime,
) -> Live:
    """Activate as a person. Raises Refused, Unreadable, NotLetIn."""
    alone = Alone(settings.rules.alone_events, settings.rules.alone_money)
    async with database.begin() as connection:
        asked = await _asked(connection, settings, person, why, forecast)
        return await activate(connection, texts, asked, alone, policy_of(settings).rules, now)


async def take_back(database: AsyncEngine, settings: Settings, person: str, why: str, now: datetime) -> Live:
    """Revert as a person. Raises Refused, NotLetIn."""
    async with database.begin() as connection:
        asked = await _asked(connection, settings, person, why, None)
        return await revert(connection, asked, policy_of(settings).rules, now)


async def _asked(
    connection: AsyncConnection, settings: Settings, person: str, why: str, forecast: Mapping[str, Any] | None
) -> Asked:
    """A token proves who it is, and the name must be its person's. Without one, the operator of a stack on this
    machine answers for the name.
    """
    token = settings.token.get_secret_value()
    if token:
        actor = await Gatekeeper().actor(connection, token, "cli")
        if actor.name != person:
            raise Refused(f"the token is {actor.name}'s, not {person}'s")
    else:
        actor = replace(local_operator(settings.bootstrap, getpass.getuser(), "cli"), name=person)
    _allow(actor)
    return Asked(actor, why, forecast, settings.people.audit_key.get_secret_value().encode())


def _allow(actor: Actor) -> None:
    if actor.role not in (Role.APPROVER, Role.ADMIN):
        raise Refused(f"{actor.name} is {actor.role.value}; rules need {Role.APPROVER.value}")
