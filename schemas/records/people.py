"""What people decided, and what their deciding holds up."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from schemas.records.envelope import Travelling
from schemas.records.fields import Identifier, Money


class AuditEntry(Travelling):
    """One link of the audit's chain. `hash` covers every other field, `previous` is the hash of the link before.

    `before`, `after` and `selection` are JSON, "" where there is none.
    """

    seq: int  #: counts up from 1 without a gap
    at: datetime
    who: Identifier
    role: Identifier
    door: Identifier  #: cli, api, worker
    action: Identifier
    subject: str
    why: str
    allowed: bool  #: False: it was refused, and nothing was done
    before: str = ""
    after: str = ""
    selection: str = ""
    previous: str
    hash: Identifier


class BillingHold(Travelling):
    """Billing of an account is to wait, or may go on: a case was not resolved in time, or people said so.

    Of no account and no case, it is about all accounts: too much money is out of step, or people said so.
    """

    hold_id: Identifier  #: one per case, the same however often it is told
    case_id: Identifier  #: the hold's own id where no case stands behind it
    state: Literal["raised", "released"]
    account_id: str
    entity: str
    key: str
    reason: Identifier
    money: Money | None = None
    currency: str | None = None
    raised_at: datetime
    released_at: datetime | None = None

    @property
    def whole_line(self) -> bool:
        """Whether it is about all accounts. A case whose account is unknown stops nobody."""
        return not self.account_id and self.case_id == self.hold_id
