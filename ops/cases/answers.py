"""What each verb gives."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict

from schemas.records import AuditEntry


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class LetterLine(Answer):
    """A letter without its record. `failures` counts how often it came."""

    letter_id: str
    event_id: str
    family: str
    reason: str
    stage: str
    sink: str
    entity: str
    key: str
    account_id: str
    detail: str
    suggestion: str
    attempts: int
    failures: int
    replays: int = 0
    money: Decimal | None
    currency: str | None
    first_failed_at: datetime
    failed_at: datetime
    origin: str
    group_id: str
    owner: str = ""


class LetterPage(Answer):
    total: int
    letters: list[LetterLine]


class LetterWhole(LetterLine):
    """A letter with its record. `payload` has personal data masked unless it was to be revealed."""

    topic: str
    partition: int
    offset: int
    payload: dict[str, Any]
    headers: dict[str, str]
    error_class: str = ""
    http_status: str = ""
    schema_id: str = ""
    stack: str = ""  #: where the error was raised, innermost last
    revealed: bool
    parked: int = 0  #: events that wait behind it
    parked_since: datetime | None = None


class CaseLine(Answer):
    case_id: str
    kind: str
    group_id: str | None
    reason: str
    stage: str
    entity: str
    key: str
    account_id: str
    detail: str
    state: str
    owner: str
    assignee: str
    money: Decimal | None
    currency: str | None
    tags: list[str]
    version: int
    opened_at: datetime
    due_at: datetime
    updated_at: datetime
    escalated_at: datetime | None
    closed_at: datetime | None


class CasePage(Answer):
    total: int
    cases: list[CaseLine]


class GroupLine(CaseLine):
    """A group with how many of its letters' cases are open, and one of them to look at."""

    letters: int
    open: int
    newest: datetime
    example: str


class Groups(Answer):
    groups: list[GroupLine]


class CommentLine(Answer):
    who: str
    at: datetime
    text: str


class CaseWhole(CaseLine):
    """A case with all that was said and done. `can` are the moves that its state allows."""

    backup: str
    suggestions: list[dict[str, Any]]
    decision: dict[str, Any] | None
    comments: list[CommentLine]
    history: list[AuditEntry]
    can: list[str]
    billing_hold: str


class Item(Answer):
    """What became of one case. `state` is what it is now."""

    case_id: str
    done: bool
    state: str
    note: str = ""


class Done(Answer):
    """What became of each case that was selected."""

    items: list[Item]
    sent: int = 0  #: letters that were sent through their stage again


class AuditPage(Answer):
    entries: list[AuditEntry]


class AuditVerdict(Answer):
    """`faults` is empty where the chain is as it was written. `signed`, `copied`: what else proves it."""

    entries: int
    faults: list[str]
    signed: bool
    copied: int


class Granted(Answer):
    """The token is shown here and never again."""

    person: str
    role: str
    token: str


class Revoked(Answer):
    person: str
    was: str


class GrantLine(Answer):
    person: str
    role: str
    token_id: str
    granted_by: str
    granted_at: datetime


class GrantPage(Answer):
    grants: list[GrantLine]


class Story(Answer):
    """Where a record is, in plain English; `facts` is the same as data."""

    entity: str
    key: str
    where: list[str]
    why: list[str]
    next: list[str]
    facts: dict[str, Any]
