"""Changes that are not written yet, over a store: read as if they were, written all at once."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.store import Store


class Draft:
    """Reads see what was put since the last `write`; nothing is kept that was not written."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changes: dict[bytes, bytes | None] = {}

    def get(self, key: bytes) -> bytes | None:
        return self._changes[key] if key in self._changes else self._store.get(key)

    def put(self, key: bytes, value: bytes | None) -> None:
        """None removes."""
        self._changes[key] = value

    def written(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """What is in the store under the prefix; changes since the last write are not seen."""
        return self._store.scan(prefix)

    def scan(self, prefix: bytes) -> list[bytes]:
        """The keys that start so, changes included, sorted."""
        found = {key for key, _ in self._store.scan(prefix)}
        changed = {key: value for key, value in self._changes.items() if key.startswith(prefix)}
        return sorted((found - changed.keys()) | {key for key, value in changed.items() if value is not None})

    def write(self, *, durable: bool) -> None:
        """All or nothing. `durable` outlives the machine's failure, not only the process's."""
        if self._changes:
            self._store.write(self._changes, durable=durable)
        self._changes = {}

    def empty(self) -> None:
        """Remove everything, in the store too, at once."""
        self._changes = {key: None for key, _ in self._store.scan(b"")}
        self.write(durable=True)


def key_of(kind: bytes, *names: str) -> bytes:
    """A letter for the kind, then names parted by NUL."""
    return kind + "\0".join(names).encode()
