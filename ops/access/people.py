"""Who is acting: a token's person, or the operator of a stack that runs on this machine only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ops.access.errors import Unknown
from ops.access.roles import Role
from ops.access.tables import grants
from ops.access.tokens import NewToken, holds, split

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, with which role, through which door (cli, api, worker)."""

    name: str
    role: Role
    door: str


class Gatekeeper:
    """Knows tokens. A token whose hash was checked once is remembered by its digest; revoking works at once."""

    def __init__(self) -> None:
        self._checked: dict[str, bytes] = {}

    async def actor(self, connection: AsyncConnection, token: str, door: str) -> Actor:
        """The person of a token. Raises Unknown."""
        parts = split(token)
        query = select(grants).where(grants.c.token_id == (parts[0] if parts else ""), grants.c.revoked_at.is_(None))
        row = (await connection.execute(query)).one_or_none()
        if parts is None or row is None or not self._proven(token, parts[1], row):
            raise Unknown
        return Actor(row.person, Role(row.role), door)

    def _proven(self, token: str, secret: str, row: Any) -> bool:
        digest = sha256(token.encode()).hexdigest()
        if self._checked.get(digest) != row.hash:
            if not holds(secret, row.salt, row.hash):
                return False
            self._checked[digest] = row.hash
        return True


def local_operator(bootstrap: str, user: str, door: str) -> Actor:
    """The operator of the embedded stack, by the name on this machine. Raises Unknown where Kafka is elsewhere."""
    hosts = [address.strip().rpartition(":")[0] for address in bootstrap.split(",")]
    if not hosts or any(host not in _LOOPBACK for host in hosts):
        raise Unknown
    return Actor(f"local:{user}", Role.ADMIN, door)


async def put_grant(
    connection: AsyncConnection, person: str, role: Role, token: NewToken, by: str, now: datetime
) -> str:
    """Give a person a role; what the person had before ends. The role of before, "" where there was none."""
    before = await end_grants(connection, person, now)
    row = {"token_id": token.token_id, "person": person, "role": role.value, "salt": token.salt, "hash": token.hash}
    await connection.execute(insert(grants).values(**row, granted_by=by, granted_at=now))
    return before


async def end_grants(connection: AsyncConnection, person: str, now: datetime) -> str:
    """Take a person's role; which it was, "" where there was none."""
    mine = (grants.c.person == person) & grants.c.revoked_at.is_(None)
    ended = update(grants).where(mine).values(revoked_at=now).returning(grants.c.role)
    roles = (await connection.execute(ended)).scalars().all()
    return roles[0] if roles else ""


async def read_grants(connection: AsyncConnection) -> Sequence[Any]:
    """Rows of the grants that hold, by name."""
    query = select(grants).where(grants.c.revoked_at.is_(None)).order_by(grants.c.person)
    return (await connection.execute(query)).all()
