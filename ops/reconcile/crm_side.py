"""The CRM as a sweep reads it: rows of a range of keys by page, or one hash over the range, made by the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.rows import DictRow

from ops.reconcile.bisect import EMPTY, Digest, Range

HASH = "mesh_hash"  #: the column that a page has besides the table's own
_MINE = 'id collate "C" > %(after)s and (%(to)s::text is null or id collate "C" <= %(to)s)'


class CrmSide:
    """Raises psycopg.Error. Table names are ours."""

    def __init__(self, connection: psycopg.Connection[DictRow]) -> None:
        self._connection = connection

    def place(self) -> dict[str, str]:
        """Where the database's log is now, and its clock."""
        row = self._connection.execute("select pg_current_wal_lsn()::text as lsn, now()::text as at").fetchone()
        assert row is not None
        return {"log_position": row["lsn"], "clock": row["at"]}

    def digest(self, table: str, range_: Range) -> Digest:
        """As `bisect.digest_of` of the rows' own hashes."""
        each = "id || E'\\t' || md5(t::text)"
        text = f"string_agg({each}, E'\\n' order by id collate \"C\")"
        whole = f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')"
        query: Any = f"select count(*) as rows, {whole} as hash from sales.{table} t where {_MINE}"
        row = self._connection.execute(query, {"after": range_.after, "to": range_.to}).fetchone()
        return EMPTY if row is None or not row["rows"] else Digest(row["rows"], row["hash"])

    def pages(self, table: str, range_: Range, size: int) -> Iterator[list[DictRow]]:
        """Rows in the order of their keys, each with its hash."""
        after = range_.after
        query: Any = (
            f"select t.*, md5(t::text) as {HASH} from sales.{table} t where {_MINE} "
            f'order by id collate "C" limit {size}'
        )
        while rows := self._connection.execute(query, {"after": after, "to": range_.to}).fetchall():
            yield rows
            after = str(rows[-1]["id"])
