"""What every event carries, whatever it is about (EV3)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from schemas.records.fields import Identifier

Side = Literal["crm", "erp"]
Entity = Literal[
    "account",
    "contact",
    "contract",
    "opportunity",
    "line_item",
    "customer",
    "order",
    "invoice",
    "case",
    "subscription",
    "lead",
    "charge",
    "refund",
]
#: `patch` carries only the fields that are set; the rest is as last known.
Operation = Literal["create", "update", "delete", "snapshot", "patch"]


class Travelling(BaseModel):
    """A record that is written to a topic. Frozen; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Envelope(Travelling):
    """Where an event comes from and where it stands in its record's history.

    Two events of one record compare by (`version`, `sequence`).
    """

    event_id: Identifier  #: deterministic: from the raw record's coordinates
    source: Identifier  #: `cdc:crm`, `webhook:standard`, `poll:erp`
    side: Side
    entity: Entity
    key: Identifier  #: the entity's own id, the record's key on the topic
    account_id: Identifier  #: the customer account that fixes the partition; the own id where there is none yet
    operation: Operation
    version: int  #: the source's time of the change, microseconds since 1970 UTC
    sequence: int = 0  #: orders changes of the same microsecond (the database's log position)
    occurred_at: datetime
    received_at: datetime
    actor: str | None = None  #: who changed it, as the source tells
    origin: Identifier  #: raw record: topic/partition/offset
    traceparent: str = ""  #: W3C trace context
    sync_request_id: str | None = None
    contract_id: str | None = None

    @property
    def position(self) -> tuple[int, int]:
        return (self.version, self.sequence)


class Stamped(Travelling):
    """A canonical record with its envelope."""

    meta: Envelope
