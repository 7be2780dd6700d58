"""What a policy says of windows, overload and flows that are off, word for word."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

import pytest

from schemas.outcome import DeadLetter, Hold, Skip, SkipWhy, Wait, WaitKind
from schemas.reasons import Reason
from streams.decide import Policy, decide
from streams.decide.policy import flow_of
from streams.rules import Rules, Undecided, Verdict
from streams.rules.decisions import DECISIONS, Facts
from tests.unit.streams.decide.cases import NOW, account, facts, meta
from tests.unit.streams.decide.test_gather import BATCH, END, HOUR, sent
from tests.unit.streams.decide.test_policy_asks import RECEIVED, Asked

ERP, CRM = frozenset({"erp"}), frozenset({"crm"})


class Silent(Asked):
    """Rules that have no answer."""

    def decide(self, name: str, facts: Facts, now: datetime) -> Verdict:
        raise Undecided(f"nothing is said of {name}")


@pytest.mark.parametrize(("overloaded", "told"), [(ERP, True), (CRM, False), (frozenset[str](), False)])
def test_a_window_is_asked_for_with_each_fact_of_its_decision(overloaded: frozenset[str], told: bool) -> None:
    asked = Asked(HOUR)
    policy = Policy(cast(Rules, asked), overloaded=overloaded)
    assert policy.window(meta("account", "a1", received_at=RECEIVED)) == HOUR
    wanted = {"flow": "customer", "account_id": "a1", "overloaded": told}
    assert asked.questions == [("batch.window", wanted, RECEIVED)]
    assert wanted.keys() == DECISIONS["batch.window"].facts.keys()


@pytest.mark.parametrize("entity", ["opportunity", "refund", "order"])
def test_a_flow_that_is_not_gathered_has_no_window_and_waits_for_no_target(entity: str) -> None:
    asked = Asked(HOUR)
    policy = Policy(cast(Rules, asked), overloaded=ERP | CRM)
    assert policy.window(meta(entity, "x1")) == timedelta(0)
    assert policy.is_overloaded(meta(entity, "x1")) is False
    assert asked.questions == []


def test_what_is_overloaded_stays_until_it_is_told_anew() -> None:
    policy = Policy(overloaded=ERP)
    assert policy.under(BATCH.rules).overloaded == ERP
    assert policy.under(BATCH.rules, CRM).overloaded == CRM
    assert policy.under(BATCH.rules, frozenset()).overloaded == frozenset()


def test_records_that_no_flow_handles_are_state() -> None:
    assert flow_of("order") == "state"
    assert flow_of("payment") == "state"


def test_a_flow_that_is_switched_off_says_so() -> None:
    policy = Policy(cast(Rules, Asked(False)))
    wanted = Skip(SkipWhy.OUT_OF_PILOT, "the flow customer is switched off")
    assert policy.stands_aside(account().meta) == wanted
    assert decide(account(), facts(), policy, NOW) == wanted


def test_where_the_rules_are_silent_the_letter_says_of_what() -> None:
    assert decide(account(), facts(), Policy(cast(Rules, Silent(True))), NOW) == DeadLetter(
        Reason.UNCLASSIFIED,
        "the rules do not decide: nothing is said of flow",
        "mend or revert the rules, then replay",
    )


def test_a_hold_for_a_window_without_overload_names_the_window_and_nothing_else() -> None:
    detail = f"changes of account a1 are gathered until {END:%Y-%m-%d %H:%M:%S} UTC, in windows of 1:00:00"
    held = decide(account(2, "Bob"), facts(known=sent()), BATCH, NOW)
    assert held == Hold(END, Wait(WaitKind.WINDOW, "a1"), Reason.HOLD_EXPIRED, detail)
