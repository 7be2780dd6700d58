"""What a policy asks of its rules: with each fact that the decision has, at the time when the event was received."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from schemas.outcome import DeadLetter, Hold
from schemas.reasons import Reason
from schemas.records import Account
from streams.decide import Facts as Known
from streams.decide import Policy, decide, decide_patch
from streams.rules import Rules, Verdict, bucket_of
from streams.rules.decisions import DECISIONS, Facts, Value
from tests.unit.streams.decide.cases import NOW, D, account, deal, facts, item, line, meta
from tests.unit.streams.rules.rule_texts import row, rule, rules

RECEIVED = NOW - timedelta(days=3)
ONE = line("l1")
OWNER = account().model_copy(update={"country": "FR"})
DEAL = deal(line("l1", "1", "19.99"), received_at=RECEIVED)
YEN = deal(line("l1", "1", "1999"), currency="JPY")
DINARS = deal(line("l1", "1", "1.999"), currency="KWD")


class Asked:
    """Rules that answer this, and remember what they were asked."""

    def __init__(self, answer: Value) -> None:
        self.answer = answer
        self.compiled = dict.fromkeys(DECISIONS, ())
        self.lent = frozenset[str]()
        self.questions: list[tuple[str, dict[str, Any], datetime]] = []

    def decide(self, name: str, facts: Facts, now: datetime) -> Verdict:
        self.questions.append((name, dict(facts), now))
        return Verdict(name, self.answer, "r", 1, 1, "because")


Ask = Callable[[Policy], object]
EUR: dict[str, Any] = {"account_id": "a1", "currency": "EUR"}
HOUR = timedelta(hours=1)
QUESTIONS: dict[str, tuple[Ask, Value, object, str, dict[str, Any]]] = {
    "a discount's threshold": (
        lambda p: p.discount_threshold_percent(DEAL, OWNER, RECEIVED),
        1234,
        D("12.34"),
        "discount.threshold",
        EUR | {"country": "FR", "amount_minor": 1999},
    ),
    "of an account without a country, in yen": (
        lambda p: p.discount_threshold_percent(YEN, Account(meta=OWNER.meta, id="a2"), RECEIVED),
        0,
        D(0),
        "discount.threshold",
        {"account_id": "a2", "country": "", "currency": "JPY", "amount_minor": 1999},
    ),
    "in dinars": (
        lambda p: p.discount_threshold_percent(DINARS, OWNER, RECEIVED),
        1,
        D("0.01"),
        "discount.threshold",
        {"account_id": "a1", "country": "FR", "currency": "KWD", "amount_minor": 1999},
    ),
    "a list price": (
        lambda p: p.list_price("SKU-1", "KWD", RECEIVED),
        1999,
        D("1.999"),
        "price.list",
        {"sku": "SKU-1", "currency": "KWD"},
    ),
    "a list price of one": (
        lambda p: p.list_price("SKU-1", "JPY", RECEIVED),
        1,
        D(1),
        "price.list",
        {"sku": "SKU-1", "currency": "JPY"},
    ),
    "no list price": (
        lambda p: p.list_price("SKU-1", "EUR", RECEIVED),
        0,
        None,
        "price.list",
        {"sku": "SKU-1", "currency": "EUR"},
    ),
    "a price's tolerance": (
        lambda p: p.price_tolerance_percent(OWNER, "SKU-1", "EUR", RECEIVED),
        150,
        D("1.5"),
        "price.tolerance",
        EUR | {"sku": "SKU-1"},
    ),
    "whether it is billed by itself": (
        lambda p: p.bills_by_itself(OWNER, "EUR", D("19.99"), "30 days", RECEIVED),
        True,
        True,
        "billing.automatic",
        EUR | {"amount_minor": 1999, "terms": "30 days"},
    ),
    "whether it is billed by itself, in yen": (
        lambda p: p.bills_by_itself(OWNER, "JPY", D(1999), "", RECEIVED),
        False,
        False,
        "billing.automatic",
        {"account_id": "a1", "currency": "JPY", "amount_minor": 1999, "terms": ""},
    ),
    "who earns the revenue": (
        lambda p: p.revenue_account("SKU-1", RECEIVED),
        "4.1.2",
        "4.1.2",
        "billing.account",
        {"sku": "SKU-1"},
    ),
    "over how long it is earned": (
        lambda p: p.months_to_earn("SKU-1", RECEIVED),
        12,
        12,
        "billing.deferral",
        {"sku": "SKU-1"},
    ),
    "how long an event waits": (
        lambda p: p.hold_for(meta("line_item", "l1", received_at=RECEIVED)),
        HOUR,
        HOUR,
        "hold.account",
        {"account_id": "a1", "flow": "order"},
    ),
    "how long a deal waits": (
        lambda p: p.line_grace(meta("opportunity", "d1", received_at=RECEIVED), "contract"),
        HOUR,
        HOUR,
        "hold.lines",
        {"account_id": "a1", "waits_for": "contract"},
    ),
    "a cap of credits": (lambda p: p.credit_cap(OWNER, "EUR", RECEIVED), 50_000, D("500.00"), "credit.cap", EUR),
    "a period of credits": (lambda p: p.credit_period(OWNER, "EUR", RECEIVED), HOUR, HOUR, "credit.period", EUR),
    "an approver": (
        lambda p: p.may_approve_credit("ina", D("1.999"), "KWD", RECEIVED),
        True,
        (True, "because"),
        "credit.approver",
        {"approver": "ina", "currency": "KWD", "amount_minor": 1999},
    ),
    "one who may not": (
        lambda p: p.may_approve_credit("ina", D(1999), "JPY", RECEIVED),
        False,
        (False, "because"),
        "credit.approver",
        {"approver": "ina", "currency": "JPY", "amount_minor": 1999},
    ),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_has_each_fact_of_its_decision(name: str) -> None:
    ask, answer, wanted, decision, told = QUESTIONS[name]
    asked = Asked(answer)
    got = ask(Policy(cast(Rules, asked)))
    assert got == wanted
    assert isinstance(got, type(wanted))
    assert asked.questions == [(decision, told, RECEIVED)]
    assert told.keys() == DECISIONS[decision].facts.keys()


def test_the_flow_is_asked_for_before_the_pilot() -> None:
    asked = Asked(True)
    assert Policy(cast(Rules, asked)).stands_aside(DEAL.meta) is None
    pilot = {"flow": "order", "account_id": "a1", "bucket": bucket_of("a1")}
    assert asked.questions == [("flow", {"flow": "order"}, RECEIVED), ("pilot", pilot, RECEIVED)]
    for name, told, _ in asked.questions:
        assert told.keys() == DECISIONS[name].facts.keys()


WAITS = (
    row('waits_for == "lines"', 'duration("1m")'),
    row('waits_for == "contract"', 'duration("2m")'),
    row('waits_for == "signature"', 'duration("3m")'),
)


@pytest.mark.parametrize(
    ("known", "minutes"),
    [(facts(), 1), (facts(item(ONE), contract=None), 2)],
    ids=["for its lines", "for its contract"],
)
def test_a_deal_waits_as_long_as_the_rule_says_of_what_it_waits_for(known: Any, minutes: int) -> None:
    policy = Policy(rules(rule(*WAITS, decides="hold.lines"), without="hold-for-lines"))
    held = decide(deal(ONE, contract_id="k1"), known, policy, NOW)
    assert isinstance(held, Hold)
    assert held.until == NOW + timedelta(minutes=minutes)


def test_a_part_of_an_account_that_the_rules_say_no_wait_for_is_a_letter() -> None:
    never = Policy(
        rules(rule(row('flow == "order"', 'duration("1h")'), decides="hold.account"), without="hold-for-account")
    )
    outcome = decide_patch(account(operation="patch"), Known(), never, NOW)
    facts_told = {"account_id": "a1", "flow": "customer"}
    assert outcome == DeadLetter(
        Reason.UNCLASSIFIED,
        f"the rules do not decide: hold.account: no rule in force at {NOW.isoformat()} answers for {facts_told}",
        "mend or revert the rules, then replay",
    )


def test_under_other_rules_it_notes_from_nothing_on() -> None:
    first, second = Asked(1), Asked(2)
    noting = Policy(cast(Rules, first), "us", 0.5, notes=[Verdict("x", 1, "r", 1, 1, "w")])
    other = noting.under(cast(Rules, second))
    assert cast(Asked, other.rules) is second
    assert (other.integration_user, other.duplicate_threshold, other.notes) == ("us", 0.5, [])
    other.months_to_earn("SKU-1", NOW)
    other.months_to_earn("SKU-1", NOW)
    assert other.notes == [Verdict("billing.deferral", 2, "r", 1, 1, "because")]
