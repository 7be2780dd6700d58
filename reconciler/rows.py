"""What the reconciler handles: rows of the state topics, and the records that are compared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple, TypeAlias

from schemas.records import Account, Customer, Envelope, Invoice, Opportunity, Order

StateRecord: TypeAlias = Account | Opportunity | Customer | Order | Invoice
EntityName = Literal["account", "opportunity", "customer", "order", "invoice"]
PairName = Literal["account", "opportunity", "invoice"]
MODELS: dict[EntityName, type[StateRecord]] = {
    "account": Account,
    "opportunity": Opportunity,
    "customer": Customer,
    "order": Order,
    "invoice": Invoice,
}
#: Keys of ERP records that never came from the CRM start so.
ERP_ONLY = "erp:"


class Feed(NamedTuple):
    """One partition of one state topic."""

    topic: str
    partition: int


class Subject(NamedTuple):
    """What can drift: one record of one pair. The key is the CRM's id."""

    pair: PairName
    key: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a state topic. `recorded_at` is the broker's timestamp: when the line learned of the change."""

    feed: Feed
    offset: int
    entity: EntityName
    key: str
    recorded_at: datetime
    record: StateRecord | None  #: None: a tombstone, nothing is known any more

    @property
    def event_time(self) -> datetime:
        """When it happened. A source whose clock is ahead is not believed beyond the time of recording."""
        if self.record is None:
            return self.recorded_at
        return min(aware(self.record.meta.occurred_at), self.recorded_at)


@dataclass(frozen=True, slots=True)
class Version:
    """A record as last recorded in one partition."""

    partition: int
    recorded_at: datetime
    record: StateRecord

    @property
    def meta(self) -> Envelope:
        return self.record.meta


def aware(moment: datetime) -> datetime:
    """The moment in UTC; one without a zone is meant in UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def newest(versions: tuple[Version, ...]) -> Version | None:
    """The version that counts: a record that moved to another account is left behind in its former partition."""
    if len(versions) < 2:
        return versions[0] if versions else None
    return max(versions, key=lambda one: (one.meta.position, one.recorded_at, one.partition))
