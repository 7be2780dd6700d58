"""What every verb stands on, and who is let in. All doors come through here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

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
from streams.runtime.settings import Settings

#: Sends letters through their stage again and returns when the broker has all of them.
Send = Callable[[Sequence[Outgoing]], Awaitable[None]]
#: Number -> hashes of the audit's entries on their topic.
Copies = Callable[[], Awaitable[dict[int, set[str]]]]
#: Every drift that the reconciler told, the last of each.
Drifts = Callable[[], Awaitable[Sequence[Drift]]]
#: Where the topics end now on which it is seen what becomes of letters: name/partition -> offset.
Ends = Callable[[], Awaitable[Mapping[str, int]]]
#: Opens the targets as a preview sees them: read, and not written (`ops.replay.preview.walk.Shadow`).
Shadows = Callable[[], AbstractAsyncContextManager[Any]]


async def _nowhere() -> Mapping[str, int]:
    return {}


def _no_target() -> AbstractAsyncContextManager[Any]:
    raise NotImplementedError("this desk sees no targets")


def new_id() -> str:
    """Of a job, of an edit."""
    return uuid4().hex[:12]


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
    settings: Settings = field(default_factory=Settings, repr=False)
    ends: Ends = _nowhere
    shadows: Shadows = _no_target
    new_id: Callable[[], str] = new_id

    async def admit(self, actor: Actor, action: str, ask: BaseModel) -> None:
        """Raises Forbidden, after it is in the audit."""
        if may(actor.role, action):
            return
        asked = ask.model_dump(mode="json", exclude_defaults=True)
        subject = str(
            asked.get("case_id") or asked.get("letter_id") or asked.get("job_id") or asked.get("person") or ""
        )
        refused = Act(actor.name, actor.role.value, actor.door, action, subject, str(asked.get("why", "")), False)
        async with self.database.begin() as connection:
            await append(connection, refused, self.clock(), self.audit_key)
        needed = least_role(action)
        raise Forbidden(f"{actor.name} is {actor.role.value}; {action} needs {needed.value if needed else 'nobody'}")

    def act(self, actor: Actor, action: str, subject: str, why: str = "", **more: Any) -> Act:
        """An entry for the audit."""
        return Act(actor.name, actor.role.value, actor.door, action, subject, why, **more)
