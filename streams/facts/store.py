"""The view and the operations database: one query per kind and batch, one statement per table to save."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.records import Account, Customer, Invoice, Lead, LineItem, Opportunity, Stamped, Subscription, SupportCase
from streams.decide.facts import Known
from streams.decide.lead import as_account
from streams.decide.policy import flow_of
from streams.decide.touched import as_stored, counterpart_key, from_stored
from streams.facts.alike import load_alike, save_keys
from streams.facts.refunds_loaded import load_refunds
from streams.facts.view import MODELS, RecordKey, View, key_of, parent_of
from streams.letters.billing_stops import stops_of
from streams.letters.holds import open_holds, windows_over
from streams.rules.decisions import GATHERED
from streams.runtime.tables import customer_codes, mappings, records

#: Their events may need the account's customer in the ERP.
_CODED = (Account, Opportunity, LineItem, SupportCase, Subscription, Lead)
_TURNS = 7420932  #: the first half of the locks' names


@dataclass(frozen=True, slots=True)
class Span:
    """The batch that a view is for, and what of the memory it may trust.

    A batch is remembered before its transaction commits, and the transaction may still be undone. `committed` gives
    the offsets that this worker's transactions have reached; None where outputs are kept without a transaction.
    """

    topic: str
    partition: int
    first_offset: int
    committed: Mapping[tuple[str, int], int] | None = None

    def is_ahead(self, topic: str, partition: int, offset: int) -> bool:
        """Learned from this batch's own records or later ones, by a run that did not end: it is read again."""
        return (topic, partition) == (self.topic, self.partition) and offset >= self.first_offset

    def is_kept(self, topic: str, partition: int, offset: int) -> bool:
        """What the record at this place was forwarded as is on its topic for good, as far as this worker can know."""
        if self.is_ahead(topic, partition, offset):
            return False
        return self.committed is None or offset < self.committed.get((topic, partition), 0)


async def take_turn(connection: AsyncConnection, partition: int) -> None:
    """Wait until no other worker decides for the accounts of this partition; held until the transaction ends.

    The same partition of two topics may belong to two workers, and both may bring events of one account.
    """
    await connection.execute(select(func.pg_advisory_xact_lock(_TURNS, partition)))


async def load_view(
    connection: AsyncConnection, events: Sequence[Stamped], span: Span, now: datetime, also: Collection[RecordKey] = ()
) -> View:
    """What is known about the events' records, their accounts, parents and children; customer codes are reserved.

    `also` names further records that the batch asks about.
    """
    view = View()
    if not events and not also:
        return view
    await _load_records(connection, view, events, span, also)
    coded = _accounts_to_code(view, events)
    view.codes.update(await _reserve_codes(connection, coded | _told_of_by_erp(view, events), now))
    view.customers.update(await _customers(connection, coded))
    await load_alike(connection, view.alike, _newcomers(view, events, coded - view.customers))
    view.stops = await stops_of(connection, {event.meta.account_id for event in events})
    gathered = {key_of(event) for event in events if flow_of(event.meta.entity) in GATHERED}
    if gathered:
        view.windows_over = await windows_over(connection, gathered, now)
    keys = {key_of(event) for event in events} | {("crm", "opportunity", key) for key in _parents(events)}
    for hold in await open_holds(connection, keys, [event.meta.event_id for event in events]):
        view.held.setdefault(hold.record, []).append(hold)
    return view


async def save_view(
    connection: AsyncConnection, view: View, offsets: dict[str, int], span: Span, now: datetime
) -> None:
    """Keep what the batch learned. `offsets` gives the clean topic's offset of each event id."""
    rows = []
    for key, event in sorted(view.changed.items()):
        known = view.records[key]
        rows.append(
            {
                "side": key[0],
                "entity": key[1],
                "key": key[2],
                "account_id": known.record.meta.account_id,
                "parent": parent_of(known.record),
                "version": known.position[0],
                "sequence": known.position[1],
                "event_id": known.record.meta.event_id,
                "deleted": known.deleted,
                "in_crm": known.in_crm,
                "body": known.record.model_dump(mode="json"),
                "told": dict(known.told) or None,
                "touched": as_stored(known.touched),
                "fingerprint": known.fingerprint,
                "fingerprint_event": known.fingerprint_event,
                "seen_topic": span.topic,
                "seen_partition": span.partition,
                "seen_offset": offsets[event.meta.event_id],
                "updated_at": now,
            }
        )
    # A batch read again may decide otherwise this time, and its offset will vouch for what it does not send again.
    if view.doubted:
        doubted = tuple_(records.c.side, records.c.entity, records.c.key).in_(list(view.doubted))
        await connection.execute(update(records).where(doubted).values(fingerprint=None, fingerprint_event=None))
    if not rows:
        return
    accounts = [view.records[key].record for key in sorted(view.changed) if key[:2] == ("crm", "account")]
    await save_keys(connection, [account for account in accounts if isinstance(account, Account)])
    statement = insert(records).values(rows)
    newer = tuple_(records.c.version, records.c.sequence) <= tuple_(
        statement.excluded.version, statement.excluded.sequence
    )
    keys = [column.name for column in records.primary_key]
    changes = {column.name: statement.excluded[column.name] for column in records.c if column.name not in keys}
    await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changes, where=newer))


def _parents(events: Sequence[Stamped]) -> set[str]:
    return {event.opportunity_id for event in events if isinstance(event, LineItem)}


