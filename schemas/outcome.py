"""What a decision may come to. Closed and frozen: shells match it and end in `assert_never`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schemas.reasons import Reason
from schemas.records import Travelling


class SkipWhy(StrEnum):
    """Why an event has no effect and needs none. Recorded on `mesh.skipped`."""

    ECHO = "echo"  #: the change is our own write, come back
    UNCHANGED = "unchanged"  #: nothing that the other side holds has changed
    STALE = "stale"  #: a newer version of the record is known
    SUPERSEDED = "superseded"  #: it was held, and a newer version of the record took its place
    BY_HAND = "by_hand"  #: it was parked behind a letter, and a person said that it is to be skipped
    OUT_OF_PILOT = "out_of_pilot"  #: the flow is not on for this account
    NOT_DUE = "not_due"  #: no effect until a later stage, such as Closed Won
    CARRIED_BY_PARENT = "carried_by_parent"  #: a line item travels inside its opportunity
    NO_FLOW = "no_flow"  #: no flow handles this kind of event
    TOMBSTONE = "tombstone"  #: the log's compaction marker behind a delete
    HEARTBEAT = "heartbeat"


class WaitKind(StrEnum):
    """What a hold can wait for; each is a question to the operations database."""

    ACCOUNT = "account"  #: the account's record arrives
    LINES = "lines"  #: the opportunity's line items are complete
    CONTRACT = "contract"  #: the contract's record arrives
    DECISION = "decision"  #: people say whether the account is another customer's duplicate
    CHARGE = "charge"  #: a refund's payment is told of
    INVOICE = "invoice"  #: the ERP tells of the invoice of this number
    BILLING = "billing"  #: a billing hold is released
    SIGNATURE = "signature"  #: the contract is signed
    WINDOW = "window"  #: the window in which changes of the record are gathered ends


@dataclass(frozen=True, slots=True)
class Wait:
    """What a hold waits for: `key` names the record, `count` how many children it needs."""

    kind: WaitKind
    key: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """One record to write: its value, the topic, the entity's id as key, the account that fixes the partition."""

    topic: str
    key: str
    account_id: str
    value: Travelling


@dataclass(frozen=True, slots=True)
class Forward:
    """The event has effects: these records carry them on."""

    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """The event cannot go through. `detail` says what and where, `suggestion` what would help."""

    reason: Reason
    detail: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """The event waits. At `until` it becomes a dead letter with `reason`."""

    until: datetime
    waiting_for: Wait
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Skip:
    """The event needs no effect, and this is why."""

    why: SkipWhy
    detail: str = ""


Outcome = Forward | DeadLetter | Hold | Skip
