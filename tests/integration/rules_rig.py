"""Deals that two sets of rules decide otherwise, what became of them as the topics tell, and a judge of both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from random import Random
from typing import Any

from ops.rules.forecast import Forecast, MemoryLine, forecast, label_of
from schemas import headers as names
from schemas.headers import Headers, header_text
from schemas.money import line_amount
from schemas.records import Account, Line, Opportunity, Stamped
from schemas.topics import CLEAN, COMMAND, DEAD_LETTER, SKIPPED
from streams.decide import Policy
from streams.rules import rules_of, shipped
from streams.rules.told import read_told
from tests.integration.test_rules_activation import with_threshold
from tests.unit.streams.agents.crm_days import T0, meta

CANDIDATE = with_threshold(1000)
OTHER = rules_of(CANDIDATE)
TOPICS = {topic.record: topic for topic in CLEAN}
OUTCOMES = [topic.name for topic in (*COMMAND.values(), SKIPPED, *DEAD_LETTER.values())]


def customers(mark: str, count: int) -> list[Stamped]:
    """Accounts that are to be known before the deals come; no two have names that look alike."""
    found: list[Stamped] = []
    for number in range(count):
        key = f"{mark}-a{number}"
        name = sha256(key.encode()).hexdigest()
        found.append(Account(meta=meta("account", key, key, 1), id=key, name=f"{name[:9]} {name[9:18]}"))
    return found


def deals(mark: str, count: int, accounts: int, dice: Random) -> list[Stamped]:
    """Won deals with discounts on both sides of both thresholds."""
    found: list[Stamped] = []
    for number in range(count):
        key, owner = f"{mark}-d{number}", f"{mark}-a{dice.randrange(accounts)}"
        discount = Decimal(dice.choice([0, 10, 11, 20, 21, 30]))
        amount = line_amount(Decimal(1), Decimal(100), discount, "EUR")
        line = Line(id=f"{key}-1", sku="S", quantity=1, unit_price=100, discount_percent=discount)
        stamp = meta("opportunity", key, owner, 10 + number)
        values: dict[str, Any] = {"stage": "Closed Won", "currency": "EUR", "amount": amount, "line_count": 1}
        found.append(Opportunity(meta=stamp, id=key, lines=[line], discount_approved_by=None, **values))
    return found


@dataclass
class Happened:
    """What the topics tell of each event: in which words, and by which set."""

    words: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    sets: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def take(self, topic: str, headers: Headers | None) -> None:
        told, event_id = read_told(header_text(headers, names.RULES)), header_text(headers, names.EVENT_ID)
        if told is None:
            return
        self.sets[event_id].add(told.version)
        if topic in DEAD_LETTER_NAMES:
            self.words[event_id].add(f"letter {DEAD_LETTER_NAMES[topic]}")
        else:
            self.words[event_id].add("skipped" if topic == SKIPPED.name else "goes on")


DEAD_LETTER_NAMES = {topic.name: reason.value for reason, topic in DEAD_LETTER.items()}


@dataclass(frozen=True)
class Verdict:
    """`events` were decided, so many by each set; the rest must be empty."""

    events: int
    by_set: dict[str, int]
    mixtures: list[str]
    otherwise: list[str]  #: events that came to something else than the forecast says
    missing: list[str]

    @property
    def clean(self) -> bool:
        return not (self.mixtures or self.otherwise or self.missing)


def foretold(events: Iterable[Stamped]) -> tuple[Forecast, dict[str, str]]:
    """The forecast of the candidate, and what the shipped set comes to: event id -> words."""
    live, known = MemoryLine(Policy(), shipped()), list(events)
    for event in known:
        live.feed(event)
    words = {event_id: label_of(outcome) for event_id, outcome in live.outcomes.items()}
    return forecast(known, T0 - timedelta(days=1), Policy(), OTHER), words


def judge(events: Sequence[Stamped], happened: Happened) -> Verdict:
    """Each event against the forecast for the set that says it decided it."""
    said, words = foretold(events)
    after = {change.event_id: change.after for change in said.changes}
    by_set: dict[str, int] = defaultdict(int)
    otherwise, mixtures, missing = list[str](), list[str](), list[str]()
    for event_id in (event.meta.event_id for event in events):
        sets, told = happened.sets.get(event_id, set()), happened.words.get(event_id, set())
        if not sets:
            missing.append(event_id)
        elif len(sets) > 1 or len(told) > 1:
            mixtures.append(f"{event_id}: {sorted(sets)} {sorted(told)}")
        else:
            (version,), (what,) = sets, told
            by_set[version] += 1
            wanted = after.get(event_id, words[event_id]) if version == OTHER.version else words[event_id]
            if not wanted.startswith(what):
                otherwise.append(f"{event_id} by {version}: {what}, not {wanted}")
    return Verdict(len(events), dict(by_set), mixtures, otherwise, missing)


__all__ = ["CANDIDATE", "OTHER", "OUTCOMES", "TOPICS", "Happened", "Verdict", "customers", "deals", "foretold", "judge"]
