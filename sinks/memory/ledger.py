"""The ledger in memory: the same judgement, no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from schemas.records import Command, Conversion
from sinks.errors import Fenced
from sinks.ledger import Entry, Place, Proceed, Settle, Told, weigh

_Record = tuple[str, str]


class MemoryLedger:
    """Rows by record and command. Outlives the workers that write to it."""

    def __init__(self) -> None:
        self.rows: dict[_Record, dict[str, Entry]] = {}
        self.epochs: dict[str, int] = {}
        self.images: dict[str, Mapping[str, Any]] = {}

    async def take_epoch(self, slot: str) -> int:
        self.epochs[slot] = self.epochs.get(slot, 0) + 1
        return self.epochs[slot]

    async def begin(self, command: Command, mark: str, place: Place, now: datetime) -> Proceed | Told:
        self._check(place)
        rows = self.rows.setdefault((command.kind, command.key), {})
        verdict = weigh(command, mark, list(rows.values()))
        if isinstance(verdict, Told):
            return verdict
        where = (command.version, command.sequence)
        entry = Entry(command.command_id, *where, mark, "pending", 1, place.epoch, now)
        if isinstance(verdict, Settle):
            entry = replace(
                entry,
                state="applied",
                outcome=verdict.outcome,
                ended_at=now,
                external_id=verdict.last.external_id,
                external_number=verdict.last.external_number,
            )
        rows[command.command_id] = entry
        return verdict if isinstance(verdict, Proceed) else Told(entry)

    async def tried(self, command: Command, attempt: int, place: Place, now: datetime) -> None:
        self._check(place)
        self._change(command, attempts=attempt, epoch=place.epoch, started_at=now)

    async def keep(self, command: Command, image: Mapping[str, Any], place: Place, now: datetime) -> None:
        self._check(place)
        self.images.setdefault(command.command_id, image)

    async def applied(
        self,
        command: Command,
        external_id: str,
        external_number: str,
        place: Place,
        now: datetime,
        conversion: Conversion | None = None,
    ) -> Entry:
        self._check(place)
        ids = {"external_id": external_id, "external_number": external_number, "conversion": conversion}
        return self._change(command, state="applied", outcome="applied", ended_at=now, **ids)

    async def dead(self, command: Command, attempt: int, place: Place, now: datetime) -> None:
        self._check(place)
        self._change(command, state="dead", attempts=attempt, ended_at=now)

    def _check(self, place: Place) -> None:
        if self.epochs.get(place.slot) != place.epoch:
            raise Fenced(f"{place.slot} has epoch {self.epochs.get(place.slot)}, this worker holds {place.epoch}")

    def _change(self, command: Command, **values: object) -> Entry:
        rows = self.rows[command.kind, command.key]
        rows[command.command_id] = replace(rows[command.command_id], **values)  # type: ignore[arg-type]
        return rows[command.command_id]
