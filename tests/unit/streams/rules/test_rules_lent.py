"""A set that was activated before a decision was there: the shipped rules answer for it, and for nothing else."""

from __future__ import annotations

import pytest

from ops.rules.explain import explain
from ops.rules.fit import fit_of, lent_to
from schemas.outcome import DeadLetter
from streams.decide import Policy, decide
from streams.rules import Undecided, rules_of, shipped, shipped_texts
from streams.rules.decisions import Fact
from streams.rules.told import tell
from tests.unit.streams.decide.cases import NOW, D, account, facts
from tests.unit.streams.rules.rule_texts import row, rule, texts

OLD = {name: text for name, text in shipped_texts().items() if name not in ("credit-cap.yaml", "pilot-accounts.yaml")}
CREDIT = {"account_id": "a", "currency": "EUR"}


def test_decisions_that_a_set_lacks_are_answered_by_the_shipped_rules() -> None:
    old = rules_of(OLD)
    assert old.lacks == ("pilot", "credit.cap")
    with pytest.raises(Undecided):
        old.decide("credit.cap", CREDIT, NOW)
    whole = old.completed_by(shipped())
    assert whole.decide("credit.cap", CREDIT, NOW) == shipped().decide("credit.cap", CREDIT, NOW)
    assert (whole.version, whole.rules, whole.lacks) == (old.version, old.rules, old.lacks)
    assert rules_of(shipped_texts()).completed_by(shipped()).lent == frozenset()


def test_a_decision_that_a_set_has_rules_for_stays_its_own_also_where_they_do_not_answer() -> None:
    narrow = texts(rule(row('currency == "EUR"', "1", [{"facts": {"currency": "EUR"}, "value": 1}])))
    whole = rules_of(narrow).completed_by(shipped())
    asked: dict[str, Fact] = {"account_id": "a", "country": "", "amount_minor": 1}
    assert whole.decide("discount.threshold", {**asked, "currency": "EUR"}, NOW).value == 1
    with pytest.raises(Undecided):
        whole.decide("discount.threshold", {**asked, "currency": "USD"}, NOW)


def test_an_event_decided_by_an_older_set_is_no_letter() -> None:
    event, known = account(), facts()
    alone = decide(event, known, Policy(rules_of(OLD)), NOW)
    assert isinstance(alone, DeadLetter)
    assert decide(event, known, Policy(rules_of(OLD).completed_by(shipped())), NOW) == decide(
        event, known, Policy(), NOW
    )


def test_automatic_billing_is_never_lent() -> None:
    billing = rules_of(
        texts(
            rule(
                row(value="true", examples=[{"facts": {}, "value": True}]), id="automatic", decides="billing.automatic"
            ),
            without="automatic-billing",
        )
    )
    old = rules_of({name: text for name, text in shipped_texts().items() if name != "automatic-billing.yaml"})
    one = account()
    assert Policy(billing).bills_by_itself(one, "EUR", D(1), "", NOW)
    assert not Policy(old.completed_by(billing)).bills_by_itself(one, "EUR", D(1), "", NOW)


def test_doctor_says_what_a_set_lacks_and_what_it_cannot_answer() -> None:
    fit = fit_of(rules_of(OLD), OLD)
    assert (fit.lacks, fit.faults) == (("pilot", "credit.cap"), ())
    assert "has no rule for pilot, credit.cap: the shipped ones answer" in fit.told()
    narrow = texts(rule(row('flow == "order"', "true", [{"facts": {"flow": "order"}, "value": True}]), decides="flow"))
    without = {name: text for name, text in narrow.items() if name != "flows.yaml"}
    gaps = fit_of(rules_of(without), without)
    assert gaps.lacks == ("discount.threshold",)
    assert "gap: no rule answers" in gaps.told()
    assert fit_of(shipped(), shipped_texts()).told() == f"{shipped().version} decides"


def test_a_set_with_what_it_was_lent_is_whole() -> None:
    old = rules_of(OLD)
    assert lent_to(old).keys() == {"shipped-credit-cap.yaml", "shipped-pilot-accounts.yaml"}
    assert rules_of({**lent_to(old), **OLD}).version == shipped().version


def test_an_explanation_says_that_a_rule_was_lent_and_answers_of_each_kind_in_words() -> None:
    whole = rules_of(OLD).completed_by(shipped())
    verdicts = [
        whole.decide("credit.cap", CREDIT, NOW),
        whole.decide("billing.account", {"sku": "SKU-001"}, NOW),
        whole.decide("price.tolerance", {"account_id": "a", "sku": "x", "currency": "EUR"}, NOW),
        whole.decide("hold.account", {"account_id": "a", "flow": "order"}, NOW),
        whole.decide("flow", {"flow": "order"}, NOW),
    ]
    told = "\n".join(explain([("t", 0, tell(whole.version, verdicts))], {whole.version: whole}.get))
    assert "50000 minor units. Rule credit-cap version 1 of the shipped set, row 2: 500.00 in an account's" in told
    assert " 4.2.2. Rule revenue-accounts version 1, row 1" in told
    assert " 1.00 %. " in told
    assert " 2 days, 0:00:00. " in told
    assert " Yes. Rule flows version 1, row 1: every flow is on." in told
