"""Drifts -> the drift topic, billing holds -> theirs, confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from reconciler.errors import EmitFailed
from schemas.codec import Codec
from schemas.headers import EVENT_ID, set_headers
from schemas.identity import event_id_for
from schemas.partition import partition_for
from schemas.records import BillingHold, Drift, Travelling
from schemas.topics import Topic
from streams.letters.outbox import NotDelivered, Outgoing
from streams.runtime.clock import micros


class Confirmed(Protocol):
    """What sends records and waits for the broker, as `Outbox` does."""

    def send_all_now(self, records: Sequence[Outgoing]) -> None:
        """Raises NotDelivered."""
        ...


class DriftTopic:
    """The way out. Key is the drift's id, partition the account's."""

    def __init__(self, outbox: Confirmed, topic: Topic, codec: Codec) -> None:
        self._topic = topic
        self._codec = codec
        self._outbox = outbox

    def send(self, drifts: Mapping[int, Drift]) -> list[int]:
        """Send them in the order of their numbers and wait; the numbers, all confirmed. Raises EmitFailed."""
        self._produce([(one.drift_id, one.account_id, one, _told(one)) for _, one in sorted(drifts.items())])
        return sorted(drifts)

    def _produce(self, records: Sequence[tuple[str, str, Travelling, str]]) -> None:
        """Key, account, value, and what makes this telling the same as its repeat."""
        outgoing = [
            Outgoing(
                self._topic.name,
                key.encode(),
                self._codec.encode(self._topic, value),
                set_headers(None, [(EVENT_ID, event_id_for(telling))]),
                partition_for(account_id, self._topic.partitions),
            )
            for key, account_id, value, telling in records
        ]
        try:
            self._outbox.send_all_now(outgoing)
        except NotDelivered as error:
            raise EmitFailed(f"{self._topic.name} did not take every record: {error}") from error


class BillingTopic(DriftTopic):
    """The same for holds of billing."""

    def tell(self, hold: BillingHold) -> None:
        """Send it and wait. Raises EmitFailed."""
        self._produce([(hold.hold_id, hold.account_id or hold.hold_id, hold, f"{hold.state}/{micros(hold.raised_at)}")])


def _told(drift: Drift) -> str:
    """The same for a repeat of the same telling."""
    return f"drift/{drift.drift_id}/{drift.status}/{micros(drift.observed_at)}"
