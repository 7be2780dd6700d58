"""What the reconciler remembers: both sides' last state, the positions it reflects, what waits, what is open.

Everything that one step changes is written in one batch, positions included: after a crash, state and position are
those of the same moment, and reading goes on there. Drifts to be told are part of the batch (the outbox) and leave it
only after the broker has confirmed them. A crash in between tells the same drift, byte for byte, once more; readers
keep the last per drift id, so to them it is one. The folder is a cache: a new one is rebuilt from the topics.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from reconciler.draft import Draft, key_of
from reconciler.latency import Latencies
from reconciler.rows import Feed, Row, Subject
from reconciler.sides import Sides
from reconciler.store import Store
from reconciler.watermark import NEVER
from schemas.records import Drift, DriftKind
from streams.runtime.clock import micros

#: Changes when stored bytes change their form; a folder of another form is rebuilt.
FORMAT = "4"
_RESOLUTION = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_POSITION, _DRIFT, _WAITING, _OUTBOX, _NOTE = b"p", b"d", b"w", b"o", b"n"


class Change(NamedTuple):
    """When a record changed last, and when it was deleted last: a deletion often is half of a recreation."""

    at: datetime
    gone: datetime = NEVER

    def with_(self, other: Change | None) -> Change:
        """Both changes of one record as one."""
        return self if other is None else Change(max(self.at, other.at), max(self.gone, other.gone))


class State:
    """Reads see what was changed since the last `commit`; nothing is kept that was not committed."""

    def __init__(self, store: Store) -> None:
        self._draft = Draft(store)
        self.sides = Sides(self._draft)
        self.latencies = Latencies(self._draft)
        self._durable = False
        self.positions: dict[Feed, int] = {}
        self.open: dict[Subject, dict[DriftKind, Drift]] = {}
        self.waiting: dict[Subject, Change] = {}
        self.outbox: dict[int, Drift] = {}
        if self._note("format") != FORMAT:
            self.forget()
        self._load()

    def apply(self, row: Row) -> list[Subject]:
        """Take one row in. The records of pairs that it says something about."""
        return self.sides.apply(row)

    # -- what waits, what is open --------------------------------------------------------------------------------

    def wait(self, subject: Subject, change: Change) -> None:
        """Look again at this record when the change is old enough."""
        self.waiting[subject] = change
        text = str(micros(change.at)) if change.gone == NEVER else f"{micros(change.at)} {micros(change.gone)}"
        self._draft.put(key_of(_WAITING, *subject), text.encode())

    def stop_waiting(self, subject: Subject) -> None:
        if self.waiting.pop(subject, None) is not None:
            self._draft.put(key_of(_WAITING, *subject), None)

    def tell(self, drift: Drift) -> None:
        """Open, change or close it, and put it into the outbox."""
        self._keep(drift)
        number = max(self.outbox, default=int(self._note("told") or 0)) + 1
        self.outbox[number] = drift
        self._draft.put(_NOTE + b"told", str(number).encode())
        self._remember(drift.observed_at)
        self._draft.put(_OUTBOX + number.to_bytes(8, "big"), drift.model_dump_json().encode())
        self._durable = True

    def told(self, numbers: Iterable[int]) -> None:
        """These are confirmed by the broker."""
        for number in numbers:
            del self.outbox[number]
            self._draft.put(_OUTBOX + number.to_bytes(8, "big"), None)

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
            self.wait(subject, Change(drift.observed_at).with_(self.waiting.get(subject)))

    @property
    def billing_held(self) -> datetime | None:
        """Since when new billing waits; None while it goes on."""
        found = self._note("billing")
        return _moment(found) if found else None

    def hold_billing(self, since: datetime | None) -> None:
        """Remember what was told of billing."""
        self._draft.put(_NOTE + b"billing", None if since is None else str(micros(since)).encode())

    # -- as a whole ----------------------------------------------------------------------------------------------

    def judged_by(self, rules: str) -> bool:
        """Whether this folder was judged by these rules; from now on it is. If not, all records are to wait again."""
        same = self._note("rules") == rules
        self._draft.put(_NOTE + b"rules", rules.encode())
        return same

    @property
    def judged_to(self) -> datetime:
        """The watermark that was judged by last; before everything in a new folder."""
        found = self._note("judged")
        return NEVER if found is None else _EPOCH + timedelta(microseconds=int(found))

    def commit(self, positions: Mapping[Feed, int] | None = None, judged_to: datetime = NEVER) -> None:
        """Write everything at once. Positions are the next offsets to read."""
        if judged_to > self.judged_to:
            self._draft.put(_NOTE + b"judged", str(micros(judged_to)).encode())
        self.sides.settle()
        for feed, offset in (positions or {}).items():
            if self.positions.get(feed) != offset:
                self._draft.put(key_of(_POSITION, feed.topic, str(feed.partition)), str(offset).encode())
        self._draft.write(durable=self._durable)
        self.positions.update(positions or {})
        self._durable = False

    def forget(self) -> None:
        """Remove everything, at once: the topics are other ones than this folder was filled from."""
        self._draft.empty()
        self.sides.clear()
        self.latencies.clear()
        self._draft.put(_NOTE + b"format", FORMAT.encode())
        for memory in (self.positions, self.open, self.waiting, self.outbox):
            memory.clear()

    # -- within --------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        self.sides.load()
        self.latencies.load()
        for key, value in self._draft.written(_POSITION):
            topic, partition = key[1:].decode().split("\0")
            self.positions[Feed(topic, int(partition))] = int(value)
        for _, value in self._draft.written(_DRIFT):
            drift = Drift.model_validate_json(value)
            self.open.setdefault(subject_of(drift), {})[drift.kind] = drift
        for key, value in self._draft.written(_WAITING):
            pair, _, name = key[1:].decode().partition("\0")
            at, _, gone = value.decode().partition(" ")
            change = Change(_moment(at), _moment(gone) if gone else NEVER)
            self.waiting[Subject(pair, name)] = change  # type: ignore[arg-type]
        for key, value in self._draft.written(_OUTBOX):
            self.outbox[int.from_bytes(key[1:], "big")] = Drift.model_validate_json(value)

    def _remember(self, told_at: datetime) -> None:
        at = max(micros(told_at), int(self._note("told_at") or 0))
        self._draft.put(_NOTE + b"told_at", str(at).encode())

    def _keep(self, drift: Drift) -> None:
        subject = subject_of(drift)
        key = key_of(_DRIFT, drift.entity, drift.kind, drift.key)
        if drift.status == "closed":
            kinds = self.open.get(subject, {})
            kinds.pop(drift.kind, None)
            if not kinds:
                self.open.pop(subject, None)
            self._draft.put(key, None)
        else:
            self.open.setdefault(subject, {})[drift.kind] = drift
            self._draft.put(key, drift.model_dump_json().encode())

    def _note(self, name: str) -> str | None:
        found = self._draft.get(_NOTE + name.encode())
        return None if found is None else found.decode()


def _moment(text: str) -> datetime:
    return _EPOCH + timedelta(microseconds=int(text))


def subject_of(drift: Drift) -> Subject:
    """The record that a drift is about."""
    return Subject(drift.entity, drift.key)  # type: ignore[arg-type]
