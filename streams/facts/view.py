"""The facts of one batch in memory: events of the batch see what earlier ones of it changed. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from schemas.outcome import DeadLetter, Forward, Hold, Outcome, Skip
from schemas.records import (
    Account,
    Charge,
    Command,
    Contact,
    Contract,
    Customer,
    Invoice,
    Lead,
    LineItem,
    Opportunity,
    Order,
    Refund,
    Stamped,
    Subscription,
    SupportCase,
)
from streams.decide.commands import command_body, fingerprint_of
from streams.decide.facts import BillingStop, Facts, Known, Position
from streams.decide.lead import as_account, stands_alone
from streams.decide.project import complete
from streams.decide.touched import counterpart_key, touched
from streams.facts.alike import Alike
from streams.facts.refunds import facts_of_refund
from streams.facts.revisions import given_up, waits_ahead
from streams.letters.holds import OpenHold

CRM_DATABASE = "cdc:crm"  #: the source of events that the CRM's own database tells
#: Commands whose content is kept with the record that they were made of.
_OF_THE_EVENT = frozenset({"account.terms", "credit.grant", "schedule.amend", "lead.order", "refund.credit"})
RecordKey = tuple[str, str, str]  #: side, entity, key
MODELS: dict[str, type[Stamped]] = {
    "account": Account,
    "contact": Contact,
    "contract": Contract,
    "opportunity": Opportunity,
    "line_item": LineItem,
    "customer": Customer,
    "order": Order,
    "invoice": Invoice,
    "case": SupportCase,
    "subscription": Subscription,
    "lead": Lead,
    "charge": Charge,
    "refund": Refund,
}


def key_of(event: Stamped) -> RecordKey:
    return (event.meta.side, event.meta.entity, event.meta.key)


def parent_of(event: Stamped) -> str | None:
    """The record that this one is a part of, where facts are looked up by it."""
    match event:
        case LineItem():
            return event.opportunity_id
        case Invoice():
            return event.order_id
        case Charge() | Refund():
            return event.invoice_number
        case _:
            return None


@dataclass(slots=True)
class View:
    """Known records, reserved codes and open holds, as far as one batch may ask for them."""

    records: dict[RecordKey, Known] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)  #: account id -> customer code
    held: dict[RecordKey, list[OpenHold]] = field(default_factory=dict)
    changed: dict[RecordKey, Stamped] = field(default_factory=dict)  #: record -> the event it was learned from
    doubted: set[RecordKey] = field(default_factory=set)  #: what they are kept as sent for was perhaps undone
    customers: set[str] = field(default_factory=set)  #: accounts that the ERP has
    alike: Alike = field(default_factory=Alike)
    windows_over: Mapping[str, datetime] = field(default_factory=dict)  #: event id -> end of the window it waited for
    stops: Sequence[Any] = ()  #: rows of raised billing holds, those of the whole line first
    _lines_of: dict[str, set[RecordKey]] = field(default_factory=dict)  #: opportunity id -> its line items
    _invoices_of: dict[str, set[RecordKey]] = field(default_factory=dict)  #: account id -> its invoices
    _cases_of: dict[str, set[RecordKey]] = field(default_factory=dict)  #: account id -> its cases

    def put(self, known: Known) -> None:
        """Take a record in, as known."""
        key = key_of(known.record)
        self.records[key] = known
        if isinstance(known.record, LineItem):
            self._lines_of.setdefault(known.record.opportunity_id, set()).add(key)
        elif isinstance(known.record, Invoice):
            self._invoices_of.setdefault(known.record.meta.account_id, set()).add(key)
        elif isinstance(known.record, SupportCase):
            self._cases_of.setdefault(known.record.meta.account_id, set()).add(key)

    def facts_for(self, event: Stamped, held_since: datetime | None) -> Facts:
        """The facts of one event, as of the events before it."""
        account_id = event.meta.account_id
        opportunity_id = parent_of(event) or event.meta.key
        opportunity = self.records.get(("crm", "opportunity", opportunity_id))
        own = opportunity.record if isinstance(event, LineItem | Invoice) and opportunity else event
        contract_id = own.contract_id if isinstance(own, Opportunity) else None
        contract = self.records.get(("crm", "contract", contract_id)) if contract_id else None
        return Facts(
            known=self.records.get(key_of(event)),
            account=self.records.get(("crm", "account", account_id)),
            counterpart=self._counterpart(event),
            customer_code=self.codes.get(account_id),
            in_erp=account_id in self.customers,
            opportunity=opportunity if isinstance(event, LineItem | Invoice) else None,
            opportunity_held=bool(self.held.get(("crm", "opportunity", opportunity_id))),
            earlier_waits=waits_ahead(self.held.get(key_of(event), ()), event, self.records.get(key_of(event))),
            lines=self._lines(opportunity_id, event),
            contract=contract.record if contract and isinstance(contract.record, Contract) else None,
            invoices=tuple(self._invoices(account_id)) if isinstance(event, Invoice) else (),
            cases=self._cases(account_id) if isinstance(event, SupportCase) else (),
            **self._duplicates(event, account_id),
            **(facts_of_refund(self.records, event) if isinstance(event, Refund) else {}),
            billing_stop=self._stop(event, opportunity_id),
            held_since=held_since,
            gathering=self._gathering(key_of(event)),
        )

    def _gathering(self, key: RecordKey) -> datetime | None:
        """When the window of the record's newest state ends, or ended where it was not decided since."""
        ends = [hold.window_end for hold in self.held.get(key, ()) if hold.window_end is not None]
        known = self.records.get(key)
        if known is not None and known.fingerprint_event != known.record.meta.event_id:
            over = self.windows_over.get(known.record.meta.event_id)
            ends += [over] if over is not None else []
        return min(ends, default=None)

    def superseded_by(self, event: Stamped) -> list[OpenHold]:
        """The holds of the same record that this newer event takes the place of; each is given once."""
        key = key_of(event)
        older = given_up(self.held.get(key, ()), event, self.records.get(key))
        if older:
            self.held[key] = [hold for hold in self.held[key] if hold not in older]
        return older

    def hold(self, event: Stamped, hold: OpenHold) -> None:
        """The event waits from now on; what comes later in the batch sees it."""
        self.held.setdefault(key_of(event), []).append(hold)

    def learn(self, event: Stamped, outcome: Outcome, told: Mapping[str, Position] | None = None) -> None:
        """Keep the event as the newest of its record, where its fields were told, and what was forwarded for it."""
        key = key_of(event)
        known = self.records.get(key)
        if known is None or event.meta.position >= known.position:
            fingerprints = (known.fingerprint, known.fingerprint_event) if known else (None, None)
            in_crm = event.meta.source == CRM_DATABASE or (known is not None and known.in_crm)
            touches = touched(event, known, self._counterpart(event))
            self.put(Known(event, event.meta.operation == "delete", *fingerprints, in_crm, told or {}, touches))
            self.changed[key] = event
            if isinstance(event, Account):
                self.alike.put(event)
        match outcome:
            case Forward():
                self._learn_forwarded(event, outcome)
            case Hold() | DeadLetter() | Skip():
                pass

    def _counterpart(self, event: Stamped) -> Known | None:
        key = counterpart_key(event)
        return self.records.get(key) if key else None

    def _learn_forwarded(self, event: Stamped, outcome: Forward) -> None:
        commands = [record.value for record in outcome.records if isinstance(record.value, Command)]
        billing = [one for one in commands if one.kind.endswith(".billing") or one.kind == "invoice.draft"]
        if billing:
            ordered = sorted(billing, key=lambda command: command.kind)
            self._mark(key_of(event), event, fingerprint_of(*(command_body(command) for command in ordered)))
        for command in commands:
            if command.kind == "customer.upsert":
                self._mark(("crm", "account", command.key), event, fingerprint_of(command_body(command)))
            elif command.kind == "order.place":
                self._mark(("crm", "opportunity", command.key), event, fingerprint_of(command_body(command)))
            elif command.kind in _OF_THE_EVENT:
                self._mark(key_of(event), event, fingerprint_of(command_body(command)))

    def _mark(self, key: RecordKey, event: Stamped, fingerprint: str) -> None:
        known = self.records.get(key)
        if known is not None:
            self.records[key] = replace(known, fingerprint=fingerprint, fingerprint_event=event.meta.event_id)
            self.changed.setdefault(key, event)

    def _duplicates(self, event: Stamped, account_id: str) -> dict[str, Any]:
        """Whom the account may be a duplicate of. What was sent to the ERP once is never asked again."""
        known = self.records.get(("crm", "account", account_id))
        if account_id in self.customers or (known is not None and known.fingerprint is not None):
            return {}
        if isinstance(event, Account):
            full = complete(event, known)
            account = full.event if full else None
        elif isinstance(event, Lead) and stands_alone(event):
            account = as_account(event)
        elif isinstance(event, Opportunity | LineItem | SupportCase | Subscription | Lead):
            account = known.record if known else None
        else:
            return {}
        return self.alike.facts(account) if isinstance(account, Account) else {}

    def _stop(self, event: Stamped, opportunity_id: str) -> BillingStop | None:
        """The hold that stops new billing for the event. What a case is about is settled by going through, so its own
        record waits for no case: else two cases of one account would wait for each other.
        """
        mine = [row for row in self.stops if row.whole_line or row.account_id == event.meta.account_id]
        about = {event.meta.key, opportunity_id}
        settles = any(row.key in about for row in mine if not row.whole_line and row.key)
        for row in mine:
            if row.whole_line or not settles or not row.key:
                return BillingStop(row.hold_id, row.reason, row.raised_at, row.whole_line)
        return None

    def _lines(self, opportunity_id: str, event: Stamped) -> tuple[LineItem, ...]:
        items: dict[str, LineItem] = {}
        for key in self._lines_of.get(opportunity_id, ()):
            known = self.records[key]
            item = known.record
            if isinstance(item, LineItem) and item.opportunity_id == opportunity_id and not known.deleted:
                items[item.id] = item
        if isinstance(event, LineItem):
            items.pop(event.id, None)
            if event.meta.operation != "delete":
                items[event.id] = event
        return tuple(sorted(items.values(), key=lambda item: (item.line.position if item.line else 0, item.id)))

    def _invoices(self, account_id: str) -> Iterable[Invoice]:
        for key in self._invoices_of.get(account_id, ()):
            known = self.records[key]
            if isinstance(known.record, Invoice) and not known.deleted:
                yield known.record

    def _cases(self, account_id: str) -> tuple[Known, ...]:
        return tuple(
            self.records[key]
            for key in sorted(self._cases_of.get(account_id, ()))
            if self.records[key].record.meta.account_id == account_id
        )
