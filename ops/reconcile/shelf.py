"""What a sweep keeps besides the records: how far it got, the hash of every row, what it could not read."""

from __future__ import annotations

from collections.abc import Iterator

from ops.reconcile.bisect import Range
from ops.reconcile.read_rows import Told
from reconciler.draft import Draft, key_of
from reconciler.rows import EntityName
from reconciler.store import Store

_POSITION, _SKIPPED, _HASH, _FINISHED = b"s", b"x", b"h", b"n"


class Shelf:
    """Over the sweep's store; written page by page."""

    def __init__(self, store: Store) -> None:
        self.draft = Draft(store)

    @property
    def finished(self) -> bool:
        """Whether a whole sweep is here that ended."""
        return self.draft.get(_FINISHED) is not None

    @finished.setter
    def finished(self, yes: bool) -> None:
        self.draft.put(_FINISHED, b"" if yes else None)
        self.write()

    def at(self, table: str) -> str:
        """The last key that was read of a table."""
        found = self.draft.get(key_of(_POSITION, table))
        return "" if found is None else found.decode()

    def move(self, table: str, key: str) -> None:
        self.draft.put(key_of(_POSITION, table), key.encode())

    def positions(self) -> dict[str, str]:
        """How far each table was read."""
        return {key[1:].decode(): value.decode() for key, value in self.draft.written(_POSITION)}

    def keep(self, table: str, row: Told) -> None:
        """A row that was read, and the record that it is; it may be none."""
        entity, name = ("", "") if row.record is None else (row.record.meta.entity, row.record.meta.key)
        told = (row.hash, entity, name, str(row.version))
        self.draft.put(key_of(_HASH, table, row.key), "\0".join(told).encode())

    def hashes(self, table: str, within: Range | None = None) -> list[tuple[str, str]]:
        """(key, hash) of the rows as last written, in the order of the keys as bytes."""
        found = []
        for name, value in self.draft.written(key_of(_HASH, table, "")):
            key = name[1:].decode().partition("\0")[2]
            if within is None or (key > within.after and (within.to is None or key <= within.to)):
                found.append((key, value.decode().partition("\0")[0]))
        return found

    def extent(self, table: str) -> dict[str, int]:
        """How many rows are known of a table, and the newest change among them, in microseconds."""
        stamps = [int(value.decode().rpartition("\0")[2]) for _, value in self.draft.written(key_of(_HASH, table, ""))]
        return {"rows": len(stamps), "newest": max(stamps, default=0)}

    def forget(self, table: str, key: str) -> tuple[EntityName, str] | None:
        """A row that is gone: the record that it was, None where it was none."""
        value = self.draft.get(key_of(_HASH, table, key))
        assert value is not None, f"{table} {key} was never read"
        self.draft.put(key_of(_HASH, table, key), None)
        self.forget_skip(table, key)
        _, entity, name, _ = value.decode().split("\0")
        return (entity, name) if entity else None  # type: ignore[return-value]

    def skip(self, table: str, key: str, why: str) -> None:
        """A row that is not compared."""
        self.draft.put(key_of(_SKIPPED, table, key), why.encode())

    def forget_skip(self, table: str, key: str) -> None:
        self.draft.put(key_of(_SKIPPED, table, key), None)

    def skipped(self) -> Iterator[tuple[str, str, str]]:
        """Table, key, why."""
        for name, value in self.draft.written(_SKIPPED):
            table, _, key = name[1:].decode().partition("\0")
            yield table, key, value.decode()

    def write(self) -> None:
        self.draft.write(durable=True)
