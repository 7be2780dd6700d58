"""A full sweep: both systems are read themselves, page by page, and compared record by record.

Each page and how far it got are kept in one write, so that a sweep that was stopped goes on where it was. The calls to
the ERP keep to its rate; `pages` bounds how many are made at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ops.reconcile.certificate import Certificate
from reconciler.draft import Draft
from reconciler.explanations import Explanations
from reconciler.rows import EntityName, Feed, PairName, Row, Subject
from reconciler.sides import Sides
from reconciler.sight import see
from reconciler.store import Store
from schemas.codec import ContractViolation
from schemas.records import Account, Opportunity
from sinks.tryton import request
from sinks.tryton.changes import change
from sinks.tryton.client import TrytonClient
from sinks.tryton.rows import MODELS, Model
from streams.intake.normalise.arrival import Arrival
from streams.intake.normalise.cdc import change_in_row
from streams.intake.normalise.erp import change_in_erp_record
from streams.runtime.clock import micros

PAGE = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CRM_TABLES: dict[str, PairName] = {"accounts": "account", "opportunities": "opportunity"}
_POSITION, _SKIPPED = b"s", b"x"


class Sweep:
    """One sweep over a store of its own."""

    def __init__(self, store: Store, now: datetime) -> None:
        self.now = now
        self.pages = 0
        self._draft = Draft(store)
        self._sides = Sides(self._draft)
        self._sides.load()

    async def read_crm(self, url: str) -> None:
        """The CRM's tables, by key. Raises psycopg.Error."""
        with psycopg.connect(url, row_factory=dict_row) as connection:
            for table in _CRM_TABLES:
                query = f"select * from sales.{table} where id > %s order by id limit {PAGE}"
                while rows := connection.execute(query, (self._at(table),)).fetchall():
                    self._take(table, (self._of_crm(table, row) for row in rows), str(rows[-1]["id"]))

    async def read_erp(self, client: TrytonClient, pages: int = 0) -> bool:
        """The ERP's records, by id. False: `pages` were read and more are left. Raises TargetError."""
        for model in MODELS:
            async for rows in self._pages(client, model):
                self._take(model.name, (self._of_erp(model, row) for row in rows), str(rows[-1]["id"]))
                if pages and self.pages >= pages:
                    return False
        return True

    def certify(self, grace: timedelta, explanations: Explanations) -> Certificate:
        """Compare all that was read. A difference whose newest change is younger than the grace is in flight."""
        found = Certificate()
        unread: set[Subject] = set()
        for key, why in self._draft.written(_SKIPPED):
            table, _, name = key[1:].decode().partition("\0")
            found.skip(table, name, why.decode())
            if table in _CRM_TABLES:
                unread.add(Subject(_CRM_TABLES[table], name))
        subjects = sorted(set(self._sides.subjects()))
        for start in range(0, len(subjects), PAGE):
            some = subjects[start : start + PAGE]
            known = explanations.of(some) or {}
            for subject in some:
                if subject in unread:
                    found.unread(subject)
                    continue
                seen = see(self._sides, subject)
                young = seen.changed is not None and self.now - seen.changed.at < grace
                reason = known[subject].reference if subject in known else ""
                found.add(subject, seen, in_flight=young, explained_by=reason)
        return found

    def positions(self) -> dict[str, str]:
        """How far each table was read: its last key."""
        return {key[1:].decode(): value.decode() for key, value in self._draft.written(_POSITION)}

    async def _pages(self, client: TrytonClient, model: Model) -> AsyncIterator[Sequence[Any]]:
        while True:
            after = int(self._at(model.name) or 0)
            domain = [*map(list, model.only), ["id", ">", after]]
            rows = await client.call(request.search(model.record, domain, [*model.fields, *model.stamps], PAGE))
            if not rows:
                return
            yield rows

    def _at(self, table: str) -> str:
        found = self._draft.get(_POSITION + table.encode())
        return "" if found is None else found.decode()

    def _take(self, table: str, rows: Iterable[Row | tuple[str, str]], last: str) -> None:
        for row in rows:
            if isinstance(row, Row):
                self._sides.apply(self._once(row))
            else:
                self._draft.put(_SKIPPED + f"{table}\0{row[0]}".encode(), row[1].encode())
        self._sides.settle()
        self._draft.put(_POSITION + table.encode(), last.encode())
        self._draft.write(durable=True)
        self.pages += 1

    def _once(self, row: Row) -> Row:
        """The row; one whose key another record of the ERP has already is told: the ERP does not see to it."""
        before = self._sides.record(row.entity, row.key)
        ids = (getattr(before.record, "erp_id", "") if before else "", getattr(row.record, "erp_id", ""))
        if before is not None and ids[0] != ids[1]:
            why = f"{row.entity} {row.key} is there twice: {ids[0]} and {ids[1]}"
            self._draft.put(_SKIPPED + f"{row.entity}\0{row.key}".encode(), why.encode())
        return row

    def _of_crm(self, table: str, row: dict[str, Any]) -> Row | tuple[str, str]:
        version = micros(row["updated_at"].astimezone(UTC))
        told = {"op": "r", "after": row, "source": {"ts_us": version}}
        try:
            record = change_in_row(table, told, Arrival("sweep/0/0", self.now))
        except ContractViolation as error:
            return row["id"], str(error)
        assert isinstance(record, Account | Opportunity)
        return _row(record.meta.entity, record, version)  # type: ignore[arg-type]

    def _of_erp(self, model: Model, row: Any) -> Row | tuple[str, str]:
        told = change(model.name, row, model.body(row), None, self.now)
        try:
            record: Any = change_in_erp_record(told, Arrival("sweep/0/0", self.now))
        except ContractViolation as error:
            return str(row["id"]), str(error)
        return _row(record.meta.entity, record, told.version)


def _row(entity: EntityName, record: Any, version: int) -> Row:
    return Row(Feed(entity, 0), 0, entity, record.meta.key, _EPOCH + timedelta(microseconds=version), record)
