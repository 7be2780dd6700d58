"""What would have been otherwise: recorded events decided twice, by two sets of rules, on facts in memory. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from heapq import heappop, heappush
from typing import Any, assert_never

from schemas.identity import letter_id_for
from schemas.money import round_money
from schemas.outcome import DeadLetter, Forward, Hold, Outcome, Skip, SkipWhy, WaitKind
from schemas.records import Invoice, LineItem, Opportunity, Stamped
from streams.decide import Policy, complete, decide, decide_patch, is_stale
from streams.facts import View
from streams.facts.view import key_of
from streams.letters.holds import OpenHold
from streams.rules import Rules


@dataclass(frozen=True, slots=True)
class Change:
    """An event whose outcome would be another. `money` is what its deal or invoice is about, in `currency`."""

    event_id: str
    entity: str
    key: str
    account_id: str
    before: str
    after: str
    subject: str = ""  #: the deal or invoice that the money is of
    money: Decimal = Decimal(0)
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Forecast:
    """`events` were decided, by the live set and by the candidate. Money counts each deal or invoice once."""

    candidate: str
    live: str
    since: datetime
    events: int
    changes: tuple[Change, ...]

    @property
    def money(self) -> dict[str, Decimal]:
        """Currency -> what would be decided otherwise."""
        return _money(self.changes)

    def turns(self) -> list[tuple[str, str, int, dict[str, Decimal]]]:
        """From which outcome to which, how many events, and the money in them; the most frequent first."""
        grouped: dict[tuple[str, str], list[Change]] = defaultdict(list)
        for change in self.changes:
            grouped[change.before, change.after].append(change)
        ordered = sorted(grouped.items(), key=lambda item: (-len(item[1]), item[0]))
        return [(before, after, len(found), _money(found)) for (before, after), found in ordered]

    def plain(self) -> dict[str, Any]:
        """As JSON values; money as text."""
        return {
            "candidate": self.candidate,
            "live": self.live,
            "since": self.since.isoformat(),
            "events": self.events,
            "changed": len(self.changes),
            "money": {currency: str(amount) for currency, amount in sorted(self.money.items())},
            "turns": [
                {"before": before, "after": after, "events": count, "money": {c: str(m) for c, m in money.items()}}
                for before, after, count, money in self.turns()
            ],
            "changes": [{name: str(getattr(change, name)) for name in Change.__slots__} for change in self.changes],
        }


@dataclass(slots=True)
class MemoryLine:
    """The decide step alone: records, codes and holds in memory. What waits is tried again with each newer event."""

    policy: Policy
    rules: Rules
    view: View = field(default_factory=View)
    outcomes: dict[str, Outcome] = field(default_factory=dict)  #: event id -> the last outcome
    waiting: dict[str, list[tuple[Stamped, datetime]]] = field(default_factory=dict)  #: account id -> held, since when
    gathered: list[tuple[datetime, int, Stamped, datetime]] = field(default_factory=list)  #: until, nth, event, since
    nth: int = 0

    def feed(self, event: Stamped) -> None:
        """Decide one event, at the time it was received, and then what its arrival lets go on."""
        now = event.meta.received_at
        while self.gathered and self.gathered[0][0] <= now:
            until, _, held, since = heappop(self.gathered)
            self._again(held, since, until)
        self._decide(event, None, now)
        account = event.meta.account_id
        for held, since in self.waiting.pop(account, []):
            self._again(held, since, now)

    def _again(self, held: Stamped, since: datetime, now: datetime) -> None:
        if held.meta.position < self._position(held):
            return  # a newer version took its place
        key = key_of(held)
        self.view.held[key] = [one for one in self.view.held.get(key, ()) if one.event_id != held.meta.event_id]
        self._decide(held, since, now)

    def _position(self, event: Stamped) -> tuple[int, int]:
        known = self.view.records.get(key_of(event))
        return known.position if known is not None else event.meta.position

    def _decide(self, event: Stamped, since: datetime | None, now: datetime) -> None:
        meta, policy = event.meta, self.policy.under(self.rules)
        self.view.codes.setdefault(meta.account_id, f"shadow:{meta.account_id}")
        facts = self.view.facts_for(event, since)
        full = complete(event, facts.known)
        if full is None:
            outcome = decide_patch(event, facts, policy, now)
        else:
            outcome = decide(full.event, facts, policy, now)
            if not is_stale(full.event, facts):
                for older in self.view.superseded_by(event) if meta.operation != "patch" else ():
                    self.outcomes[older.event_id] = Skip(SkipWhy.SUPERSEDED)
                self.view.learn(full.event, outcome, full.told)
        if isinstance(outcome, Hold):
            gathers = outcome.waiting_for.kind is WaitKind.WINDOW
            known = (letter_id_for(meta.event_id, "hold"), meta.event_id, key_of(event), meta.account_id)
            self.view.hold(event, OpenHold(*known, meta.position, "", window_end=outcome.until if gathers else None))
            if gathers:
                self.nth += 1
                heappush(self.gathered, (outcome.until, self.nth, event, since or now))
            else:
                self.waiting.setdefault(meta.account_id, []).append((event, since or now))
        self.outcomes[meta.event_id] = outcome


def forecast(events: Iterable[Stamped], since: datetime, policy: Policy, candidate: Rules) -> Forecast:
    """Decide the events by the policy's rules and by the candidate. Older ones than `since` are only facts."""
    lines = MemoryLine(policy, policy.rules), MemoryLine(policy, candidate)
    counted: dict[str, Stamped] = {}
    for event in events:
        for line in lines:
            line.feed(event)
        if event.meta.received_at >= since:
            counted[event.meta.event_id] = event
    live, other = (line.outcomes for line in lines)
    changes = tuple(
        _change(event, live[event_id], other[event_id], lines[0].view)
        for event_id, event in counted.items()
        if _essence(live[event_id]) != _essence(other[event_id])
    )
    return Forecast(candidate.version, policy.rules.version, since, len(counted), changes)


