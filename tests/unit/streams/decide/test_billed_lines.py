"""FL4: a line's last day is the contract's, its amount in the deal's currency; older rules bill nothing."""

from __future__ import annotations

from datetime import date

import pytest

from streams.decide import Known, Policy, decide
from streams.rules import rules_of, shipped_texts
from tests.unit.streams.decide.cases import NOW, D, deal, facts, item, line
from tests.unit.streams.decide.test_billing_decisions import (
    BILLED,
    POLICY,
    TOLD,
    YEAR,
    at,
    automatic,
    composed,
    contract,
    draft,
    kinds,
)

RULE = "automatic-billing.yaml"


def test_a_contract_shorter_than_the_product_s_term_ends_the_deferral() -> None:
    sold = YEAR.model_copy(update={"sku": "SKU-001"})
    short = contract(ends_on=date(2026, 12, 31))
    known = facts(item(sold), opportunity=Known(deal(sold, contract_id="k1"), in_crm=True), contract=short)
    (billed,) = composed(decide(draft("883.20"), known, POLICY, NOW)).lines
    assert (billed.defer_from, billed.defer_to) == (date(2026, 4, 1), date(2026, 12, 31))


def test_a_line_in_yen_is_of_whole_yen() -> None:
    sold = line("a", "3", "33.5")
    known = facts(item(sold), opportunity=Known(deal(sold, currency="JPY"), in_crm=True))
    body = composed(decide(draft("100", currency="JPY"), known, POLICY, NOW))
    assert (body.total, body.lines[0].amount) == (D(100), D(100))


def test_rules_of_before_there_was_such_a_decision_leave_it_to_people() -> None:
    older = Policy(rules_of({name: text for name, text in shipped_texts().items() if name != RULE}))
    assert kinds(decide(draft(), at(signed=contract()), older, NOW)) == TOLD


def test_without_a_contract_there_are_no_terms_to_a_rule() -> None:
    assert kinds(decide(draft(), at(), automatic('terms == ""'), NOW)) == BILLED


def test_a_contract_without_terms_and_reference_gives_none() -> None:
    bare = contract(reference=None, billing_terms=" ")
    body = composed(decide(draft(), at(signed=bare), POLICY, NOW))
    assert (body.reference, body.payment_terms) == (None, None)


@pytest.mark.parametrize(("total", "wanted"), [("0", TOLD), ("0.01", BILLED)])
def test_a_draft_over_nothing_is_not_billed(total: str, wanted: list[str]) -> None:
    assert kinds(decide(draft(total), at(), POLICY, NOW)) == wanted
