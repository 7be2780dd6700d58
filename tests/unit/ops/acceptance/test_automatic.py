"""The row that lets a run's accounts be billed by themselves."""

from __future__ import annotations

import pytest

from ops.acceptance.automatic import with_row
from ops.rules.errors import Refused
from schemas.money import round_money
from streams.decide import Policy
from streams.rules import rules_of, shipped_texts
from streams.rules.check import faults_of
from tests.unit.streams.decide.cases import NOW, D, account


@pytest.mark.parametrize(("key", "wanted"), [("acc-r-b0", True), ("acc-r-b17", True), ("acc-r-1", False), ("x", False)])
def test_the_accounts_of_the_run_alone_are_billed_by_themselves(key: str, wanted: bool) -> None:
    texts = with_row(shipped_texts(), "acc-r-b", "a run")
    assert not faults_of(texts)
    one = account().model_copy(update={"id": key})
    one = one.model_copy(update={"meta": one.meta.model_copy(update={"account_id": key, "key": key})})
    policy = Policy(rules_of(texts))
    assert policy.bills_by_itself(one, "EUR", round_money(D(100), "EUR"), "30 days", NOW) is wanted


def test_a_set_that_has_the_row_of_another_run_gets_this_one_s_too() -> None:
    texts = with_row(with_row(shipped_texts(), "acc-q-b", "a run"), "acc-r-b", "another")
    assert not faults_of(texts)


def test_a_set_without_the_rule_is_refused() -> None:
    with pytest.raises(Refused, match=r"automatic-billing\.yaml"):
        with_row({}, "acc-r-b", "a run")
