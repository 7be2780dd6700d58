"""A place for bytes that is written all at once or not at all: RocksDB in a folder, and its twin in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import rocksdict

from reconciler.errors import FolderInUse

_CACHE_BYTES = 64 * 2**20
_BUFFER_BYTES = 32 * 2**20  #: two of them at most


class Store(Protocol):
    """Keys and values are bytes."""

    def get(self, key: bytes) -> bytes | None:
        """The value, None where there is none."""

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Everything whose key starts so, in the keys' order."""

    def write(self, changes: Mapping[bytes, bytes | None], *, durable: bool) -> None:
        """All or nothing; None removes. `durable` outlives the machine's failure, not only the process's."""

    def close(self) -> None:
        """Let go of the folder. May be called twice."""


class MemoryStore:
    """For tests and dry runs."""

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        return self._values.get(key)

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        yield from sorted(item for item in self._values.items() if item[0].startswith(prefix))

    def write(self, changes: Mapping[bytes, bytes | None], *, durable: bool) -> None:
        for key, value in changes.items():
            if value is None:
                self._values.pop(key, None)
            else:
                self._values[key] = value

    def close(self) -> None:
        """Nothing to let go of."""


class RocksStore:
    """RocksDB in a folder, which is made if it is not there. Raises FolderInUse."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._db: Any = rocksdict.Rdict(str(folder), _options())
        except Exception as error:
            if "lock" in str(error).lower():
                raise FolderInUse(f"{FolderInUse.__doc__} Folder: {folder}") from error
            raise
        self._safe = rocksdict.WriteOptions()
        self._safe.sync = True
        self._fast = rocksdict.WriteOptions()

    def get(self, key: bytes) -> bytes | None:
        found: bytes | None = self._db.get(key)
        return found

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        for key, value in self._db.items(from_key=prefix):
            if not key.startswith(prefix):
                return
            yield key, value

    def write(self, changes: Mapping[bytes, bytes | None], *, durable: bool) -> None:
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key, value in changes.items():
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        self._db.write(batch, self._safe if durable else self._fast)

    def close(self) -> None:
        self._db.close()


def _options() -> rocksdict.Options:
    """Memory has bounds: what is cached of blocks, indexes and filters together, and what is not written out yet.

    The filters spare the look-up of a record that is new, which is what half of all first rows ask.
    """
    options, blocks = rocksdict.Options(raw_mode=True), rocksdict.BlockBasedOptions()
    blocks.set_block_cache(rocksdict.Cache(_CACHE_BYTES))
    blocks.set_bloom_filter(10, False)
    blocks.set_cache_index_and_filter_blocks(True)
    options.set_block_based_table_factory(blocks)
    options.set_write_buffer_size(_BUFFER_BYTES)
    return options
