"""FL8 whatever arrives when: repeats, late events and facts that are doubted never bill a day twice or not at all.

The line's decisions and the sink's figures together, on an ERP that is rows in memory. Without a ledger before it the
sink meets commands that the real one never sees: then there are letters, and still no wrong sum.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.outcome import Forward
from schemas.prorate import cost_between, interval_at, price_of
from schemas.records import Command, ScheduleAmend, Subscription
from sinks.errors import Refused
from streams.decide import Known, Policy, decide
from streams.facts.view import View
from tests.unit.sinks.test_tryton_schedule import Erp
from tests.unit.streams.decide.cases import NOW, D, account
from tests.unit.streams.decide.test_subscription_decisions import subscription

POLICY = Policy()
KEY = ("crm", "subscription", "s1")


class Line:
    """Facts, decisions, the sink and the ERP."""

    def __init__(self, ledger: bool = False) -> None:
        self.ledger, self.newest = ledger, 0
        self.view = View(codes={"a1": "C1"})
        self.view.put(Known(account(), in_crm=True, fingerprint="f", fingerprint_event="e"))
        self.erp: Erp | None = None
        self.accepted: list[ScheduleAmend] = []
        self.letters = 0

    def hear(self, event: Subscription, doubted: bool) -> None:
        known = self.view.records.get(KEY)
        if doubted and known is not None:  # as after a batch that was undone: what it sent, and how far it came
            behind = known.record.meta.model_copy(update={"version": 0})
            record = known.record.model_copy(update={"meta": behind})
            self.view.records[KEY] = replace(known, record=record, fingerprint=None, fingerprint_event=None)
        outcome = decide(event, self.view.facts_for(event, None), POLICY, NOW)
        self.view.learn(event, outcome)
        if isinstance(outcome, Forward):
            command = outcome.records[-1].value
            assert isinstance(command, Command)
            assert command.schedule is not None
            if not self.ledger or command.version >= self.newest:
                self.newest = command.version
                self.carry(command.schedule)

    def carry(self, body: ScheduleAmend) -> None:
        """As the sink does."""
        if self.erp is None:
            if body.revision == 1 and body.status == "active":
                self.erp = Erp(body)
                self.accepted.append(body)
            else:
                self.letters += 1
        elif self.erp.held.revision != body.revision:
            try:
                self.erp.amend(body)
                self.accepted.append(body)
            except Refused:
                self.letters += 1

    def used(self, until: date) -> Decimal:
        """What the accepted states cost, each from its day to the next one's."""
        ends = [one.effective_on for one in self.accepted[1:]] + [until]
        total = D(0)
        for one, end in zip(self.accepted, ends, strict=True):
            if one.status == "active":
                price = price_of(one.quantity, one.unit_price, "EUR")
                total += cost_between(price, one.starts_on, one.billing_interval, (one.effective_on, end), "EUR")
        return total


def history(prices: list[tuple[int, int]], kind: str, start: date, cancelled: bool) -> list[Subscription]:
    """The states of a subscription: (days after the one before, price in cents)."""
    found, held = [], start
    for number, (days, cents) in enumerate(prices, 1):
        held += timedelta(days=days if number > 1 else 0)
        status = "cancelled" if cancelled and number == len(prices) > 1 else "active"
        fields = {"unit_price": Decimal(cents) / 100, "billing_interval": kind, "starts_on": start, "status": status}
        found.append(subscription(tick=number, revision=number, held=held, **fields))
    return found


STATES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 10**6)), min_size=1, max_size=5)
KINDS = st.sampled_from(["month", "quarter", "year"])
STARTS = st.dates(date(2020, 1, 1), date(2030, 1, 1))
HEARD = st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(0, 90)), max_size=14)


def check(line: Line) -> None:
    if line.erp is None:
        assert line.accepted == []
        return
    assert [one.revision for one in line.accepted] == list(range(1, len(line.accepted) + 1)), "each once, none left out"
    first = line.accepted[0]
    end = interval_at(first.starts_on, line.accepted[-1].effective_on + timedelta(800), first.billing_interval)
    line.erp.bill(end.start)
    assert line.erp.billed == line.used(end.end)


@settings(max_examples=400, deadline=None)
@given(STATES, KINDS, STARTS, st.booleans(), HEARD)
def test_any_order_any_repeats_any_doubt(
    prices: list[tuple[int, int]], kind: str, start: date, cancelled: bool, heard: list[tuple[int, bool, int]]
) -> None:
    states, line = history(prices, kind, start, cancelled), Line()
    for which, doubted, days in heard:
        event = states[which % len(states)]
        line.hear(event, doubted)
        if line.erp is not None:
            line.erp.bill(event.effective_on + timedelta(days=days))
    check(line)


@settings(max_examples=300, deadline=None)
@given(STATES, KINDS, STARTS, st.booleans(), st.lists(st.tuples(st.booleans(), st.integers(0, 90)), min_size=5))
def test_in_order_with_repeats_every_state_gets_through(
    prices: list[tuple[int, int]], kind: str, start: date, cancelled: bool, repeats: list[tuple[bool, int]]
) -> None:
    """As Kafka gives them: in order, and after a crash once more from somewhere before."""
    states, line = history(prices, kind, start, cancelled), Line(ledger=True)
    for place, (event, (again, days)) in enumerate(zip(states, repeats, strict=False)):
        for one in (*states[: place + 1], event) if again else (event,):
            line.hear(one, doubted=again)
        assert line.erp is not None
        line.erp.bill(event.effective_on + timedelta(days=days))
    assert (len(line.accepted), line.letters) == (len(states), 0)
    check(line)
