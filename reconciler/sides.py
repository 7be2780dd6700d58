"""What both sides said last, record by record, and who refers to whom. Pure over a `Draft`.

What is stored follows from the last row of each key and partition alone, so a rebuild from the compacted topics
gives the same bytes, in whatever order they are read.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from reconciler.draft import Draft, key_of
from reconciler.rows import ERP_ONLY, EntityName, PairName, Row, Subject, Version, newest
from reconciler.rules import PAIRS
from reconciler.transforms import compact
from reconciler.versions import packed, unpacked
from schemas.records import Customer, Invoice

#: `TAX` names the customers that are an account's by tax id, `UNLINKED` those that are none's, `KNOWN` how many
#: records of an entity there are.
RECORD, INVOICES, TAX, UNLINKED, KNOWN = b"r", b"i", b"t", b"u", b"k"
#: A record's other side mostly comes within minutes: so many are kept as they were read, twice as many at most.
_AT_HAND = 8_000
Name = tuple[EntityName, str]
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
        self._changed: dict[Name, tuple[Version, ...]] = {}
        self._at_hand: dict[Name, tuple[Version, ...]] = {}
        self._before: dict[Name, tuple[Version, ...]] = {}  #: what was at hand until there were too many
        self._known: Counter[EntityName] = Counter()
        self._unlinked: dict[str, set[str]] = defaultdict(set)

    def load(self) -> None:
        """What is written in the store, but for the records themselves."""
        self.clear()
        for key, count in self._draft.written(KNOWN):
            self._known[key[1:].decode()] = int(count)  # type: ignore[index]
        for key, _ in self._draft.written(UNLINKED):
            tax, _, name = key[1:].decode().partition("\0")
            self._unlinked[tax].add(name)

    def count(self, pair: PairName) -> int:
        """How many records of the pair are known, on the side that has more of them."""
        sides = PAIRS[pair]
        return max(self._known[sides.crm], self._known[sides.erp])

    def versions(self, entity: EntityName, key: str) -> tuple[Version, ...]:
        """The record as last recorded, once per partition it was recorded in."""
        name = (entity, key)
        found = self._at_hand.get(name)
        if found is None:
            found = self._before.get(name)
            if found is None:
                found = self._changed.get(name)
            if found is None:
                found = unpacked(entity, self._draft.get(key_of(RECORD, entity, key)))
            self._keep(name, found)
        return found

    def record(self, entity: EntityName, key: str) -> Version | None:
        """The version that counts, None where nothing is known."""
        return newest(self.versions(entity, key))

    def invoices_of(self, order: str) -> list[Version]:
        """Every known invoice that bills the order, by key."""
        found = (self.record("invoice", key) for key in self._names(key_of(INVOICES, order)))
        return [one for one in found if one is not None]

    def twins_of(self, customer: Version) -> list[Version]:
        """Customers that no account is, with the same tax id as an account's customer."""
        if not self._unlinked:
            return []
        names = self._unlinked.get(_tax_of(customer) or "", ())
        found = (self.record("customer", key) for key in sorted(names))
        return [one for one in found if one is not None]

    def apply(self, row: Row) -> list[Subject]:
        """Take one row in. The records of pairs that it says something about."""
        before = self.versions(row.entity, row.key)
        after = tuple(one for one in before if one.partition != row.feed.partition)
        if row.record is not None:
            after += (Version(row.feed.partition, row.recorded_at, row.record),)
        self._keep((row.entity, row.key), after)
        self._changed[row.entity, row.key] = after
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
        for (entity, key), versions in self._changed.items():
            self._draft.put(key_of(RECORD, entity, key), packed(versions))
        for entity in {entity for entity, _ in self._changed}:
            self._draft.put(key_of(KNOWN, entity), b"%d" % self._known[entity] if self._known[entity] else None)
        self._changed = {}

    def clear(self) -> None:
        self._changed, self._at_hand, self._before = {}, {}, {}
        self._known.clear()
        self._unlinked.clear()

    def _keep(self, name: Name, versions: tuple[Version, ...]) -> None:
        """At hand for a while: until as many others were looked at, or twice as many."""
        if len(self._at_hand) >= _AT_HAND:
            self._before, self._at_hand = self._at_hand, {}
        self._at_hand[name] = versions

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
                        self._name_unlinked(tax, customer, present)
        if not unlinked:
            return [customer]
        taxes = sorted({tax for tax in (was, now) if tax is not None})
        linked = [
            key[1:].decode().partition("\0")[2] for tax in taxes for key in self._draft.scan(key_of(TAX, tax, ""))
        ]
        return [customer, *linked]

    def _name_unlinked(self, tax: str, customer: str, present: bool) -> None:
        names = self._unlinked[tax]
        (names.add if present else names.discard)(customer)
        if not names:
            del self._unlinked[tax]

    def _names(self, key: bytes) -> list[str]:
        value = self._draft.get(key)
        return [] if value is None else [str(name) for name in json.loads(value)]


def _order_of(version: Version | None) -> str | None:
    return (version.record.order_id or None) if version and isinstance(version.record, Invoice) else None


def _tax_of(version: Version | None) -> str | None:
    if version is None or not isinstance(version.record, Customer):
        return None
    return compact(version.record.tax_id or "") or None
