"""A new account that is likely a customer waits for people, and so do its orders; a customer never does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.outcome import DeadLetter, Forward, Hold, WaitKind
from schemas.reasons import Reason
from schemas.records import Account
from streams.decide import Facts, Known, Policy, decide
from streams.facts.view import View
from streams.matching import profile_of
from tests.unit.schemas.contracts.samples import sample
from tests.unit.streams.decide.cases import NOW, deal, line

POLICY = Policy()


def account(key: str, **changed: str | None) -> Account:
    made = sample(Account).model_copy(update={"id": key, "erp_customer_code": None, "tax_id": "DE136695976", **changed})
    return made.model_copy(
        update={"meta": made.meta.model_copy(update={"key": key, "account_id": key, "event_id": key})}
    )


OTHER = profile_of(account("known", name="Mueller & Soehne"))
ALIKE = Facts(customer_code="C1", alike=(OTHER,))


def test_the_merge_task_names_the_candidate_its_score_and_why() -> None:
    found = decide(account("new"), ALIKE, POLICY, NOW)
    assert isinstance(found, DeadLetter)
    assert found.reason is Reason.DUPLICATE_CUSTOMER
    assert "known" in found.detail
    assert found.suggestion == "known (0.97: names are 100% alike, the tax id is the same)"


@pytest.mark.parametrize("verdict", ["reject", "split"])
def test_two_companies_go_on(verdict: str) -> None:
    assert isinstance(decide(account("new"), replace(ALIKE, verdicts={"known": verdict}), POLICY, NOW), Forward)
    assert isinstance(decide(account("new"), replace(ALIKE, verdicts={"else": verdict}), POLICY, NOW), DeadLetter)


def test_a_merged_account_never_becomes_a_customer() -> None:
    found = decide(account("new"), replace(ALIKE, verdicts={"known": "merge"}), POLICY, NOW)
    assert isinstance(found, DeadLetter)
    assert "merged into known" in found.detail


def test_an_account_with_a_code_of_the_erp_is_never_stopped() -> None:
    assert isinstance(decide(account("new", erp_customer_code="C7"), ALIKE, POLICY, NOW), Forward)
    assert isinstance(decide(account("new"), ALIKE, replace(POLICY, duplicate_threshold=1.0), NOW), Forward)


def test_an_order_of_a_likely_duplicate_waits_and_then_tells() -> None:
    sold = deal(line(), inside=True)
    stopped = Facts(customer_code="C1", account=Known(account("a1")), alike=(OTHER,))
    waits = decide(sold, stopped, POLICY, NOW)
    assert isinstance(waits, Hold)
    assert (waits.waiting_for.kind, waits.waiting_for.key) == (WaitKind.DECISION, "a1")
    assert waits.reason is Reason.DUPLICATE_CUSTOMER
    late = decide(sold, replace(stopped, held_since=NOW - timedelta(days=9)), POLICY, NOW)
    assert isinstance(late, DeadLetter)
    assert late.reason is Reason.DUPLICATE_CUSTOMER
    assert isinstance(decide(sold, replace(stopped, verdicts={"known": "reject"}), POLICY, NOW), Forward)
    merged = decide(sold, replace(stopped, verdicts={"known": "merge"}), POLICY, NOW)
    assert isinstance(merged, DeadLetter)
    assert merged.suggestion == "move the deal to account known in the CRM"


def test_accounts_of_one_batch_see_each_other_and_customers_see_nobody() -> None:
    view, first, second = View(codes={"one": "C1", "two": "C2"}), account("one"), account("two")
    assert view.facts_for(first, None).alike == ()
    view.learn(first, decide(first, view.facts_for(first, None), POLICY, NOW))
    assert [one.key for one in view.facts_for(second, None).alike] == ["one"]
    assert isinstance(decide(second, view.facts_for(second, None), POLICY, NOW), DeadLetter)
    view.learn(second, DeadLetter(Reason.DUPLICATE_CUSTOMER, ""))
    assert view.facts_for(first, None).alike == ()  # it was sent to the ERP already
    view.customers.add("two")
    assert view.facts_for(second, None).alike == ()