def label_of(outcome: Outcome) -> str:
    """An outcome in two or three words."""
    match outcome:
        case Forward():
            return "goes on"
        case DeadLetter():
            return f"letter {outcome.reason.value}"
        case Hold():
            return f"waits for {outcome.waiting_for.kind.value}"
        case Skip():
            return f"skipped {outcome.why.value}"
        case _:
            assert_never(outcome)


def _essence(outcome: Outcome) -> object:
    """What of an outcome has an effect; not the words in it."""
    match outcome:
        case Hold():
            return outcome.until, outcome.waiting_for, outcome.reason
        case Forward():
            return tuple(
                (record.topic, record.key, record.value.model_dump(exclude={"decided_at"}))
                for record in outcome.records
            )
        case _:
            return label_of(outcome)


def _change(event: Stamped, before: Outcome, after: Outcome, view: View) -> Change:
    told = label_of(before), label_of(after)
    if told[0] == told[1]:
        told = told[0], f"{told[1]}, otherwise"
    meta, (subject, money, currency) = event.meta, _worth(event, view)
    return Change(meta.event_id, meta.entity, meta.key, meta.account_id, *told, subject, money, currency)


def _worth(event: Stamped, view: View) -> tuple[str, Decimal, str]:
    """What the money is of, how much it is, and in which currency."""
    if isinstance(event, LineItem):
        deal = view.records.get(("crm", "opportunity", event.opportunity_id))
        return _worth(deal.record, view) if deal is not None else ("", Decimal(0), "")
    if isinstance(event, Opportunity):
        newest = view.records.get(key_of(event))
        deal_ = newest.record if newest is not None and isinstance(newest.record, Opportunity) else event
        return f"deal {event.id}", deal_.amount, deal_.currency
    return (f"invoice {event.id}", event.total, event.currency) if isinstance(event, Invoice) else ("", Decimal(0), "")


def _money(changes: Iterable[Change]) -> dict[str, Decimal]:
    worth = {change.subject: (change.currency, change.money) for change in changes if change.subject}
    found: dict[str, Decimal] = {}
    for currency, money in sorted(worth.values()):
        found[currency] = found.get(currency, Decimal(0)) + money
    return {currency: round_money(money, currency) for currency, money in found.items()}
