"""FL10: what a lead comes to."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.outcome import DeadLetter, Forward, Hold, Outcome, Skip, SkipWhy
from schemas.reasons import Reason
from schemas.records import Account, Command, Lead, Opportunity
from streams.decide import Facts, Known, Policy, decide, decide_effect, state_records
from streams.decide.commands import fingerprint_of
from streams.matching import profile_of
from tests.unit.streams.decide.cases import NOW, D, account, meta
from tests.unit.streams.decide.test_other_decisions import effect

POLICY = Policy()
COMPLETE: dict[str, Any] = {"currency": "EUR", "sku": "SKU-1", "quantity": D("2.5"), "unit_price": D("10.05")}


def lead(tick: int = 1, of: str = "l1", **over: Any) -> Lead:
    stamp = meta("lead", "l1", tick, account_id=of, operation=over.pop("operation", "update"))
    stamp = stamp.model_copy(update={"actor": over.pop("actor", "ina")})
    values = {"id": "l1", "name": "Ada", "status": "billable", "campaign": "spring", "channel": "fair", "country": "DE"}
    return Lead(meta=stamp, **(values | COMPLETE | over))


ALONE = Facts(customer_code="C9")
OWNER = Known(account(), fingerprint="f", fingerprint_event="e", in_crm=True)
TWIN = profile_of(account().model_copy(update={"id": "a7", "name": "Ada GmbH", "tax_id": "DE136695976"}))

CASES: dict[str, tuple[Lead, Facts, Any]] = {
    "new": (lead(status="new"), ALONE, SkipWhy.NOT_DUE),
    "lost": (lead(status="lost"), ALONE, SkipWhy.NOT_DUE),
    "deleted": (lead(operation="delete"), ALONE, SkipWhy.NO_FLOW),
    "billable, of no account": (lead(), ALONE, ["lead.customer", "lead.order"]),
    "billable, of a customer": (lead(of="a1"), Facts(account=OWNER, customer_code="C1"), ["lead.order"]),
    "billable, of no account, and the account made of it is a customer": (
        lead(),
        Facts(account=Known(account().model_copy(update={"id": "l1"}), fingerprint="f"), customer_code="C9"),
        ["lead.order"],
    ),
    "billable, of an account that was not sent yet": (
        lead(of="a1"),
        Facts(account=Known(account(), in_crm=True), customer_code="C1"),
        ["customer.upsert", "lead.order"],
    ),
    "billable, of an account that did not arrive": (lead(of="a1"), Facts(customer_code="C1"), Hold),
    "without a product": (lead(sku=None), ALONE, Reason.CONTRACT_VIOLATION),
    "without a name": (lead(name=None), ALONE, Reason.CONTRACT_VIOLATION),
    "without a currency": (lead(currency=None), ALONE, Reason.CONTRACT_VIOLATION),
}


@pytest.mark.parametrize("name", CASES)
def test_a_lead(name: str) -> None:
    event, facts, wanted = CASES[name]
    outcome = decide(event, facts, POLICY, NOW)
    if isinstance(wanted, SkipWhy):
        assert isinstance(outcome, Skip)
        assert outcome.why is wanted
    elif isinstance(wanted, Reason):
        assert isinstance(outcome, DeadLetter)
        assert outcome.reason is wanted
    elif isinstance(wanted, list):
        assert [one.kind for one in commands(outcome)] == wanted
    else:
        assert isinstance(outcome, wanted)


def commands(outcome: Outcome) -> list[Command]:
    assert isinstance(outcome, Forward)
    return [one.value for one in outcome.records if isinstance(one.value, Command)]


def test_the_first_order_carries_amount_and_tags_under_the_lead_s_id() -> None:
    customer, order = commands(decide(lead(), ALONE, POLICY, NOW))
    assert customer.customer is not None
    assert (customer.key, customer.customer.code, customer.customer.name) == ("l1", "C9", "Ada")
    assert order.order is not None
    assert (order.key, order.order.total, order.order.campaign, order.order.channel) == (
        "l1",
        D("25.12"),
        "spring",
        "fair",
    )


def test_its_echo_is_skipped_and_the_very_event_goes_out_again() -> None:
    _, order = commands(decide(lead(), ALONE, POLICY, NOW))
    assert order.order is not None
    known = Known(lead(), fingerprint=fingerprint_of(order.order), fingerprint_event=lead().meta.event_id, in_crm=True)
    again = decide(lead(2, actor="meshline"), Facts(known=known, customer_code="C9"), POLICY, NOW)
    assert isinstance(again, Skip)
    assert again.why is SkipWhy.ECHO
    assert len(commands(decide(lead(), Facts(known=known, customer_code="C9"), POLICY, NOW))) == 2


def test_one_that_is_likely_a_customer_already_waits_for_people() -> None:
    twin = lead(name="Ada GmbH", tax_id="DE136695976")
    letter = decide(twin, Facts(customer_code="C9", alike=(TWIN,)), POLICY, NOW)
    assert isinstance(letter, DeadLetter)
    assert letter.reason is Reason.DUPLICATE_CUSTOMER
    other = Facts(customer_code="C9", alike=(TWIN,), verdicts={"a7": "reject"})
    assert len(commands(decide(twin, other, POLICY, NOW))) == 2


def test_the_code_and_the_number_go_back_to_the_lead() -> None:
    known = Known(lead(), in_crm=True)
    (code,) = decide_effect(effect("lead.customer"), known, NOW)
    (number,) = decide_effect(effect("lead.order"), known, NOW)
    assert isinstance(code.value, Command)
    assert isinstance(number.value, Command)
    assert code.value.lead is not None
    assert number.value.lead is not None
    assert (code.value.kind, code.value.lead.erp_customer_code) == ("lead.link", "N1")
    assert (number.value.kind, number.value.lead.erp_order_number) == ("lead.ordered", "N1")


def test_the_reconciler_is_told_the_crm_s_side_of_a_billable_lead() -> None:
    deal, owner = (one.value for one in state_records(lead()))
    assert isinstance(deal, Opportunity)
    assert (deal.id, deal.stage, deal.amount) == ("l1", "Closed Won", D("25.12"))
    assert isinstance(owner, Account)
    assert (owner.id, owner.name) == ("l1", "Ada")
    assert len(state_records(lead(of="a1"))) == 1
    assert state_records(lead(status="new")) == ()