def _accounts_to_code(view: View, events: Sequence[Stamped]) -> set[str]:
    wanted = {event.meta.account_id for event in events if isinstance(event, _CODED)}
    arriving = {event.id for event in events if isinstance(event, Account | Lead)}
    return {account for account in wanted if account in arriving or ("crm", "account", account) in view.records}


def _told_of_by_erp(view: View, events: Sequence[Stamped]) -> set[str]:
    """Accounts whose customers changed in the ERP: their codes are reserved already."""
    told = {event.meta.account_id for event in events if isinstance(event, Customer)}
    return {account for account in told if ("crm", "account", account) in view.records}


def _newcomers(view: View, events: Sequence[Stamped], accounts: set[str]) -> Iterator[Account]:
    """The accounts as they are known and as the batch brings them, that nothing was sent to the ERP for."""
    for account in sorted(accounts):
        known = view.records.get(("crm", "account", account))
        if known is not None and known.fingerprint is None and isinstance(known.record, Account):
            yield known.record
        if known is None or known.fingerprint is None:
            yield from (event for event in events if isinstance(event, Account) and event.id == account)
            yield from (as_account(one) for one in events if isinstance(one, Lead) and one.id == account)


async def _customers(connection: AsyncConnection, accounts: set[str]) -> set[str]:
    if not accounts:
        return set()
    mine = and_(mappings.c.target == "erp", mappings.c.entity == "customer", mappings.c.crm_id.in_(accounts))
    return set(await connection.scalars(select(mappings.c.crm_id).where(mine, mappings.c.state == "applied")))


async def _load_records(
    connection: AsyncConnection, view: View, events: Sequence[Stamped], span: Span, also: Collection[RecordKey]
) -> None:
    keys: set[RecordKey] = {key_of(event) for event in events} | set(also)
    keys |= {("crm", "account", event.meta.account_id) for event in events}
    keys |= {key for event in events if (key := counterpart_key(event))}
    keys |= {("crm", "opportunity", parent) for event in events if (parent := parent_of(event))}
    keys |= {("crm", "contract", e.contract_id) for e in events if isinstance(e, Opportunity) and e.contract_id}
    deals = {event.id for event in events if isinstance(event, Opportunity)} | _parents(events)
    deals |= {event.order_id for event in events if isinstance(event, Invoice) and event.order_id}
    billed = {event.meta.account_id for event in events if isinstance(event, Invoice)}
    wanted: list[ColumnElement[bool]] = [tuple_(records.c.side, records.c.entity, records.c.key).in_(list(keys))]
    if deals:
        wanted.append(and_(records.c.parent.in_(deals), records.c.entity == "line_item"))
    if billed:
        wanted.append(and_(records.c.account_id.in_(billed), records.c.side == "erp", records.c.entity == "invoice"))
    credited = {event.meta.account_id for event in events if isinstance(event, SupportCase)}
    if credited:
        wanted.append(and_(records.c.account_id.in_(credited), records.c.side == "crm", records.c.entity == "case"))
    rows = (await connection.execute(select(records).where(or_(*wanted)))).all()
    for row in rows:
        _take(view, row, span)
    async for row in load_refunds(connection, view.records, events):
        _take(view, row, span)
    missing = {
        ("crm", "contract", known.record.contract_id)
        for known in view.records.values()
        if isinstance(known.record, Opportunity) and known.record.contract_id
    } - set(view.records)
    if missing:
        found = tuple_(records.c.side, records.c.entity, records.c.key).in_(list(missing))
        for row in (await connection.execute(select(records).where(found))).all():
            _take(view, row, span)


def _take(view: View, row: Any, span: Span) -> None:
    known = _known(row, span)
    view.put(known)
    if span.is_ahead(row.seen_topic, row.seen_partition, row.seen_offset):
        view.doubted.add(key_of(known.record))


def _known(row: Any, span: Span) -> Known:
    record = MODELS[row.entity].model_validate(row.body)
    told = {name: (version, sequence) for name, (version, sequence) in (row.told or {}).items()}
    touches = from_stored(row.touched)
    place = (row.seen_topic, row.seen_partition, row.seen_offset)
    if span.is_kept(*place):
        return Known(record, row.deleted, row.fingerprint, row.fingerprint_event, row.in_crm, told, touches)
    if span.is_ahead(*place) and not told:
        # Read again after a crash: its position must not make this batch's own records look stale. (Single fields
        # are compared one by one, and what told them last is not stale by its own position.)
        behind = record.meta.model_copy(update={"version": 0, "sequence": 0})
        record = record.model_copy(update={"meta": behind})
    # A true record, but its command may have been undone: it is sent again, and the sink's ledger sees a repeat.
    return Known(record, row.deleted, in_crm=row.in_crm, told=told, touched=touches)


async def _reserve_codes(connection: AsyncConnection, accounts: set[str], now: datetime) -> dict[str, str]:
    """FL1: a customer code per account, reserved before anything is written to the ERP."""
    if not accounts:
        return {}
    mine = and_(mappings.c.target == "erp", mappings.c.entity == "customer", mappings.c.crm_id.in_(accounts))
    found = {row.crm_id: row.code for row in await connection.execute(select(mappings).where(mine))}
    for account in sorted(accounts - found.keys()):
        number = await connection.scalar(select(customer_codes.next_value()))
        fresh = insert(mappings).values(
            target="erp", entity="customer", crm_id=account, code=f"C{number:06d}", state="reserved", reserved_at=now
        )
        await connection.execute(fresh.on_conflict_do_nothing(index_elements=["target", "entity", "crm_id"]))
    if len(found) < len(accounts):
        found = {row.crm_id: row.code for row in await connection.execute(select(mappings).where(mine))}
    return found
