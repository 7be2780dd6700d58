"""The records of a campaign, and the ledgers they are entered in."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.chaos.delivery import ledger
from ops.chaos.delivery.judge import Seen, Sent
from ops.chaos.delivery.observe import row_of
from ops.chaos.delivery.wire import derived_key, digest, key_name, make_value, parse_value, records


@given(key=st.integers(0, 10**6), seq=st.integers(0, 10**9), filling=st.binary(max_size=50))
def test_a_value_says_what_it_is(key: int, seq: int, filling: bytes) -> None:
    assert parse_value(make_value(key, seq, filling)) == (key, seq)


def test_numbers_count_up_within_each_key_and_the_seed_decides_the_rest() -> None:
    made = list(records(3, 500, 7))
    assert made == list(records(3, 500, 7)) != list(records(4, 500, 7))
    for key in range(7):
        assert [seq for k, seq, _ in made if k == key] == [
            n for n, _ in zip(count(), (1 for k, *_ in made if k == key))
        ]
    assert all(parse_value(value) == (key, seq) for key, seq, value in made)


class Message:
    def __init__(self, key: bytes, value: bytes | None) -> None:
        self._key, self._value = key, value

    def key(self) -> bytes:
        return self._key

    def value(self) -> bytes | None:
        return self._value

    def partition(self) -> int:
        return 1

    def offset(self) -> int:
        return 20


@pytest.mark.parametrize(
    ("key", "value", "identity"),
    [
        (derived_key(key_name(4)), b"4|9|x", (4, 9)),
        (key_name(4), b"4|9|x", (-1, -1)),
        (derived_key(key_name(4)), b"garbage", (-1, -1)),
        (derived_key(key_name(4)), None, (-1, -1)),
    ],
)
def test_the_observer_knows_a_record_by_its_value_and_its_key(
    key: bytes, value: bytes | None, identity: tuple[int, int]
) -> None:
    assert row_of(Message(key, value)) == (1, 20, *identity, digest(value or b""))


def test_ledgers_give_back_what_was_entered(tmp_path: Path) -> None:
    inputs = ledger.open_inputs(tmp_path / "in")
    with inputs:
        inputs.execute("insert into inputs (n, key, seq, digest) values (0, 5, 0, ?), (1, 6, 0, ?)", (b"a", b"b"))
        inputs.execute("update inputs set partition = 2, place = 11 where n = 0")
    assert list(ledger.sent(tmp_path / "in")) == [Sent(5, 0, b"a", 2, 11), Sent(6, 0, b"b", None, None)]
    inputs.close()

    outputs = ledger.open_outputs(tmp_path / "out")
    with outputs:
        outputs.executemany("insert into outputs values (?, ?, ?, ?, ?)", [(1, 0, 5, 1, b"y"), (0, 3, 5, 0, b"x")])
    outputs.close()
    assert list(ledger.seen(tmp_path / "out")) == [Seen(5, 0, b"x", 0, 3), Seen(5, 1, b"y", 1, 0)]
