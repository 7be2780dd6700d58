"""What both sides said last, record by record, and who refers to whom. Pure over a `Draft`.

What is stored follows from the last row of each key and partition alone, so a rebuild from the compacted topics
gives the same bytes, in whatever order they are read.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from reconciler.draft import Draft, key_of
from reconciler.rows import ERP_ONLY, MODELS, EntityName, PairName, Row, Subject, Version, newest
from reconciler.rules import PAIRS
from reconciler.transforms import compact
from schemas.records import Customer, Invoice
from streams.runtime.clock import micros

#: `TAX` names the customers that are an account's by tax id, `UNLINKED` those that are none's.
RECORD, INVOICES, TAX, UNLINKED = b"r", b"i", b"t", b"u"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAIRS: dict[str, Sequence[PairName]] = {
    "account": ("account",),
    "customer": ("account",),
    "opportunity": ("opportunity",),
    "order": ("opportunity", "invoice"),
}


class Sides:
    """Reads see what was applied since the last `settle`."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._records: dict[tuple[EntityName, str], tuple[Version, ...]] = {}
        self._known: Counter[EntityName] = Counter()
        self._unlinked: dict[str, set[str]] = defaultdict(set)

    def load(self) -> None:
        """Count what is written in the store."""
        self.clear()
        for key, _ in self._draft.written(RECORD):
            self._known[key[1:].decode().partition("\0")[0]] += 1  # type: ignore[index]
        for key, _ in self._draft.written(UNLINKED):
            tax, _, name = key[1:].decode().partition("\0")
            self._unlinked[tax].add(name)

    def count(self, pair: PairName) -> int:
        """How many records of the pair are known, on the side that has more of them."""
        sides = PAIRS[pair]
        return max(self._known[sides.crm], self._known[sides.erp])

    def versions(self, entity: EntityName, key: str) -> tuple[Version, ...]:
        """The record as last recorded, once per partition it was recorded in."""
        if (entity, key) in self._records:
            return self._records[entity, key]
        return _versions(entity, self._draft.get(key_of(RECORD, entity, key)))

    def record(self, entity: EntityName, key: str) -> Version | None:
        """The version that counts, None where nothing is known."""
        return newest(self.versions(entity, key))

    def invoices_of(self, order: str) -> list[Version]:
        """Every known invoice that bills the order, by key."""
        found = (self.record("invoice", key) for key in self._names(key_of(INVOICES, order)))
        return [one for one in found if one is not None]

    def twins_of(self, customer: Version) -> list[Version]:
        """Customers that no account is, with the same tax id as an account's customer."""
        names = self._unlinked.get(_tax_of(customer) or "", ())
        found = (self.record("customer", key) for key in sorted(names))
        return [one for one in found if one is not None]

    def apply(self, row: Row) -> list[Subject]:
        """Take one row in. The records of pairs that it says something about."""
        before = self.versions(row.entity, row.key)
        after = tuple(one for one in before if one.partition != row.feed.partition)
        if row.record is not None:
            after += (Version(row.feed.partition, row.recorded_at, row.record),)
        self._records[row.entity, row.key] = after
        self._known[row.entity] += bool(after) - bool(before)
        was, now = newest(before), newest(after)
        if row.entity == "invoice":
            return [Subject("invoice", order) for order in self._billed(row.key, _order_of(was), _order_of(now))]
        if row.entity == "customer":
            return [Subject("account", key) for key in self._taxed(row.key, _tax_of(was), _tax_of(now))]
        return [Subject(pair, row.key) for pair in _PAIRS[row.entity]]

    def subjects(self) -> Iterable[Subject]:
        """Every record that could drift, as written."""
        for key, _ in self._draft.written(RECORD):
            entity, _, name = key[1:].decode().partition("\0")
            yield from (Subject(pair, name) for pair in _PAIRS.get(entity, ()))

    def settle(self) -> None:
        """Put what was applied into the draft."""
        for (entity, key), versions in self._records.items():
            self._draft.put(key_of(RECORD, entity, key), _dumped(versions))
        self._records = {}

    def clear(self) -> None:
        self._records = {}
        self._known.clear()
        self._unlinked.clear()

    def _billed(self, invoice: str, was: str | None, now: str | None) -> list[str]:
        """Take an invoice from one order to another; the orders that it bills or billed."""
        if was != now:
            for order, present in ((was, False), (now, True)):
                if order is not None:
                    key = key_of(INVOICES, order)
                    names = set(self._names(key)) - {invoice} | ({invoice} if present else set())
                    self._draft.put(key, json.dumps(sorted(names)).encode() if names else None)
        return sorted({order for order in (was, now) if order is not None})

    def _taxed(self, customer: str, was: str | None, now: str | None) -> list[str]:
        """Keep who has which tax id; the customers to look at: this one, and accounts' that it may be a twin of."""
        unlinked = customer.startswith(ERP_ONLY)
        if was != now:
            kind = UNLINKED if unlinked else TAX
            for tax, present in ((was, False), (now, True)):
                if tax is not None:
                    self._draft.put(key_of(kind, tax, customer), b"" if present else None)
                    if unlinked:
                        (self._unlinked[tax].add if present else self._unlinked[tax].discard)(customer)
        if not unlinked:
            return [customer]
        taxes = sorted({tax for tax in (was, now) if tax is not None})
        linked = [
            key[1:].decode().partition("\0")[2] for tax in taxes for key in self._draft.scan(key_of(TAX, tax, ""))
        ]
        return [customer, *linked]

    def _names(self, key: bytes) -> list[str]:
        value = self._draft.get(key)
        return [] if value is None else [str(name) for name in json.loads(value)]


def _order_of(version: Version | None) -> str | None:
    return (version.record.order_id or None) if version and isinstance(version.record, Invoice) else None


def _tax_of(version: Version | None) -> str | None:
    if version is None or not isinstance(version.record, Customer):
        return None
    return compact(version.record.tax_id or "") or None


def _dumped(versions: tuple[Version, ...]) -> bytes | None:
    if not versions:
        return None
    return json.dumps(
        [
            [one.partition, micros(one.recorded_at), one.record.model_dump(mode="json")]
            for one in sorted(versions, key=lambda one: one.partition)
        ]
    ).encode()


def _versions(entity: EntityName, value: bytes | None) -> tuple[Version, ...]:
    if value is None:
        return ()
    return tuple(
        Version(partition, _EPOCH + timedelta(microseconds=at), MODELS[entity].model_validate(record))
        for partition, at, record in json.loads(value)
    )
