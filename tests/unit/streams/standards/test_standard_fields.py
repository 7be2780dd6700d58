"""A record's fields in standard form, and what it means when one cannot be."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.demo.catalogue import COUNTRIES
from ops.demo.people import account_row, make_account
from schemas.contracts.rules import code_list
from schemas.outcome import DeadLetter
from schemas.reasons import Reason
from schemas.records import (
    Account,
    Contact,
    Contract,
    Customer,
    Invoice,
    Lead,
    Opportunity,
    Order,
    Subscription,
    SupportCase,
)
from streams.decide import Facts, Known, Policy, complete
from streams.decide.account import decide_account
from streams.intake.standard import NotStandard, standard
from streams.standards import field_standards, refusal, standardise_fields, suggestion_of
from tests.unit.schemas.contracts.samples import sample

_ALL = (Account, Contact, Contract, Customer, Invoice, Lead, Opportunity, Order, Subscription, SupportCase)
MODELS = {model.__name__: model for model in _ALL}
WRITTEN = {
    "name": " Mu\u0308ller & Söhne ",
    "country": "Deutschland",
    "state": "NRW",
    "phone": "0221 5550101",
    "tax_id": "de 136.695.976",
    "currency": "eur",
    "domain": "https://www.Mueller.example/",
    "street": "Große Straße 1\n",
}
FORMS = {
    "name": "Müller & Söhne",
    "country": "DE",
    "state": "DE-NW",
    "phone": "+492215550101",
    "tax_id": "DE136695976",
    "currency": "EUR",
    "domain": "www.mueller.example",
    "street": "Große Straße 1",
}


def test_the_table_names_fields_that_the_records_have() -> None:
    for record, fields in field_standards().items():
        assert fields.keys() <= MODELS[record].model_fields.keys()
        for name, rule in fields.items():
            assert rule.refuse_in <= code_list("countries"), (record, name)


def test_an_account_takes_its_standard_form() -> None:
    assert standard("Account", "update", WRITTEN) == FORMS


@pytest.mark.parametrize(
    ("changed", "suggestion"),
    [
        ({"country": "Germoney"}, "country: DE"),
        ({"currency": "Euro"}, "currency: EUR"),
        ({"country": "US", "tax_id": None, "state": "Kalifornia"}, "state: US-CA"),
        ({"tax_id": "DE136695977"}, "tax_id: Ust ID Nr."),
    ],
)
def test_what_must_be_read_and_cannot_is_refused_with_the_nearest(changed: dict[str, Any], suggestion: str) -> None:
    with pytest.raises(NotStandard) as refused:
        standard("Account", "update", {**WRITTEN, **changed})
    assert refused.value.suggestion.startswith(suggestion)
    assert str(refused.value).startswith(f"Account: {suggestion.partition(':')[0]}: must be")
    assert "136695977" not in str(refused.value)


@pytest.mark.parametrize(
    "changed",
    [
        {"phone": "ask for Bob"},
        {"phone": "0221 5550101 ext. 7"},
        {"domain": "none"},
        {"state": "somewhere"},
        {"country": None, "state": "WA"},
    ],
)
def test_what_may_be_free_text_goes_on_as_it_is_written(changed: dict[str, Any]) -> None:
    done = standard("Account", "update", {**WRITTEN, **changed})
    assert {name: done[name] for name in changed} == changed


def test_a_deletion_and_the_erp_s_side_are_never_refused() -> None:
    assert standard("Account", "delete", {"country": "Germoney"}) == {"country": "Germoney"}
    odd = {"country": "Germoney", "tax_id": "DE1", "phone": "?", "postal_code": " 5 "}
    assert standard("Customer", "update", odd) == {**odd, "postal_code": "5"}


def test_both_sides_of_a_pair_are_read_alike() -> None:
    shared = {name: text for name, text in WRITTEN.items() if name in Customer.model_fields}
    assert standard("Customer", "update", shared) == {name: FORMS[name] for name in shared}


def test_a_state_that_comes_alone_is_read_by_the_country_that_is_known() -> None:
    known = sample(Account).model_copy(update={"country": "US", "state": None, "tax_id": None})
    meta = known.meta.model_copy(update={"operation": "patch", "version": known.meta.version + 1, "event_id": "e2"})
    patch = Account(meta=meta, id=known.id, state="Calif.")
    full = complete(patch, Known(known))
    assert full is not None
    assert full.event.model_dump()["state"] == "US-CA"


def test_the_demo_s_accounts_are_honest() -> None:
    random = Random(5)
    for number in range(10 * len(COUNTRIES)):
        account = make_account(random, f"acc-{number}", number)
        done = standardise_fields("Account", account_row(account))
        assert done.faults == ()
        assert done.values["phone"].startswith("+")
        assert done.values["phone"] == "+" + "".join(char for char in account.phone if char.isdecimal())


def test_a_state_that_its_country_does_not_have_is_a_letter_although_it_came_alone() -> None:
    account = sample(Account).model_copy(update={"country": "US", "state": "Kalifornia"})
    found = decide_account(account, Facts(customer_code="C1"), Policy(), account.meta.received_at)
    assert isinstance(found, DeadLetter)
    assert (found.reason, found.suggestion) == (Reason.CONTRACT_VIOLATION, "state: US-CA")


ANY = st.none() | st.integers() | st.text(max_size=20) | st.sampled_from(sorted(map(str, WRITTEN.values())))


@given(st.sampled_from(sorted(MODELS)), st.dictionaries(st.sampled_from(sorted(WRITTEN)), ANY))
def test_nothing_raises_and_a_second_time_changes_nothing(record: str, values: dict[str, Any]) -> None:
    once = standardise_fields(record, values)
    assert standardise_fields(record, once.values) == once
    assert once.values.keys() == values.keys()
    if once.faults:
        assert refusal(record, once.faults)
        assert isinstance(suggestion_of(once.faults), str)
