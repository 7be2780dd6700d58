"""One suite for RocksDB and its twin in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.errors import FolderInUse
from reconciler.store import MemoryStore, RocksStore, Store


@pytest.fixture(params=["memory", "rocks"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else RocksStore(tmp_path / "state")
    yield made
    made.close()


def test_what_is_written_is_read(store: Store) -> None:
    store.write({b"a": b"1", b"b": b"\x00\xff"}, durable=False)
    assert (store.get(b"a"), store.get(b"b"), store.get(b"c")) == (b"1", b"\x00\xff", None)


def test_none_removes_and_removing_nothing_is_fine(store: Store) -> None:
    store.write({b"a": b"1"}, durable=True)
    store.write({b"a": None, b"b": None}, durable=True)
    assert store.get(b"a") is None


def test_a_scan_is_of_its_prefix_in_order(store: Store) -> None:
    store.write({key: b"" for key in (b"ra", b"r\0", b"q", b"s", b"rb\xff", b"r")}, durable=False)
    assert [key for key, _ in store.scan(b"r")] == [b"r", b"r\0", b"ra", b"rb\xff"]
    assert len(list(store.scan(b""))) == 6


def test_rocks_outlives_its_process_and_serves_one_at_a_time(tmp_path: Path) -> None:
    first = RocksStore(tmp_path)
    first.write({b"a": b"1"}, durable=True)
    with pytest.raises(FolderInUse, match="folder of its own"):
        RocksStore(tmp_path)
    first.close()
    again = RocksStore(tmp_path)
    assert again.get(b"a") == b"1"
    again.close()
