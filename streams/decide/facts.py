"""What a decision may know besides its event. Gathered by the shell, one query per kind and batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from schemas.records import Account, Charge, Contract, Invoice, LineItem, Opportunity, Stamped
from streams.matching import Profile

Position = tuple[int, int]  #: an event's place in its record's history: version, sequence


@dataclass(frozen=True, slots=True)
class Touch:
    """The last change of one field: the source's time in microseconds since 1970, the author, the value that both
    sides had when they last agreed, and the values that it had between that one and now.
    """

    at: int
    by: str
    before: str | None
    past: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """The newest version of a record that was decided on, and what was last sent to the other side for it."""

    record: Stamped
    deleted: bool = False
    fingerprint: str | None = None  #: of what was last forwarded
    fingerprint_event: str | None = None  #: the event that forwarded it
    in_crm: bool = False  #: the CRM's own database has told of it, so that fields can be written back there
    #: Where fields that came alone were last told: field name -> position. "" is the last telling of the whole record.
    told: Mapping[str, Position] = field(default_factory=dict)
    touched: Mapping[str, Touch] = field(default_factory=dict)  #: field that both sides have -> its last change here

    @property
    def position(self) -> Position:
        return self.record.meta.position

    def told_at(self, name: str) -> Position:
        """The position of what is known of one field."""
        return self.told.get(name, self.told.get("", self.position))

    def forwarded(self, fingerprint: str, event_id: str) -> bool:
        """Whether this content went out already, by another event. The same event repeated must go out again."""
        return self.fingerprint == fingerprint and self.fingerprint_event != event_id


@dataclass(frozen=True, slots=True)
class BillingStop:
    """A raised billing hold that concerns the event. `whole_line`: it holds for all accounts."""

    hold_id: str
    reason: str
    since: datetime
    whole_line: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts for one event; what does not concern it is left empty."""

    known: Known | None = None  #: this record, before the event
    account: Known | None = None  #: the account it belongs to
    counterpart: Known | None = None  #: the same record on the other side
    customer_code: str | None = None  #: reserved for the account in the ERP
    in_erp: bool = False  #: the ERP has the account's customer
    opportunity: Known | None = None  #: a line item's or an invoice's opportunity
    opportunity_held: bool = False
    earlier_waits: bool = False  #: an earlier revision of the subscription is on hold
    lines: tuple[LineItem, ...] = ()  #: of the opportunity, undeleted, by position
    contract: Contract | None = None
    invoices: tuple[Invoice, ...] = ()  #: of the account, this event's own included
    cases: tuple[Known, ...] = ()  #: of the account, for a case
    #: Known accounts that the account may be a duplicate of; empty where it is a customer of the ERP already.
    alike: tuple[Profile, ...] = ()
    verdicts: Mapping[str, str] = field(default_factory=dict)  #: other account -> merge, split, reject
    billing_stop: BillingStop | None = None  #: why new billing of the account waits
    charge: Charge | None = None  #: a refund's payment
    billed: tuple[Invoice, ...] = ()  #: the ERP's invoices of the number that a refund is of: one, as a rule
    refunds: tuple[Known, ...] = ()  #: the other refunds of that invoice
    held_since: datetime | None = None  #: when the event was first put on hold
    #: When the window ends, or ended, that the record's newest state waits for; None: it waits for none
    gathering: datetime | None = None
    sent_again: bool = False  #: people or the clock sent its letter again


def known_account(facts: Facts) -> Account | None:
    """The account, unless it is unknown or deleted."""
    if facts.account is None or facts.account.deleted or not isinstance(facts.account.record, Account):
        return None
    return facts.account.record


def known_opportunity(facts: Facts) -> Opportunity | None:
    """A line item's opportunity, unless it is unknown or deleted."""
    if facts.opportunity is None or facts.opportunity.deleted:
        return None
    return facts.opportunity.record if isinstance(facts.opportunity.record, Opportunity) else None
