"""The lot of one batch: which events may be decided, which wait. Pure; the store fills it and keeps what it changed.

A sink asks it likewise about a command: "event" stands for both here, "decided" for carried.

An event may pass when nothing covers it and nothing of its record waits before it. It is covered by an open block of
its own record, and by one of a record that its effect depends on, where the block says so. The event that became the
blocking letter passes its own block: it comes back as a replay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import NamedTuple

from schemas.records import LineItem, Stamped

RecordKey = tuple[str, str, str]  #: side, entity, key
#: Records of an account whose effects need the account's own.
_NEED_ACCOUNT = frozenset({"opportunity", "line_item"})


class Spot(NamedTuple):
    """Where a record was read: topic, partition, offset."""

    topic: str
    partition: int
    offset: int

    def is_before(self, other: Spot) -> bool:
        """Both are of one partition, and this one is the earlier."""
        return self[:2] == other[:2] and self.offset < other.offset


class Admission(Enum):
    """What is to happen to an event."""

    PASS = auto()  #: decide it
    PARK = auto()  #: keep it; its row is new
    WAIT = auto()  #: its row is there and goes on waiting, or is done: nothing is to be done for this copy
    INSTEAD = auto()  #: record it as skipped


@dataclass(frozen=True, slots=True)
class Block:
    """An open letter that blocks. `collapse`: of full states behind it only the newest is decided."""

    block_id: str
    event_id: str
    record: RecordKey
    source: Spot  #: where its event was first read
    dependents: bool = False
    collapse: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A parked event of this batch. `place` orders all that wait."""

    event_id: str
    record: RecordKey
    place: int
    source: Spot
    state: str = "waiting"
    instead: str = ""
    instead_of: str = ""
    done_at: Spot | None = None


def scope_of(event: Stamped) -> tuple[RecordKey, ...]:
    """The event's own record, then those whose effects its own needs."""
    meta = event.meta
    own = (meta.side, meta.entity, meta.key)
    if meta.side != "crm" or meta.entity not in _NEED_ACCOUNT:
        return (own,)
    deal = (("crm", "opportunity", event.opportunity_id),) if isinstance(event, LineItem) else ()
    return (own, *deal, ("crm", "account", meta.account_id))


@dataclass(frozen=True, slots=True)
class Passage:
    """Who asks to pass. `scope`: its own record, then those whose effects its own needs.

    `letter_id`: of the letter that a command itself became; an event is known by its `event_id`.
    """

    row_id: str
    event_id: str
    scope: tuple[RecordKey, ...]
    letter_id: str = ""

    @classmethod
    def of(cls, event: Stamped) -> Passage:
        return cls(event.meta.event_id, event.meta.event_id, scope_of(event))

    @property
    def record(self) -> RecordKey:
        return self.scope[0]

    def owns(self, block: Block) -> bool:
        """The block is of its own letter: it comes back as a replay, or is read again after a crash."""
        itself = block.block_id == self.letter_id if self.letter_id else block.event_id == self.event_id
        return itself and block.record == self.record


@dataclass(slots=True)
class Lot:
    """Blocks and waiting rows, as far as one batch may ask for them; and what the batch changes of them.

    A batch that is read again after a crash finds what its first run kept: an event does not wait for what stands
    behind it in its own partition.
    """

    blocks: dict[RecordKey, dict[str, Block]] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)  #: event id -> its row
    waiting: dict[RecordKey, dict[int, Spot]] = field(default_factory=dict)  #: places that wait or are sent -> source
    parked: dict[str, Block | None] = field(default_factory=dict)  #: fresh: event id -> what it waits behind
    moved: dict[str, Row] = field(default_factory=dict)
    raised: dict[str, Block] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)  #: block id -> why
    _last: int = 0

    @classmethod
    def of(cls, blocks: Iterable[Block], rows: Iterable[Row], waiting: Mapping[RecordKey, Mapping[int, Spot]]) -> Lot:
        lot = cls(rows={row.event_id: row for row in rows})
        for block in blocks:
            lot.blocks.setdefault(block.record, {})[block.block_id] = block
        lot.waiting = {record: dict(places) for record, places in waiting.items()}
        lot._last = max((place for places in lot.waiting.values() for place in places), default=0)
        return lot

    def admit(self, event: Passage, spot: Spot, source: Spot, *, live: bool, drained: bool) -> Admission:
        """What is to happen to the event that was read at `spot`, and first at `source`.

        `live`: from its clean topic; `drained`: sent by the drainer.
        """
        row = self.rows.get(event.row_id)
        if row is not None and drained:
            return self._back(row, event, spot)
        if row is not None and (live or (row.state != "done" and not self._owned(event, spot))):
            return Admission.WAIT  # a copy: its row carries it on, or did
        if not self.parks(event, spot):
            return Admission.PASS
        covering = self._covering(event, spot)
        self._last += 1  # the store gives the lasting places, in the same order
        fresh = Row(event.row_id, event.record, self._last, source)
        self.rows[fresh.event_id] = fresh
        self.waiting.setdefault(fresh.record, {})[fresh.place] = source
        self.parked[fresh.event_id] = covering[0] if covering else None
        return Admission.PARK

    def parks(self, event: Passage, spot: Spot) -> bool:
        """Whether an event that does not wait yet has to."""
        if self._owned(event, spot):
            return False
        covering = self._covering(event, spot)
        return bool(covering) or any(not spot.is_before(one) for one in self.waiting.get(event.record, {}).values())

    def instead(self, row_id: str) -> Row:
        """The row of an event that is to be skipped."""
        return self.rows[row_id]

    def block(self, block: Block) -> None:
        """The event became a letter that blocks."""
        self.raised[block.block_id] = block
        self.ended.pop(block.block_id, None)
        self.blocks.setdefault(block.record, {})[block.block_id] = block

    def unblock(self, record: RecordKey, block_id: str, why: str) -> None:
        """The letter is none any more, or blocks no more; nothing happens where it never did."""
        if self.blocks.get(record, {}).pop(block_id, None) is not None:
            self.raised.pop(block_id, None)
            self.ended[block_id] = why

    def _owned(self, event: Passage, spot: Spot) -> bool:
        """One of its blocks is of its own letter: what waits behind that must not keep it, be it a copy of itself."""
        return any(event.owns(block) for block in self._covering(event, spot))

    def _covering(self, event: Passage, spot: Spot) -> list[Block]:
        own, *others = event.scope
        found = list(self.blocks.get(own, {}).values())
        found += [block for one in others for block in self.blocks.get(one, {}).values() if block.dependents]
        return [block for block in found if not spot.is_before(block.source)]

    def _back(self, row: Row, event: Passage, spot: Spot) -> Admission:
        """An event that the drainer sent. Copies of it may come twice, late, or before the drainer has marked it."""
        places = self.waiting.setdefault(row.record, {})
        if row.state == "done":
            if row.done_at != spot:
                return Admission.WAIT
            places[row.place] = row.source  # it is read again after a crash, and decided again where it still may
        others = [block for block in self._covering(event, spot) if not event.owns(block)]
        if others or min(places) < row.place:
            self._move(replace(row, state="waiting", done_at=None))
            return Admission.WAIT
        del places[row.place]
        self._move(replace(row, state="done", done_at=spot))
        return Admission.INSTEAD if row.instead else Admission.PASS

    def _move(self, row: Row) -> None:
        self.rows[row.event_id] = self.moved[row.event_id] = row
