"""What a certificate tells of a state topic: rows, positions, and every row that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from ops.bench.reconcile.events import Event
from ops.reconcile.evidence import summed, topics_read
from schemas.codec import Codec
from schemas.registry import MemoryRegistry, RegistryUnavailable
from schemas.topics import STATE_CRM

NOW = datetime(2026, 4, 2, tzinfo=UTC)
TOPIC = STATE_CRM["account"]
CODEC = Codec(MemoryRegistry())
ACCOUNT = Event(0, 0, "account", "A1", "A1").row(0).record
assert ACCOUNT is not None
GOOD = CODEC.encode(TOPIC, ACCOUNT)


@dataclass
class FakeMessage:
    at: int
    payload: bytes | None = GOOD
    part: int = 0
    milliseconds: int = 1_000

    def topic(self) -> str:
        return TOPIC.name

    def partition(self) -> int:
        return self.part

    def offset(self) -> int:
        return self.at

    def key(self) -> bytes:
        return b"A1"

    def value(self) -> bytes | None:
        return self.payload

    def timestamp(self) -> tuple[int, int]:
        return 1, self.milliseconds


def told(*messages: FakeMessage, at_once: int = 2, codec: Codec = CODEC) -> dict[str, Any]:
    return summed(messages, {TOPIC.name: "account"}, codec, NOW, at_once)


def test_rows_are_counted_with_the_position_of_each_partition_and_the_newest_time() -> None:
    found = told(
        FakeMessage(3), FakeMessage(7, part=2, milliseconds=9_000), FakeMessage(4), FakeMessage(8, None, part=2)
    )
    assert found == {"rows": 4, "unreadable": 0, "named": [], "newest_ms": 9_000, "positions": {"0": 5, "2": 9}}


def test_an_empty_topic() -> None:
    assert told() == {"rows": 0, "unreadable": 0, "named": [], "newest_ms": 0, "positions": {}}


def test_what_cannot_be_read_is_counted_to_the_last_and_the_first_are_named() -> None:
    unknown = b"\x00" + (999).to_bytes(4, "big") + GOOD[5:]
    broken = [FakeMessage(number, (b"no avro", unknown, GOOD[:-3])[number % 3]) for number in range(30)]
    found = told(*broken, FakeMessage(30), at_once=4)
    assert (found["rows"], found["unreadable"], len(found["named"])) == (31, 30, 20)
    assert [one["place"] for one in found["named"]] == [f"0/{number}" for number in range(20)]
    assert "999" in found["named"][1]["why"]
    assert all(one["why"] and len(one["why"]) <= 300 for one in found["named"])


def test_a_registry_that_is_away_makes_no_row_unreadable() -> None:
    class Away(MemoryRegistry):
        def schema(self, schema_id: int) -> dict[str, Any]:
            raise RegistryUnavailable

    with pytest.raises(RegistryUnavailable):
        told(FakeMessage(0), codec=Codec(Away()))


def test_a_topic_that_was_not_read_to_its_end_says_why_and_has_no_half_count() -> None:
    def read(name: str) -> Iterator[FakeMessage]:
        yield FakeMessage(0)
        if name == TOPIC.name:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))

    found = topics_read(read, CODEC, NOW)
    assert len(found) == 5
    assert [name for name, one in found.items() if "why" in one] == [TOPIC.name]
    assert found[TOPIC.name].keys() == {"why"}
    assert {one["rows"] for name, one in found.items() if name != TOPIC.name} == {1}
