"""What people are told without being asked for anything."""

from __future__ import annotations

from datetime import datetime

from schemas.records.envelope import Travelling
from schemas.records.fields import Identifier, Money


class Notice(Travelling):
    """Something that happened and that a team is to know; nobody has to decide anything."""

    notice_id: Identifier  #: the effect's id: told again it is the same notice
    event_id: Identifier
    topic: Identifier  #: what it is about, such as credit.granted
    team: Identifier
    entity: Identifier
    key: Identifier
    account_id: Identifier
    text: str  #: in English, for people
    money: Money | None = None
    currency: str | None = None
    approved_by: str = ""
    told_at: datetime
