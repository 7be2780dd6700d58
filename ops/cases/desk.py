"""What every verb stands on, and who is let in. All doors come through here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncEngine

from ops.access.errors import Forbidden
from ops.access.people import Actor
from ops.access.roles import least_role, may
from ops.audit.chain import Act
from ops.audit.store import append
from schemas.codec import Codec
from schemas.records import Drift
from streams.letters.outbox import Outgoing
from streams.runtime.clock import Clock, system_clock

#: Sends letters through their stage again and returns when the broker has all of them.
Send = Callable[[Sequence[Outgoing]], Awaitable[None]]
#: Number -> hashes of the audit's entries on their topic.
Copies = Callable[[], Awaitable[dict[int, set[str]]]]
#: Every drift that the reconciler told, the last of each.
Drifts = Callable[[], Awaitable[Sequence[Drift]]]


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts of one process. `copies` reads the audit's topic, `drifts` the reconciler's."""

    database: AsyncEngine
    codec: Codec
    send: Send
    copies: Copies
    drifts: Drifts
    clock: Clock = system_clock
    audit_key: bytes = field(default=b"", repr=False)

    async def admit(self, actor: Actor, action: str, ask: BaseModel) -> None:
        """Raises Forbidden, after it is in the audit."""
        if may(actor.role, action):
            return
        asked = ask.model_dump(mode="json", exclude_defaults=True)
        subject = str(asked.get("case_id") or asked.get("letter_id") or asked.get("person") or "")
        refused = Act(actor.name, actor.role.value, actor.door, action, subject, str(asked.get("why", "")), False)
        async with self.database.begin() as connection:
            await append(connection, refused, self.clock(), self.audit_key)
        needed = least_role(action)
        raise Forbidden(f"{actor.name} is {actor.role.value}; {action} needs {needed.value if needed else 'nobody'}")

    def act(self, actor: Actor, action: str, subject: str, why: str = "", **more: Any) -> Act:
        """An entry for the audit."""
        return Act(actor.name, actor.role.value, actor.door, action, subject, why, **more)
