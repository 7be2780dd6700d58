"""Rows of both sides as a history writes them. Moments are minutes after the history's beginning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from reconciler.rows import MODELS, EntityName, Feed, Row
from schemas.partition import partition_for
from schemas.records import Envelope, Operation, Side

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
PARTITIONS = 4
FEEDS = tuple(Feed(entity, partition) for entity in MODELS for partition in range(PARTITIONS))
_SIDES: dict[EntityName, Side] = {
    "account": "crm",
    "opportunity": "crm",
    "customer": "erp",
    "order": "erp",
    "invoice": "erp",
}
_EURO: dict[str, Any] = {"currency": "EUR"}
_BODIES: dict[EntityName, dict[str, Any]] = {
    "account": {"name": "Acme", "street": "Main St. 1"},
    "customer": {"erp_id": "7", "code": "C-7", "name": "Acme", "street": "Main St. 1"},
    "opportunity": {"stage": "Closed Won", "amount": Decimal("100.00"), **_EURO},
    "order": {
        "erp_id": "12",
        "number": "S-12",
        "state": "processing",
        "total": Decimal("100.00"),
        "lines": [],
        **_EURO,
    },
    "invoice": {
        "erp_id": "3",
        "number": "I-3",
        "state": "posted",
        "total": Decimal(100),
        "balance": Decimal(0),
        **_EURO,
    },
}


@dataclass(frozen=True, slots=True)
class Event:
    """One row, before it has an offset. `recorded` orders the rows of a feed; `happened` may be long before it."""

    recorded: float
    happened: float
    entity: EntityName
    key: str
    account_id: str
    operation: Operation | None = "update"  #: None: a tombstone
    fields: tuple[tuple[str, Any], ...] = ()

    @property
    def feed(self) -> Feed:
        return Feed(self.entity, partition_for(self.account_id, PARTITIONS))

    def row(self, offset: int) -> Row:
        """As it is read from the topic."""
        return Row(self.feed, offset, self.entity, self.key, moment(self.recorded), self._record())

    def _record(self) -> Any:
        if self.operation is None:
            return None
        happened = moment(self.happened)
        meta = Envelope(
            event_id=f"{self.entity}-{self.key}-{self.happened:.3f}", source="bench", side=_SIDES[self.entity],
            entity=self.entity, key=self.key, account_id=self.account_id, operation=self.operation,
            version=int(self.happened * 60_000_000), occurred_at=happened, received_at=happened, origin="raw/0/0",
        )  # fmt: skip
        body = {**_BODIES[self.entity], **dict(self.fields)}
        if "tax_id" not in dict(self.fields) and self.entity in ("account", "customer"):
            body["tax_id"] = self.key if self.entity == "account" else f"{self.key[:4]}.{self.key[4:]}"  # written apart
        return MODELS[self.entity](meta=meta, id=self.key, **body)


def moment(minutes: float) -> datetime:
    """As a time."""
    return BEGIN + timedelta(minutes=minutes)
