"""Messages -> rows; a row that cannot be read stops nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from histories import at, record

from reconciler.feed import decode_rows
from reconciler.rows import Feed
from schemas.codec import Codec
from schemas.registry import MemoryRegistry, RegistryUnavailable
from schemas.topics import STATE_CRM, STATE_ERP

CODEC = Codec(MemoryRegistry())
TOPIC = STATE_CRM["account"]
NOW = at(10)
GOOD = CODEC.encode(TOPIC, record("account", "A1", 1))


@dataclass
class FakeMessage:
    payload: bytes | None
    name: bytes | None = b"A1"
    stamp: tuple[int, int] = (1, int(at(2).timestamp() * 1000))

    def topic(self) -> str:
        return TOPIC.name

    def partition(self) -> int:
        return 3

    def offset(self) -> int:
        return 17

    def key(self) -> bytes | None:
        return self.name

    def value(self) -> bytes | None:
        return self.payload

    def timestamp(self) -> tuple[int, int]:
        return self.stamp


def read(message: FakeMessage, codec: Codec = CODEC) -> tuple[list[Any], list[Any]]:
    return decode_rows([message], {TOPIC.name: "account"}, codec, NOW)


def test_a_row() -> None:
    (row,), unreadable = read(FakeMessage(GOOD))
    assert unreadable == []
    assert (row.feed, row.offset, row.entity, row.key) == (Feed(TOPIC.name, 3), 17, "account", "A1")
    assert (row.recorded_at, row.event_time) == (at(2), at(1))
    assert row.record.name == "Acme"


def test_a_tombstone() -> None:
    (row,), _ = read(FakeMessage(None))
    assert row.record is None
    assert row.event_time == at(2)


@pytest.mark.parametrize(
    ("stamp", "recorded"),
    [((0, -1), NOW), ((1, 2**62), NOW), ((1, int((NOW + timedelta(hours=1)).timestamp() * 1000)), NOW)],
)
def test_a_time_that_cannot_be_is_now(stamp: tuple[int, int], recorded: Any) -> None:
    (row,), _ = read(FakeMessage(GOOD, stamp=stamp))
    assert row.recorded_at == recorded


def test_a_source_whose_clock_is_ahead_is_not_believed() -> None:
    ahead = CODEC.encode(TOPIC, record("account", "A1", 500))
    (row,), _ = read(FakeMessage(ahead))
    assert row.event_time == at(2)


@pytest.mark.parametrize(
    "message",
    [
        FakeMessage(b""),
        FakeMessage(b"not avro"),
        FakeMessage(b"\x00\x00\x00\x00\x63x"),  # a schema nobody knows
        FakeMessage(GOOD[:-3]),
        FakeMessage(GOOD + b"x"),
        FakeMessage(CODEC.encode(STATE_ERP["customer"], record("customer", "A1"))),  # another record
        FakeMessage(GOOD, name=None),
        FakeMessage(GOOD, name=b"\xff"),
        FakeMessage(GOOD, name=b"x" * 129),
        FakeMessage(GOOD, name=b"a\0b"),
    ],
)
def test_what_cannot_be_read_says_where_and_why(message: FakeMessage) -> None:
    rows, (one,) = read(message)
    assert rows == []
    assert (one.feed, one.offset, one.entity) == (Feed(TOPIC.name, 3), 17, "account")
    assert one.why


def test_a_registry_that_does_not_answer_is_no_fault_of_the_row() -> None:
    class Away(MemoryRegistry):
        def schema(self, schema_id: int) -> dict[str, Any]:
            raise RegistryUnavailable

    with pytest.raises(RegistryUnavailable):
        read(FakeMessage(GOOD), Codec(Away()))
