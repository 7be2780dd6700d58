"""The real ERP as a witness: Tryton with a database of the trial's own, which dies by SIGKILL and comes back.

A trigger in its database writes down each customer's name as it is written, in the transaction that writes it; the
names say their versions. So the log has what was really done, and in which order, whoever died meanwhile.
"""

from __future__ import annotations

import re
import signal
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from ops.chaos.replay.erp import Applied
from ops.chaos.replay.stage import ORDER, event_of
from ops.local import process
from ops.local.errors import LocalPartsError, NotReady
from ops.local.part import Place
from ops.local.paths import Home
from ops.local.postgres import PostgreSQL
from ops.local.record import Record, Secrets
from ops.local.stack import Stack
from ops.local.tryton import Tryton
from schemas.identity import command_id_for

_WRITTEN_DOWN = """
create table if not exists witness (place bigserial primary key, party integer not null, name text not null);
create or replace function write_down() returns trigger language plpgsql as $$
begin
    insert into witness (party, name) values (new.id, new.name);
    return null;
end $$;
create or replace trigger write_down after insert or update of name on party_party
    for each row when (new.name like 'Customer %') execute function write_down();
"""
_NAME = re.compile(r"Customer (?P<key>\S+), version (?P<version>\d+)")
_PLACED = ("confirmed", "processing", "done")
_PATIENCE_S = 60.0


class TrytonWitness:
    """`folder` is its alone; it is gone afterwards. Raises LocalPartsError."""

    name = "tryton"
    deadly = True

    def __init__(self, folder: Path) -> None:
        self._stack = Stack(folder, given={})
        self._home = Home(folder)

    def __enter__(self) -> Self:
        try:
            self._stack.up(lambda _: None, only=["tryton"])
            place = Place(self._home, Record(self._home.record), Secrets(self._home.secrets), {})
            self._record = place.record
            self._postgres = PostgreSQL(place)
            self._tryton = Tryton(place, self._postgres)
            self._tryton.prepare()
            self._database = psycopg.connect(self._postgres.url("erp", "erp"), autocommit=True)
            self._database.execute(_WRITTEN_DOWN)
        except BaseException:
            self._stack.down(lambda _: None, wipe=True)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self._stack.down(lambda _: None, wipe=True)

    @property
    def environ(self) -> Mapping[str, str]:
        return self._tryton.endpoints()

    def place(self, folder: Path) -> str:
        return ""

    def effects(self, folder: Path, run: str) -> int:
        return int(self._ask("select count(*) from witness where name like %s", f"Customer {run}-%")[0][0])

    def look(self, folder: Path, run: str) -> tuple[list[Applied], dict[str, int]]:
        written = self._ask("select name from witness where name like %s order by place", f"Customer {run}-%")
        applied = [_applied(run, name) for (name,) in written]
        parties = self._ask("select name from party_party where name like %s", f"Customer {run}-%")
        count = Counter(_applied(run, name).key for (name,) in parties)
        sales = self._ask("select reference, state from sale_sale where reference like %s", f"{run}-%{ORDER}")
        for reference, state in sales:
            count[reference] += 1
            if state in _PLACED:
                command_id = command_id_for(event_of(run, reference, 1), "order.place", reference)
                applied.append(Applied(reference, 1, command_id))
        return applied, dict(count)

    def strike(self) -> None:
        """Its processes die at once; it answers again when this returns. Raises LocalPartsError."""
        running = self._record.process("tryton")
        if running is not None:
            process.stop(running, signal.SIGKILL, 10.0)
        started = process.start(self._tryton.command(), self._tryton.logs[-1])
        self._record.started("tryton", started)
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return self._tryton.probe()
            except NotReady as error:
                if time.monotonic() > deadline or not process.alive(started):
                    raise LocalPartsError(f"the ERP did not come back: {error}") from error
            time.sleep(0.05)

    def _ask(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        return self._database.execute(query, values).fetchall()


def _applied(run: str, name: str) -> Applied:
    """From the name that was written. What is none of ours belongs to no letter."""
    found = _NAME.fullmatch(name)
    if found is None:
        return Applied(name, 0, name)
    key, version = found["key"], int(found["version"])
    return Applied(key, version, command_id_for(event_of(run, key, version), "customer.upsert", key))
