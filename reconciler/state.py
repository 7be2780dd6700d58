"""What the reconciler remembers: both sides' last state, the positions it reflects, what waits, what is open.

Everything that one step changes is written in one batch, positions included: after a crash, state and position are
those of the same moment, and reading goes on there. Drifts to be told are part of the batch (the outbox) and leave it
only after the broker has confirmed them. A crash in between tells the same drift, byte for byte, once more; readers
keep the last per drift id, so to them it is one. The folder is a cache: a new one is rebuilt from the topics.

Keys: a letter for the kind, then names parted by NUL.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from reconciler.rows import MODELS, EntityName, Feed, PairName, Row, Subject, Version, newest
from reconciler.store import Store
from schemas.records import Drift, DriftKind, Invoice
from streams.runtime.clock import micros

#: Changes when stored bytes change their form; a folder of another form is rebuilt.
FORMAT = "1"
_RESOLUTION = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_POSITION, _RECORD, _INVOICES, _DRIFT, _WAITING, _OUTBOX, _NOTE = b"p", b"r", b"i", b"d", b"w", b"o", b"n"


class State:
    """Reads see what was changed since the last `commit`; nothing is kept that was not committed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changes: dict[bytes, bytes | None] = {}
        self._records: dict[tuple[EntityName, str], tuple[Version, ...]] = {}
        self._durable = False
        self.positions: dict[Feed, int] = {}
        self.open: dict[Subject, dict[DriftKind, Drift]] = {}
        self.waiting: dict[Subject, datetime] = {}
        self.outbox: dict[int, Drift] = {}
        if self._note("format") != FORMAT:
            self.forget()
        self._load()

    # -- the two sides -------------------------------------------------------------------------------------------

    def versions(self, entity: EntityName, key: str) -> tuple[Version, ...]:
        """The record as last recorded, once per partition it was recorded in."""
        if (entity, key) in self._records:
            return self._records[entity, key]
        return _versions(entity, self._get(_key(_RECORD, entity, key)))

    def record(self, entity: EntityName, key: str) -> Version | None:
        """The version that counts, None where nothing is known."""
        return newest(self.versions(entity, key))

    def invoices_of(self, order: str) -> list[Version]:
        """Every known invoice that bills the order, by key."""
        found = (self.record("invoice", key) for key in _names(self._get(_key(_INVOICES, order))))
        return [one for one in found if one is not None]

    def apply(self, row: Row) -> tuple[Version | None, Version | None]:
        """Take one row in. The version that counted before, and the one that counts now."""
        before = self.versions(row.entity, row.key)
        after = tuple(one for one in before if one.partition != row.feed.partition)
        if row.record is not None:
            after += (Version(row.feed.partition, row.recorded_at, row.record),)
        self._records[row.entity, row.key] = after
        was, now = newest(before), newest(after)
        if row.entity == "invoice":
            self._index(row.key, _order_of(was), _order_of(now))
        return was, now

    # -- what waits, what is open --------------------------------------------------------------------------------

    def wait(self, subject: Subject, changed_at: datetime) -> None:
        """Look again at this record when the change is old enough."""
        self.waiting[subject] = changed_at
        self._changes[_key(_WAITING, *subject)] = str(micros(changed_at)).encode()

    def stop_waiting(self, subject: Subject) -> None:
        if self.waiting.pop(subject, None) is not None:
            self._changes[_key(_WAITING, *subject)] = None

    def tell(self, drift: Drift) -> None:
        """Open, change or close it, and put it into the outbox."""
        self._keep(drift)
        number = max(self.outbox, default=int(self._note("told") or 0)) + 1
        self.outbox[number] = drift
        self._changes[_NOTE + b"told"] = str(number).encode()
        self._remember(drift.observed_at)
        self._changes[_OUTBOX + number.to_bytes(8, "big")] = drift.model_dump_json().encode()
        self._durable = True

    def told(self, numbers: Iterable[int]) -> None:
        """These are confirmed by the broker."""
        for number in numbers:
            del self.outbox[number]
            self._changes[_OUTBOX + number.to_bytes(8, "big")] = None

    def next_telling(self, now: datetime) -> datetime:
        """Now, or just after what was told last: a clock that stands or goes back does not disturb a story's order."""
        last = self._note("told_at")
        return now if last is None else max(now, _EPOCH + timedelta(microseconds=int(last)) + _RESOLUTION)

    def adopt(self, drifts: Iterable[Drift]) -> None:
        """The last words that an earlier folder told: what is open stays so until its record has been looked at."""
        for drift in drifts:
            self._remember(drift.observed_at)
            if drift.status == "closed":
                continue
            self._keep(drift)
            subject = subject_of(drift)
            self.wait(subject, max(drift.observed_at, self.waiting.get(subject, drift.observed_at)))

    # -- as a whole ----------------------------------------------------------------------------------------------

    def judged_by(self, rules: str) -> bool:
        """Whether this folder was judged by these rules; from now on it is. If not, all records are to wait again."""
        same = self._note("rules") == rules
        self._changes[_NOTE + b"rules"] = rules.encode()
        return same

    def subjects(self) -> Iterable[Subject]:
        """Every record that could drift, as committed."""
        pairs: dict[str, Sequence[PairName]] = {
            "account": ("account",),
            "customer": ("account",),
            "opportunity": ("opportunity",),
            "order": ("opportunity", "invoice"),
        }
        for key, _ in self._store.scan(_RECORD):
            entity, _, name = key[1:].decode().partition("\0")
            yield from (Subject(pair, name) for pair in pairs.get(entity, ()))

    def commit(self, positions: Mapping[Feed, int] | None = None) -> None:
        """Write everything at once. Positions are the next offsets to read."""
        for (entity, key), versions in self._records.items():
            self._changes[_key(_RECORD, entity, key)] = _dumped(versions)
        for feed, offset in (positions or {}).items():
            if self.positions.get(feed) != offset:
                self._changes[_key(_POSITION, feed.topic, str(feed.partition))] = str(offset).encode()
        if self._changes:
            self._store.write(self._changes, durable=self._durable)
        self.positions.update(positions or {})
        self._changes, self._records, self._durable = {}, {}, False

    def forget(self) -> None:
        """Remove everything, at once: the topics are other ones than this folder was filled from."""
        self._store.write({key: None for key, _ in self._store.scan(b"")}, durable=True)
        self._records, self._changes = {}, {_NOTE + b"format": FORMAT.encode()}
        for memory in (self.positions, self.open, self.waiting, self.outbox):
            memory.clear()

    # -- within --------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        for key, value in self._store.scan(_POSITION):
            topic, partition = key[1:].decode().split("\0")
            self.positions[Feed(topic, int(partition))] = int(value)
        for _, value in self._store.scan(_DRIFT):
            drift = Drift.model_validate_json(value)
            self.open.setdefault(subject_of(drift), {})[drift.kind] = drift
        for key, value in self._store.scan(_WAITING):
            pair, _, name = key[1:].decode().partition("\0")
            self.waiting[Subject(pair, name)] = _EPOCH + timedelta(microseconds=int(value))  # type: ignore[arg-type]
        for key, value in self._store.scan(_OUTBOX):
            self.outbox[int.from_bytes(key[1:], "big")] = Drift.model_validate_json(value)

    def _remember(self, told_at: datetime) -> None:
        at = max(micros(told_at), int(self._note("told_at") or 0))
        self._changes[_NOTE + b"told_at"] = str(at).encode()

    def _keep(self, drift: Drift) -> None:
        subject = subject_of(drift)
        key = _key(_DRIFT, drift.entity, drift.kind, drift.key)
        if drift.status == "closed":
            kinds = self.open.get(subject, {})
            kinds.pop(drift.kind, None)
            if not kinds:
                self.open.pop(subject, None)
            self._changes[key] = None
        else:
            self.open.setdefault(subject, {})[drift.kind] = drift
            self._changes[key] = drift.model_dump_json().encode()

    def _index(self, invoice: str, was: str | None, now: str | None) -> None:
        if was == now:
            return
        for order, present in ((was, False), (now, True)):
            if order is not None:
                key = _key(_INVOICES, order)
                names = set(_names(self._get(key))) - {invoice} | ({invoice} if present else set())
                self._changes[key] = json.dumps(sorted(names)).encode() if names else None

    def _get(self, key: bytes) -> bytes | None:
        return self._changes[key] if key in self._changes else self._store.get(key)

    def _note(self, name: str) -> str | None:
        found = self._get(_NOTE + name.encode())
        return None if found is None else found.decode()


def subject_of(drift: Drift) -> Subject:
    """The record that a drift is about."""
    return Subject(drift.entity, drift.key)  # type: ignore[arg-type]


def _key(kind: bytes, *names: str) -> bytes:
    return kind + "\0".join(names).encode()


def _names(value: bytes | None) -> list[str]:
    return [] if value is None else [str(name) for name in json.loads(value)]


def _order_of(version: Version | None) -> str | None:
    return version.record.order_id if version is not None and isinstance(version.record, Invoice) else None


def _dumped(versions: tuple[Version, ...]) -> bytes | None:
    if not versions:
        return None
    return json.dumps(
        [[one.partition, micros(one.recorded_at), one.record.model_dump(mode="json")] for one in versions]
    ).encode()


def _versions(entity: EntityName, value: bytes | None) -> tuple[Version, ...]:
    if value is None:
        return ()
    return tuple(
        Version(partition, _EPOCH + timedelta(microseconds=at), MODELS[entity].model_validate(record))
        for partition, at, record in json.loads(value)
    )
