"""The effect ledger: one row per command, pending before the target is called, applied after the read-back.

    (no row) ──begin──▶ pending ──applied──▶ applied        done for good; a repeat only tells its effect again
                          │  ▲
                          dead│ begin                        a replayed letter is tried again
                          ▼  │
                          dead

`weigh` is the whole judgement, pure; a `Ledger` only stores. Every write names the place it is made from: the
partition of the command topic, and the epoch the worker took when it was given that partition. A worker that has
lost the partition has an older epoch than the table, and is refused (`Fenced`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from schemas.records import Command, Conversion, EffectOutcome

RowState = Literal["pending", "applied", "dead"]


@dataclass(frozen=True, slots=True)
class Place:
    """From where a write is made. `slot` is the partition as `topic/partition`."""

    slot: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A row. `ended_at`, outcome and ids are set once it is applied."""

    command_id: str
    version: int
    sequence: int
    fingerprint: str
    state: RowState
    attempts: int
    epoch: int
    started_at: datetime
    ended_at: datetime | None = None
    outcome: EffectOutcome | None = None
    external_id: str = ""
    external_number: str = ""
    conversion: Conversion | None = None

    @property
    def position(self) -> tuple[int, int]:
        return (self.version, self.sequence)


@dataclass(frozen=True, slots=True)
class Proceed:
    """Write. `called_since`: a former worker may have called the target then, and its call may still be under way."""

    called_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Settle:
    """Nothing is to be written; the row is to be ended with this outcome and the ids of `last`."""

    outcome: EffectOutcome
    last: Entry


@dataclass(frozen=True, slots=True)
class Told:
    """It is applied already; only its effect may not have been told."""

    entry: Entry


Verdict = Proceed | Settle | Told


def weigh(command: Command, mark: str, rows: Sequence[Entry]) -> Verdict:
    """What the ledger's rows of the command's record say about the command. `mark` is its fingerprint."""
    own = next((row for row in rows if row.command_id == command.command_id), None)
    if own is not None and own.state == "applied":
        return Told(own)
    others = [row for row in rows if row.command_id != command.command_id]
    last = max(
        (row for row in others if row.state == "applied" and row.outcome != "stale"),
        key=lambda row: (row.position, row.ended_at or row.started_at),  # of two at one position, what was written last
        default=None,
    )
    if last is not None:
        position = (command.version, command.sequence)
        if position < last.position:
            return Settle("stale", last)
        # What is pending or dead since may have been written in part: then the last applied is no proof.
        doubtful = own is not None or any(row.state != "applied" and row.position >= last.position for row in others)
        # A repair is asked for because the target was changed by others: what we last wrote there is no proof either.
        if last.fingerprint == mark and not doubtful and not command.repair:
            return Settle("unchanged", last)
    return Proceed(own.started_at if own is not None and own.state == "pending" else None)


class Ledger(Protocol):
    """Stores rows. All raise `LedgerUnavailable`; writes raise `Fenced`."""

    async def take_epoch(self, slot: str) -> int:
        """A new epoch of the slot, higher than all before; whoever holds an older one is fenced."""
        ...

    async def begin(self, command: Command, mark: str, place: Place, now: datetime) -> Proceed | Told:
        """Weigh and enter: pending for Proceed, already ended for an unchanged or stale command."""
        ...

    async def tried(self, command: Command, attempt: int, place: Place, now: datetime) -> None:
        """Another attempt is about to be made."""
        ...

    async def keep(self, command: Command, image: Mapping[str, Any], place: Place, now: datetime) -> None:
        """What the target held before the first write of the command; later ones change nothing."""
        ...

    async def applied(
        self,
        command: Command,
        external_id: str,
        external_number: str,
        place: Place,
        now: datetime,
        conversion: Conversion | None = None,
    ) -> Entry:
        """The read-back agreed. What was converted stays with the row: the effect may be told later."""
        ...

    async def dead(self, command: Command, attempt: int, place: Place, now: datetime) -> None:
        """It became a letter."""
        ...
