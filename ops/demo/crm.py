"""The people at the CRM: rows written by SQL, as an application would, one connection each."""

from __future__ import annotations

from types import TracebackType

import psycopg
from psycopg import sql

from ops.demo.errors import DemoFailed
from ops.demo.records import Transaction, Write

_USER = "crm"  # what `updated_by` says; the write-back puts its own name there


class CrmUser:
    """One connection to the CRM's database. Raises DemoFailed."""

    def __init__(self, url: str) -> None:
        try:
            self._connection = psycopg.connect(url, autocommit=True)
        except psycopg.Error as error:
            raise DemoFailed(f"the CRM's database does not answer: {error}") from error

    def __enter__(self) -> CrmUser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def commit(self, transaction: Transaction) -> None:
        """All of its writes, or none."""
        try:
            with self._connection.transaction():
                for write in transaction.writes:
                    statement, values = _statement(write)
                    if self._connection.execute(statement, values).rowcount != 1:
                        raise DemoFailed(f"the CRM has no {write.table} row {write.id} to {write.verb}")
        except psycopg.Error as error:
            raise DemoFailed(f"the CRM refused a write: {error}") from error


def _statement(write: Write) -> tuple[sql.Composed, list[object]]:
    table = sql.Identifier("sales", write.table)
    values = {**write.values, "updated_by": _USER}
    names = [sql.Identifier(name) for name in values]
    if write.verb == "insert":
        columns = sql.SQL(", ").join([sql.Identifier("id"), *names])
        marks = sql.SQL(", ").join([sql.Placeholder()] * (len(values) + 1))
        text = sql.SQL("insert into {} ({}) values ({})").format(table, columns, marks)
        return text, [write.id, *values.values()]
    if write.verb == "delete":
        return sql.SQL("delete from {} where id = %s").format(table), [write.id]
    changes = sql.SQL(", ").join(sql.SQL("{} = %s").format(name) for name in names)
    text = sql.SQL("update {} set {}, updated_at = clock_timestamp() where id = %s").format(table, changes)
    return text, [*values.values(), write.id]
