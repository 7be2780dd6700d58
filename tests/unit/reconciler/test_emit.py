"""Drifts and holds of billing on their way out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from histories import at

from reconciler.billing import HOLD_ID, BillingPolicy, judge
from reconciler.emit import BillingTopic, DriftTopic
from reconciler.errors import EmitFailed
from schemas.codec import Codec
from schemas.headers import EVENT_ID
from schemas.partition import partition_for
from schemas.records import BillingHold, Drift
from schemas.registry import MemoryRegistry
from schemas.topics import BILLING_HOLD, DRIFT
from streams.letters.outbox import NotDelivered, Outgoing


class Sent:
    """Keeps what was sent, or refuses it."""

    def __init__(self, refuses: bool = False) -> None:
        self.refuses, self.records = refuses, list[Outgoing]()

    def send_all_now(self, records: Sequence[Outgoing]) -> None:
        if self.refuses:
            raise NotDelivered("the broker is away")
        self.records += records


def drift(name: str = "d1", **fields: Any) -> Drift:
    values: dict[str, Any] = {
        "drift_id": name, "entity": "account", "key": "A1", "account_id": "A1", "kind": "missing_in_erp",
        "status": "opened", "severity": "low", "fields": [], "opened_at": at(0), "observed_at": at(1),
    }  # fmt: skip
    return Drift(**(values | fields))


def event_id(one: Outgoing) -> bytes | None:
    return dict(one.headers)[EVENT_ID]


def test_drifts_go_out_in_the_order_of_their_numbers_to_their_account_s_partition() -> None:
    codec, sent = Codec(MemoryRegistry()), Sent()
    told = {7: drift("d2", account_id="B"), 3: drift("d1"), 12: drift("d1", status="closed", observed_at=at(2))}
    assert DriftTopic(sent, DRIFT, codec).send(told) == [3, 7, 12]
    assert [codec.read(one.value, Drift) for one in sent.records] == [told[3], told[7], told[12]]
    assert [(one.topic, one.key) for one in sent.records] == [(DRIFT.name, key) for key in (b"d1", b"d2", b"d1")]
    partitions = [partition_for(account, DRIFT.partitions) for account in ("A1", "B", "A1")]
    assert [one.partition for one in sent.records] == partitions


def test_a_repeat_is_known_as_one_and_another_telling_is_not() -> None:
    sent = Sent()
    topic = DriftTopic(sent, DRIFT, Codec(MemoryRegistry()))
    told = [drift(), drift(), drift(status="changed"), drift(observed_at=at(2)), drift("d2")]
    topic.send(dict(enumerate(told)))
    first, repeat, *others = map(event_id, sent.records)
    assert first == repeat
    assert len({first, *others}) == 4


def test_what_the_broker_did_not_take_stops_the_reconciler() -> None:
    topic = DriftTopic(Sent(refuses=True), DRIFT, Codec(MemoryRegistry()))
    with pytest.raises(EmitFailed, match=DRIFT.name):
        topic.send({1: drift()})


def test_a_hold_of_all_billing_is_told_under_one_key() -> None:
    codec, sent = Codec(MemoryRegistry()), Sent()
    topic, policy = BillingTopic(sent, BILLING_HOLD, codec), BillingPolicy(above=0.1, below=0.05)  # type: ignore[arg-type]
    raised = judge(5, 10, None, policy, at(0))
    assert raised is not None
    released = judge(0, 10, raised.raised_at, policy, at(0) + timedelta(hours=1))
    assert released is not None
    for hold in (raised, raised, released):
        topic.tell(hold)
    assert {one.key for one in sent.records} == {HOLD_ID.encode()}
    assert len({one.partition for one in sent.records}) == 1, "in the order told"
    assert [codec.read(one.value, BillingHold).state for one in sent.records] == ["raised", "raised", "released"]
    one, again, other = map(event_id, sent.records)
    assert one == again != other
