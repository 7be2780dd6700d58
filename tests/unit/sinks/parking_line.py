"""The line of `parking_world` with the ERP's sink behind it: at least once, one effect per command, parking of its own.

The lot and what the sink asks of it are the real ones. Decide's effects are the commands; the ERP may refuse them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from schemas import headers as names
from schemas.identity import letter_id_for
from schemas.reasons import Reason
from schemas.records import Command, Stamped
from schemas.topics import COMMAND_ERP
from sinks.effects import STAGE
from sinks.parking import ask, passage_of, plain
from streams.letters.letter import Original
from streams.letters.parking.lot import Admission, Block, Lot, RecordKey, Row, Spot, scope_of
from streams.letters.parking.store import block_of, spot_of
from tests.unit.streams.agents.crm_days import T0
from tests.unit.streams.letters.parking_world import World

Fate = Literal["done", "repeated"]
TOPIC = COMMAND_ERP.name


def command_of(event: Stamped) -> Command:
    """The command that an event gives; what is in it does not matter here."""
    meta = event.meta
    kind = "customer.upsert" if meta.entity == "account" else "order.place"
    return Command(
        command_id=f"c-{meta.event_id}",
        event_id=meta.event_id,
        kind=kind,
        key=meta.key,
        account_id=meta.account_id,
        version=meta.version,
        sequence=meta.sequence,
        occurred_at=T0,
        decided_at=T0,
    )


@dataclass(frozen=True)
class Sent:
    """A command on its topic; `source`: the offset that it first had."""

    event: Stamped
    source: int
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass
class Line:
    """A line with its sink. `applied` is what the ERP did, in order."""

    world: World = field(default_factory=World)
    topic: list[Sent] = field(default_factory=list)
    read: int = 0
    committed: int = 0
    rows: dict[str, Row] = field(default_factory=dict)
    letters: dict[str, Sent] = field(default_factory=dict)  #: open
    under_way: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)  #: events whose commands the ERP refuses as they are
    applied: list[Stamped] = field(default_factory=list)
    stale: set[str] = field(default_factory=set)
    discarded: set[str] = field(default_factory=set)
    sent: dict[str, Sent] = field(default_factory=dict)  #: command id -> as it was first sent
    _taken: int = 0
    most_parked: int = 0

    def decided(self) -> None:
        """What decide has put out since."""
        fresh, self._taken = self.world.effects[self._taken :], len(self.world.effects)
        for event in fresh:
            self._append(Sent(event, len(self.topic)))

    def _append(self, sent: Sent) -> None:
        self.topic.append(sent)
        self.sent.setdefault(f"c-{sent.event.meta.event_id}", sent)

    # -- the sink

    def sink(self, size: int, fate: Fate) -> None:
        """Carry the next commands. Each is durable as it ends; the offset may not be committed."""
        self.decided()
        for offset in range(self.read, min(self.read + size, len(self.topic))):
            self._one(self.topic[offset], Spot(TOPIC, 0, offset))
            self.read = offset + 1
        if fate == "done":
            self.committed = self.read
        else:
            self.read = self.committed

    def _one(self, sent: Sent, spot: Spot) -> None:
        command = command_of(sent.event)
        original = Original(TOPIC, 0, sent.source, 0, None, None, sent.headers)
        lot = self.lot(command, original)
        admission = ask(lot, command, original, spot)
        if admission is Admission.PARK:
            self.world.places += 1
            self.rows[command.command_id] = replace(lot.rows[command.command_id], place=self.world.places)
        elif admission is Admission.PASS:
            self._carry(sent, command, plain(original))
        self.rows |= {row_id: row for row_id, row in lot.moved.items() if row_id not in lot.parked}
        self.most_parked = max(self.most_parked, sum(row.state != "done" for row in self.rows.values()))

    def _carry(self, sent: Sent, command: Command, original: Original) -> None:
        event, record = sent.event, scope_of(sent.event)[0]
        newest = max((one.meta.position for one in self.applied if scope_of(one)[0] == record), default=(0, 0))
        letter_id = letter_id_for(original.origin, STAGE)
        if event in self.applied:
            return  # the ledger knows it
        if event.meta.position < newest:
            self.stale.add(event.meta.event_id)
        elif event.meta.event_id in self.refused:
            source = spot_of(original)
            block = block_of(letter_id, command.event_id, record, source, STAGE, Reason.ERP_REJECTED)
            assert block is not None
            self.world.blocks[letter_id] = block
            self.letters[letter_id] = sent
            self.under_way.discard(letter_id)
        else:
            self.applied.append(event)

    def lot(self, command: Command, original: Original) -> Lot:
        waiting: dict[RecordKey, dict[int, Spot]] = {}
        for row in self.rows.values():
            if row.state != "done":
                waiting.setdefault(row.record, {})[row.place] = row.source
        own = passage_of(command, original).record
        rows = [row for row in self.rows.values() if row.event_id == command.command_id]
        return Lot.of(self._blocks(), rows, {own: waiting.get(own, {})})

    def _blocks(self) -> list[Block]:
        return [block for block_id, block in self.world.blocks.items() if block_id in self.letters]

    # -- the drainer and people

    def drain(self, limit: int, *, marked: bool) -> int:
        """Send what nothing covers; a crash may come between sending and marking."""
        free = sorted((row for row in self.rows.values() if row.state == "waiting"), key=lambda row: row.place)
        free = [row for row in free if not self._covered(self.sent[row.event_id].event)][:limit]
        for row in free:
            first = self.sent[row.event_id]
            self.topic.append(replace(first, headers=((names.PARKED, b"x"),)))
            if marked:
                self.rows[row.event_id] = replace(row, state="sent")
        return len(free)

    def _covered(self, event: Stamped) -> bool:
        scope = scope_of(event)
        return any(b.record == scope[0] or (b.dependents and b.record in scope) for b in self._blocks())

    def replay(self, letter_id: str, *, mended: bool) -> None:
        """Send a letter again, mended or as it is."""
        sent = self.letters[letter_id]
        if letter_id in self.under_way:
            return
        self.under_way.add(letter_id)
        if mended:
            self.refused.discard(sent.event.meta.event_id)
        self.topic.append(replace(sent, headers=((names.REPLAYS, b"1"),)))

    def verify(self) -> None:
        """Letters whose command had its effect, or came too late for one, are closed, and block no more."""
        ended = {event.meta.event_id for event in self.applied} | self.stale
        for letter_id, sent in list(self.letters.items()):
            if sent.event.meta.event_id in ended:
                self._close(letter_id)

    def discard(self, letter_id: str) -> None:
        """Give it up; not while it is under way."""
        if letter_id not in self.under_way:
            self.discarded.add(self.letters[letter_id].event.meta.event_id)
            self._close(letter_id)

    def _close(self, letter_id: str) -> None:
        del self.letters[letter_id]
        self.under_way.discard(letter_id)
        self.world.blocks.pop(letter_id, None)

    def settle(self) -> None:
        """Mend and replay everything, drain everything, until nothing moves."""
        for _ in range(60):
            self.world.settle()
            self.decided()
            while self.read < len(self.topic):
                self.sink(3, "done")
            self.verify()
            moved = self.drain(5, marked=True)
            for letter_id in list(self.letters):
                self.replay(letter_id, mended=True)
            waits = any(row.state != "done" for row in self.world.rows.values())
            if not (moved or waits or self.letters or self.read < len(self.topic)):
                return
        raise AssertionError("it never comes to rest")
