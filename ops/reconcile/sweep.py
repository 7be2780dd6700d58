"""A full sweep: both systems are read themselves, page by page, and compared record by record.

Each page and how far it got are kept in one write, so that a sweep that was stopped goes on where it was. The calls to
the ERP keep to its rate; `pages` bounds how many are made at once. A quick sweep goes over the rows of the last one:
of the CRM it reads only ranges whose hash has changed, of the ERP only records that were written since.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ops.reconcile.bisect import Digest, Range, differing
from ops.reconcile.certificate import Certificate
from ops.reconcile.crm_side import HASH, CrmSide
from ops.reconcile.read_rows import PAIR_OF_TABLE, Told, of_crm, of_erp, row_of
from ops.reconcile.shelf import Shelf
from reconciler.explanations import Explanations
from reconciler.pilot import EVERYBODY, Pilot
from reconciler.rows import Feed, Row, Subject
from reconciler.sides import Sides
from reconciler.sight import see
from reconciler.store import Store
from sinks.tryton import request
from sinks.tryton.client import TrytonClient
from sinks.tryton.rows import MODELS, Model, version_of

PAGE = 200
_STAMPS_PAGE = 1000
_WHOLE = Range("", None)


class Sweep:
    """One sweep over a store of its own."""

    def __init__(self, store: Store, now: datetime, *, quick: bool = False) -> None:
        self.now = now
        self.pages = 0
        self.how: dict[str, dict[str, Any]] = {}  #: per table: how it was read, and what that cost
        self._shelf = Shelf(store)
        self.quick = quick and self._shelf.finished
        if self._shelf.finished and not quick:  # of a sweep that ended: this one begins anew
            self._shelf.draft.empty()
        self._sides = Sides(self._shelf.draft)
        self._sides.load()

    async def read_crm(self, url: str) -> None:
        """The CRM's tables, by key. Raises psycopg.Error."""
        with psycopg.connect(url, row_factory=dict_row) as connection:
            side = CrmSide(connection)
            self.how["crm"] = dict(side.place())
            for table in PAIR_OF_TABLE:
                before = self.pages
                ranges, asked = [Range(self._shelf.at(table), None)], 0
                if self.quick:
                    ranges, asked = await self._changed(side, table)
                for range_ in ranges:
                    self._read_range(side, table, range_)
                how = "ranges whose hash has changed" if self.quick else "whole"
                self.how[table] = {"how": how, "pages": self.pages - before, "hashes_asked": asked}

    async def read_erp(self, client: TrytonClient, pages: int = 0) -> bool:
        """The ERP's records, by id. False: `pages` were read and more are left. Raises TargetError."""
        for model in MODELS:
            before = self.pages
            rows_of = self._written(client, model) if self.quick else self._pages(client, model)
            async for rows in rows_of:
                told = [of_erp(model, row, self.now) for row in rows]
                self._take(model.name, told, "" if self.quick else str(rows[-1]["id"]))
                if pages and self.pages >= pages:
                    return False
            how = "records written since the last sweep" if self.quick else "whole"
            self.how[model.name] = {"how": how, "pages": self.pages - before}
        return True

    def finish(self) -> None:
        """Everything was read: the next one may be quick."""
        self._shelf.finished = True

    def certify(self, grace: timedelta, explanations: Explanations, pilot: Pilot = EVERYBODY) -> Certificate:
        """Compare all that was read. A difference whose newest change is younger than the grace is in flight."""
        found = Certificate()
        unread: set[Subject] = set()
        for table, name, why in self._shelf.skipped():
            found.skip(table, name, why)
            if table in PAIR_OF_TABLE:
                unread.add(Subject(PAIR_OF_TABLE[table], name))
        subjects = sorted(set(self._sides.subjects()))
        for start in range(0, len(subjects), PAGE):
            some = subjects[start : start + PAGE]
            known = explanations.of(some) or {}
            for subject in some:
                if subject in unread:
                    found.unread(subject)
                    continue
                seen = see(self._sides, subject, pilot)
                young = seen.changed is not None and self.now - seen.changed.at < grace
                reason = known[subject].reference if subject in known else ""
                found.add(subject, seen, in_flight=young, explained_by=reason)
        return found

    def read(self) -> dict[str, Any]:
        """What was read and how: for the certificate. `newest` is the last change that each table tells of."""
        tables = {name: {**how, **self._shelf.extent(name)} if name != "crm" else how for name, how in self.how.items()}
        return {"pages": self.pages, "last_keys": self._shelf.positions(), "tables": tables}

    async def _changed(self, side: CrmSide, table: str) -> tuple[list[Range], int]:
        async def ask(range_: Range) -> Digest:
            return side.digest(table, range_)

        return await differing(self._shelf.hashes(table), ask, PAGE)

    def _read_range(self, side: CrmSide, table: str, range_: Range) -> None:
        there: set[str] = set()
        for rows in side.pages(table, range_, PAGE):
            there.update(str(row["id"]) for row in rows)
            told = [of_crm(table, row, str(row.pop(HASH)), self.now) for row in rows]
            self._take(table, told, str(rows[-1]["id"]))
        if self.quick:
            known = (key for key, _ in self._shelf.hashes(table, range_))
            self._forget(table, [key for key in known if key not in there])

    async def _pages(self, client: TrytonClient, model: Model) -> AsyncIterator[Sequence[Any]]:
        while True:
            after = int(self._shelf.at(model.name) or 0)
            domain = [*map(list, model.only), ["id", ">", after]]
            rows = await client.call(request.search(model.record, domain, [*model.fields, *model.stamps], PAGE))
            if not rows:
                return
            yield rows

    async def _written(self, client: TrytonClient, model: Model) -> AsyncIterator[Sequence[Any]]:
        """The records whose write stamps are not those of the last sweep; what is gone is forgotten."""
        known, there, after = dict(self._shelf.hashes(model.name)), dict[str, str](), 0
        while True:
            domain = [*map(list, model.only), ["id", ">", after]]
            rows = await client.call(request.search(model.record, domain, model.stamps, _STAMPS_PAGE))
            if not rows:
                break
            after = int(rows[-1]["id"])
            there |= {str(row["id"]): str(version_of(row)) for row in rows}
        self._forget(model.name, [key for key in known if key not in there])
        changed = [int(key) for key, stamp in there.items() if known.get(key) != stamp]
        for start in range(0, len(changed), PAGE):
            yield await client.call(request.records(model, changed[start : start + PAGE]))

    def _take(self, table: str, rows: Iterable[Told], last: str) -> None:
        for told in rows:
            self._shelf.forget_skip(table, told.key)
            self._shelf.keep(table, told)
            if told.record is None:
                self._shelf.skip(table, told.key, told.why)
            else:
                self._sides.apply(self._once(row_of(told)))
        self._sides.settle()
        if last:
            self._shelf.move(table, last)
        self._shelf.write()
        self.pages += 1

    def _forget(self, table: str, keys: Iterable[str]) -> None:
        for key in keys:
            was = self._shelf.forget(table, key)
            if was is not None:
                self._sides.apply(Row(Feed(was[0], 0), 0, *was, self.now.astimezone(UTC), None))
        self._sides.settle()
        self._shelf.write()

    def _once(self, row: Row) -> Row:
        """The row; one whose key another record of the ERP has already is told: the ERP does not see to it."""
        before = self._sides.record(row.entity, row.key)
        ids = (getattr(before.record, "erp_id", "") if before else "", getattr(row.record, "erp_id", ""))
        if before is not None and ids[0] != ids[1]:
            self._shelf.skip(row.entity, row.key, f"{row.entity} {row.key} is there twice: {ids[0]} and {ids[1]}")
        return row
