"""The verbs about who may do what."""

from __future__ import annotations

from ops.access.people import Actor, end_grants, put_grant, read_grants
from ops.access.tokens import new_token
from ops.audit.store import append
from ops.cases import answers, asks
from ops.cases.desk import Desk


async def grant(desk: Desk, actor: Actor, ask: asks.Grant) -> answers.Granted:
    """Give a person a role and a token, which is shown once. What the person had before ends."""
    now, token = desk.clock(), new_token()
    async with desk.database.begin() as connection:
        was = await put_grant(connection, ask.person, ask.role, token, actor.name, now)
        after = {"role": ask.role.value, "token_id": token.token_id}
        act = desk.act(actor, "access.grant", ask.person, ask.why, before={"role": was}, after=after)
        await append(connection, act, now, desk.audit_key)
    return answers.Granted(person=ask.person, role=ask.role.value, token=token.text)


async def revoke(desk: Desk, actor: Actor, ask: asks.Revoke) -> answers.Revoked:
    """Take a person's role; the token is worth nothing from now on."""
    now = desk.clock()
    async with desk.database.begin() as connection:
        was = await end_grants(connection, ask.person, now)
        act = desk.act(actor, "access.revoke", ask.person, ask.why, before={"role": was}, after={"role": ""})
        await append(connection, act, now, desk.audit_key)
    return answers.Revoked(person=ask.person, was=was)


async def list_grants(desk: Desk, actor: Actor, ask: asks.ListGrants) -> answers.GrantPage:
    """Who has which role."""
    async with desk.database.connect() as connection:
        rows = await read_grants(connection)
    names = answers.GrantLine.model_fields
    return answers.GrantPage(grants=[answers.GrantLine(**{name: getattr(row, name) for name in names}) for row in rows])
