"""The effect ledger as a preview reads it: nothing is entered, and what would be written counts for what follows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.records import Command
from sinks.fingerprint import fingerprint
from sinks.ledger import Entry, Verdict, weigh
from streams.runtime.tables import effects

_NEWEST = 200
_NAMES = tuple(Entry.__slots__)


class ReadOnlyLedger:
    """`weigh` as the sinks do it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._would: dict[tuple[str, str, str], list[Entry]] = {}

    async def weigh(self, target: str, command: Command) -> Verdict:
        """What the ledger would say, as if all that was told to `wrote` was written."""
        mine = (effects.c.target == target) & (effects.c.kind == command.kind) & (effects.c.key == command.key)
        newest = (
            select(effects).where(mine).order_by(effects.c.version.desc(), effects.c.sequence.desc()).limit(_NEWEST)
        )
        own = select(effects).where(effects.c.target == target, effects.c.command_id == command.command_id)
        async with self._engine.connect() as connection:
            found = [*(await connection.execute(newest)).all(), *(await connection.execute(own)).all()]
        rows = {row.command_id: Entry(**{name: getattr(row, name) for name in _NAMES}) for row in found}
        for entry in self._would.get((target, command.kind, command.key), ()):
            rows[entry.command_id] = entry
        return weigh(command, fingerprint(command), list(rows.values()))

    def wrote(self, target: str, command: Command, now: datetime) -> None:
        """The command would be applied."""
        place = (command.version, command.sequence)
        entry = Entry(command.command_id, *place, fingerprint(command), "applied", 1, 0, now, now, "applied")
        self._would.setdefault((target, command.kind, command.key), []).append(entry)
