"""The ledger in the operations database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Update, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.records import Command, Conversion
from sinks.fenced import fenced
from sinks.images import keep_image
from sinks.ledger import Entry, Place, Proceed, Settle, Told, weigh
from sinks.mapping import mark_applied
from sinks.port import Target
from streams.runtime.tables import effects, epochs

#: Rows of one record that are weighed: its newest. The command's own is always among them.
_NEWEST = 200
_ENTRY = (
    effects.c.command_id,
    effects.c.version,
    effects.c.sequence,
    effects.c.fingerprint,
    effects.c.state,
    effects.c.attempts,
    effects.c.epoch,
    effects.c.started_at,
    effects.c.ended_at,
    effects.c.outcome,
    effects.c.external_id,
    effects.c.external_number,
    effects.c.conversion,
)


class PostgresLedger:
    """Each method is one transaction, in which the epoch's row is held against a newer worker."""

    def __init__(self, engine: AsyncEngine, target: Target) -> None:
        self._engine = engine
        self._target = target

    async def take_epoch(self, slot: str) -> int:
        statement = insert(epochs).values(slot=slot, epoch=1, started_at=func.now())
        raised = statement.on_conflict_do_update(
            index_elements=[epochs.c.slot], set_={"epoch": epochs.c.epoch + 1, "started_at": func.now()}
        ).returning(epochs.c.epoch)
        async with fenced(self._engine) as connection:
            return int((await connection.execute(raised)).scalar_one())

    async def begin(self, command: Command, mark: str, place: Place, now: datetime) -> Proceed | Told:
        async with fenced(self._engine, place) as connection:
            rows = await self._rows_of(connection, command)
            verdict = weigh(command, mark, rows)
            match verdict:
                case Told():
                    return verdict
                case Proceed():
                    await self._enter(connection, command, self._pending(command, mark, place, now))
                    return verdict
                case Settle(outcome, last):
                    ended = replace(
                        self._pending(command, mark, place, now),
                        state="applied",
                        ended_at=now,
                        outcome=outcome,
                        external_id=last.external_id,
                        external_number=last.external_number,
                    )
                    await self._enter(connection, command, ended)
                    return Told(ended)

    async def tried(self, command: Command, attempt: int, place: Place, now: datetime) -> None:
        async with fenced(self._engine, place) as connection:
            await connection.execute(self._row(command).values(attempts=attempt, epoch=place.epoch, started_at=now))

    async def keep(self, command: Command, image: Mapping[str, Any], place: Place, now: datetime) -> None:
        async with fenced(self._engine, place) as connection:
            await keep_image(connection, self._target, command.command_id, image, now)

    async def applied(
        self,
        command: Command,
        external_id: str,
        external_number: str,
        place: Place,
        now: datetime,
        conversion: Conversion | None = None,
    ) -> Entry:
        statement = (
            self._row(command)
            .values(
                state="applied",
                outcome="applied",
                external_id=external_id,
                external_number=external_number,
                ended_at=now,
                conversion=None if conversion is None else conversion.model_dump(mode="json"),
            )
            .returning(*_ENTRY)
        )
        async with fenced(self._engine, place) as connection:
            row = (await connection.execute(statement)).one()
            await mark_applied(connection, self._target, command, external_id, now)
        return _entry(row)

    async def dead(self, command: Command, attempt: int, place: Place, now: datetime) -> None:
        async with fenced(self._engine, place) as connection:
            await connection.execute(self._row(command).values(state="dead", attempts=attempt, ended_at=now))

    # -- how

    async def _rows_of(self, connection: AsyncConnection, command: Command) -> list[Entry]:
        newest = (
            select(*_ENTRY)
            .where(effects.c.target == self._target, effects.c.kind == command.kind, effects.c.key == command.key)
            .order_by(effects.c.version.desc(), effects.c.sequence.desc())
            .limit(_NEWEST)
        )
        rows = [_entry(row) for row in await connection.execute(newest)]
        if len(rows) == _NEWEST and all(row.command_id != command.command_id for row in rows):
            own = select(*_ENTRY).where(self._is(command))
            rows += [_entry(row) for row in await connection.execute(own)]
        return rows

    async def _enter(self, connection: AsyncConnection, command: Command, entry: Entry) -> None:
        values: dict[str, Any] = {name.key: getattr(entry, name.key) for name in _ENTRY}
        values |= {
            "target": self._target,
            "kind": command.kind,
            "key": command.key,
            "account_id": command.account_id,
        }
        statement = insert(effects).values(values)
        await connection.execute(
            statement.on_conflict_do_update(index_elements=[effects.c.target, effects.c.command_id], set_=values)
        )

    def _pending(self, command: Command, mark: str, place: Place, now: datetime) -> Entry:
        return Entry(
            command_id=command.command_id,
            version=command.version,
            sequence=command.sequence,
            fingerprint=mark,
            state="pending",
            attempts=1,
            epoch=place.epoch,
            started_at=now,
        )

    def _is(self, command: Command) -> ColumnElement[bool]:
        return and_(effects.c.target == self._target, effects.c.command_id == command.command_id)

    def _row(self, command: Command) -> Update:
        return update(effects).where(self._is(command))


def _entry(row: Any) -> Entry:
    values = dict(row._mapping)
    values["external_id"] = values["external_id"] or ""
    values["external_number"] = values["external_number"] or ""
    if values["conversion"] is not None:
        values["conversion"] = Conversion.model_validate(values["conversion"])
    return Entry(**values)
