"""An ERP in a file, for many letters: records by key, and a log of what was really changed, in its order.

As the real one it looks a record up before it writes, and writes only what differs; nothing in it forbids a second
record of one key. It outlives whoever writes to it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from schemas.records import Command
from sinks.fingerprint import body_of
from sinks.memory.sink import flat
from sinks.port import Fields, Found, Target, Written

_TABLES = """
create table if not exists held (id integer primary key autoincrement, key text, fields text);
create table if not exists applied (
    place integer primary key autoincrement, key text, version integer, command_id text
);
"""


@dataclass(frozen=True, slots=True)
class Applied:
    """A change that was really made."""

    key: str
    version: int
    command_id: str


class FileErp:
    """A sink on the file. `step` is called between what it does: a trial lets the process die there."""

    def __init__(self, path: Path, step: Callable[[str], None]) -> None:
        self.name = "file"
        self.target: Target = "erp"
        self._path = path
        self._step = step

    async def __aenter__(self) -> Self:
        self._db = connect(self._path)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._db.close()

    async def ping(self) -> None:
        """It is always there."""

    async def find(self, command: Command) -> Found | None:
        row = self._db.execute("select id, fields from held where key = ? order by id", (command.key,)).fetchone()
        self._step("found")
        return None if row is None else Found(str(row[0]), json.loads(row[1]))

    async def write(self, command: Command, found: Found | None) -> Written:
        sent = {name: str(value) for name, value in flat(body_of(command).model_dump()).items() if value is not None}
        record_id = found.external_id if found is not None else ""
        if found is None or found.held != sent:
            record_id = self._change(command, json.dumps(sent), record_id)
        self._step("written")
        return Written(record_id, f"F{record_id}", dict(sent))

    async def read_back(self, command: Command, written: Written) -> Fields:
        row = self._db.execute("select fields from held where id = ?", (written.external_id,)).fetchone()
        self._step("read back")
        fields: dict[str, Any] = json.loads(row[0])
        return fields

    def _change(self, command: Command, fields: str, record_id: str) -> str:
        with self._db:  # one transaction: the record and the log are never apart
            if record_id:
                self._db.execute("update held set fields = ? where id = ?", (fields, record_id))
            else:
                fresh = self._db.execute("insert into held (key, fields) values (?, ?)", (command.key, fields))
                record_id = str(fresh.lastrowid)
            row = (command.key, command.version, command.command_id)
            self._db.execute("insert into applied (key, version, command_id) values (?, ?, ?)", row)
        return record_id


def connect(path: Path) -> sqlite3.Connection:
    """The file, with its tables."""
    database = sqlite3.connect(path, timeout=20.0)
    database.executescript("pragma journal_mode = wal; pragma synchronous = normal;" + _TABLES)
    return database


def look_into(path: Path) -> tuple[list[Applied], dict[str, int]]:
    """(what was changed, in order; how many records each key has)."""
    database = connect(path)
    try:
        rows = database.execute("select key, version, command_id from applied order by place").fetchall()
        counts = dict(database.execute("select key, count(*) from held group by key").fetchall())
    finally:
        database.close()
    return [Applied(*row) for row in rows], counts
