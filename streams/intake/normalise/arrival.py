"""What every normaliser is given, and the two things it may answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from schemas.codec import validate
from schemas.identity import event_id_for, trace_for
from schemas.outcome import SkipWhy
from schemas.records import Entity, Envelope, Operation, Side
from streams.runtime.clock import micros


@dataclass(frozen=True, slots=True)
class Nothing:
    """A raw record, or a part of one, that holds no event for us."""

    why: SkipWhy
    detail: str
    entity: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a raw record came from and when; makes the envelopes of its events."""

    origin: str
    received_at: datetime
    traceparent: str = ""

    def event_id(self, index: int = 0) -> str:
        return event_id_for(self.origin, index)

    def envelope(  # noqa: PLR0913 - an envelope has this many facts
        self,
        *,
        source: str,
        side: Side,
        entity: Entity,
        key: str,
        account_id: str,
        operation: Operation,
        occurred_at: datetime,
        index: int = 0,
        version: int | None = None,
        sequence: int = 0,
        actor: str | None = None,
    ) -> Envelope:
        """The envelope of the record's nth event. `version` is the time of the change where not given.

        Raises ContractViolation, such as for a key that is longer than any id may be.
        """
        given = {
            "event_id": self.event_id(index),
            "source": source,
            "side": side,
            "entity": entity,
            "key": key,
            "account_id": account_id or key,
            "operation": operation,
            "version": micros(occurred_at) if version is None else version,
            "sequence": sequence,
            "occurred_at": occurred_at,
            "received_at": self.received_at,
            "actor": actor,
            "origin": self.origin,
            "traceparent": self.traceparent or trace_for(self.origin),
        }
        return validate(Envelope, given)
