"""What each verb takes. Strict: unknown fields are refused. `why` is mandatory where something is decided."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ops.access.roles import Role
from ops.cases.states import State
from schemas.reasons import Reason
from schemas.records import Entity

Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[0-9a-z]+$")]
Why = Annotated[str, Field(min_length=3, max_length=2000)]
Word = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w.@:-]+$")]
Tag = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[\w.:-]+$")]
Limit = Annotated[int, Field(ge=1, le=1000)]


class Ask(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ListLetters(Ask):
    """`since` and `until` are about the last failure."""

    reason: Reason | None = None
    key: str | None = None
    account_id: str | None = None
    group: Id | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: Limit = 50
    offset: int = Field(default=0, ge=0)


class ShowLetter(Ask):
    """`letter_id` may be its first characters. `reveal` shows personal data, and is audited."""

    letter_id: Id
    reveal: bool = False


class ListCases(Ask):
    """`state` "open" stands for every state that is not closed where `any_open` is set."""

    kind: Literal["letter", "group"] = "letter"
    state: State | None = None
    any_open: bool = False
    reason: Reason | None = None
    owner: str | None = None
    assignee: str | None = None
    tag: str | None = None
    group: Id | None = None
    key: str | None = None
    account_id: str | None = None
    overdue: bool = False
    limit: Limit = 50
    offset: int = Field(default=0, ge=0)


class ListGroups(Ask):
    reason: Reason | None = None
    any_open: bool = True
    limit: Limit = 50


class OneCase(Ask):
    """`case_id` may be its first characters."""

    case_id: Id


class Decide(OneCase):
    why: Why
    version: int | None = None  #: refuse where the case was changed meanwhile


class Assign(Decide):
    assignee: Word


class Resolve(Decide):
    """`decision`: what was chosen, such as {"account": "ACC-7"}. `replay`: send it again where that can help."""

    decision: dict[str, Any] | None = None
    replay: bool = True


class Comment(OneCase):
    text: Annotated[str, Field(min_length=1, max_length=4000)]


class Retag(OneCase):
    add: list[Tag] = []
    remove: list[Tag] = []


class ListAudit(Ask):
    who: str = ""
    action: str = ""
    subject: str = ""
    refused: bool = False
    limit: Limit = 50


class VerifyAudit(Ask):
    """Nothing to say."""


class Grant(Ask):
    person: Word
    role: Role
    why: Why


class Revoke(Ask):
    person: Word
    why: Why


class ListGrants(Ask):
    """Nothing to say."""


class Explain(Ask):
    entity: Entity
    key: Annotated[str, Field(min_length=1, max_length=128)]


class OneTopic(Ask):
    """Letters of others on one topic; only the command line imports."""

    topic: str
    why: Why
