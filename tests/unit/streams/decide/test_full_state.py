"""An event at full state: patches in any order over what is known, each field by the position it was told at."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.records import Account, Invoice, Order, Stamped
from streams.decide import Facts, Known, complete, is_stale, record_of
from streams.decide.touched import counterpart_key
from tests.unit.streams.decide.cases import account, deal, invoice, item, line
from tests.unit.streams.decide.test_conflict import order
from tests.unit.streams.decide.test_customer_decisions import customer
from tests.unit.streams.decide.test_other_decisions import effect

ONE, TWO, FOUR, SIX = (1, 0), (2, 0), (4, 0), (6, 0)


def patch(tick: int, sequence: int = 0, **fields: Any) -> Account:
    bare = account(tick, name=None, operation="patch", sequence=sequence).model_copy(update={"country": None})
    return bare.model_copy(update=fields)


def whole(tick: int, **fields: Any) -> Account:
    return account(tick).model_copy(update=fields)


def known(record: Stamped, **told: tuple[int, int]) -> Known:
    """`whole` stands for the last telling of the whole record."""
    return Known(record, told={name if name != "whole" else "": at for name, at in told.items()})


Told = dict[str, tuple[int, int]]
CASES: dict[str, tuple[Account, Known, dict[str, Any], Told]] = {
    "a patch over a record": (
        patch(4, phone="1"),
        known(whole(2)),
        {"phone": "1", "name": "Ada", "country": "DE", "version": 4, "operation": "update"},
        {"": TWO, "phone": FOUR},
    ),
    "a later patch of another field": (
        patch(6, city="Bonn"),
        known(whole(4, phone="1"), whole=TWO, phone=FOUR),
        {"phone": "1", "city": "Bonn", "version": 6},
        {"": TWO, "phone": FOUR, "city": SIX},
    ),
    "a later patch of the same field": (
        patch(6, phone="2"),
        known(whole(4, phone="1"), whole=TWO, phone=FOUR),
        {"phone": "2", "version": 6},
        {"": TWO, "phone": SIX},
    ),
    "an earlier patch of another field still counts": (
        patch(4, city="Bonn"),
        known(whole(6, phone="1"), whole=TWO, phone=SIX),
        {"phone": "1", "city": "Bonn", "version": 6},
        {"": TWO, "phone": SIX, "city": FOUR},
    ),
    "of an earlier patch only what is newer counts": (
        patch(4, city="Bonn", phone="2"),
        known(whole(6, phone="1"), whole=TWO, phone=SIX),
        {"phone": "1", "city": "Bonn", "version": 6},
        {"": TWO, "phone": SIX, "city": FOUR},
    ),
    "a patch again": (
        patch(4, phone="1"),
        known(whole(4, phone="1"), whole=TWO, phone=FOUR),
        {"phone": "1", "version": 4},
        {"": TWO, "phone": FOUR},
    ),
    "a patch of the same version, by its sequence": (
        patch(4, 7, phone="2"),
        known(whole(4, phone="1"), whole=TWO, phone=FOUR),
        {"phone": "2", "version": 4, "sequence": 7},
        {"": TWO, "phone": (4, 7)},
    ),
    "an earlier patch, of what has a sequence": (
        patch(4, 1, city="Bonn"),
        Known(account(6, sequence=2), told={"": (2, 0), "phone": (6, 2)}),
        {"city": "Bonn", "version": 6, "sequence": 2},
        {"": TWO, "phone": (6, 2), "city": (4, 1)},
    ),
    "a patch as old as the whole record": (
        patch(2, phone="1"),
        known(whole(2)),
        {"phone": "1", "version": 2},
        {"": TWO, "phone": TWO},
    ),
    "the whole record, later than the patches": (
        whole(6, phone="9"),
        known(whole(4, phone="1"), whole=TWO, phone=FOUR),
        {"phone": "9", "version": 6},
        {},
    ),
    "the whole record, earlier than a patch and later than another": (
        whole(4, phone="9", city="Ulm", street="Weg 1"),
        known(whole(6, phone="1", city="Bonn"), whole=ONE, phone=SIX, city=TWO),
        {"phone": "1", "city": "Ulm", "street": "Weg 1", "version": 6},
        {"": FOUR, "phone": SIX},
    ),
    "the whole record, told at the moment of a patch": (
        whole(4, phone=None),
        known(whole(4, phone="1"), whole=TWO, phone=FOUR),
        {"phone": None, "version": 4},
        {},
    ),
    "a country alone: the state is read again beside it": (
        patch(4, country="US"),
        known(whole(2, state="CA")),
        {"country": "US", "state": "US-CA", "version": 4},
        {"": TWO, "country": FOUR},
    ),
    "a state by its name": (
        patch(4, state="California"),
        known(whole(2, country="US")),
        {"country": "US", "state": "US-CA", "version": 4},
        {"": TWO, "state": FOUR},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_event_over_what_is_known(name: str) -> None:
    event, before, fields, told = CASES[name]
    full = complete(event, before)
    assert full is not None
    made = full.event.model_dump() | full.event.meta.model_dump()
    assert {field: made[field] for field in fields} == fields
    assert full.told == told
    assert (full.event.meta.event_id, full.event.meta.key) == (event.meta.event_id, "a1")


DELETED = account(6, operation="delete")
AS_IT_IS: dict[str, tuple[Stamped, Known | None]] = {
    "the first of its record": (account(4), None),
    "after a delete": (account(4), Known(account(2), deleted=True, told={"": TWO, "phone": SIX})),
    "a record that never came in parts": (account(4), known(account(2))),
    "a delete, of a record that came in parts": (DELETED, known(account(4), whole=TWO, phone=FOUR)),
    "a delete, older than a patch": (DELETED, known(account(8), whole=TWO, phone=(8, 0))),
    "a patch that is older than everything": (patch(1, phone="1"), known(account(2))),
    "a whole record that is older than everything": (
        whole(1, country=None, name=None),
        known(account(4), whole=TWO, phone=FOUR),
    ),
}


@pytest.mark.parametrize("name", AS_IT_IS)
def test_an_event_that_stays_as_it_is(name: str) -> None:
    event, before = AS_IT_IS[name]
    full = complete(event, before)
    assert full is not None
    assert full.event is event
    assert full.told == {}


@pytest.mark.parametrize(
    ("tick", "sequence", "stale"), [(1, 9, True), (2, 0, True), (2, 1, False), (2, 2, False), (3, 0, False)]
)
def test_what_is_older_than_what_is_known_is_stale(tick: int, sequence: int, stale: bool) -> None:
    event = account(tick, sequence=sequence)
    assert is_stale(event, Facts(known=Known(account(2, sequence=1)))) is stale
    assert is_stale(event, Facts()) is False


def test_a_field_that_was_told_alone_has_a_position_of_its_own() -> None:
    before = known(account(6), whole=TWO, phone=FOUR)
    assert (before.told_at("phone"), before.told_at("city"), before.told_at("")) == (FOUR, TWO, TWO)
    assert known(account(6)).told_at("city") == SIX


ORDER: Order = order("22", 30, "clerk")
INVOICE: Invoice = invoice()


@pytest.mark.parametrize(
    ("event", "other"),
    [
        (account(), ("erp", "customer", "a1")),
        (customer(), ("crm", "account", "a1")),
        (deal(), ("erp", "order", "d1")),
        (ORDER, ("crm", "opportunity", "d1")),
        (INVOICE, None),
        (item(line()), None),
    ],
    ids=lambda value: value.meta.entity if isinstance(value, Stamped) else "",
)
def test_which_record_it_is_on_the_other_side(event: Stamped, other: tuple[str, str, str] | None) -> None:
    assert counterpart_key(event) == other


@pytest.mark.parametrize(
    ("kind", "entity"),
    [
        ("customer.upsert", "account"),
        ("order.place", "opportunity"),
        ("invoice.post", "opportunity"),
        ("credit.grant", "case"),
        ("schedule.amend", "subscription"),
        ("lead.customer", "lead"),
        ("lead.order", "lead"),
        ("invoice.draft", None),
        ("refund.credit", None),
        ("account.link", None),
    ],
)
def test_which_record_of_the_crm_an_effect_is_of(kind: str, entity: str | None) -> None:
    assert record_of(effect(kind)) == (("crm", entity, "k1") if entity else None)


def test_a_record_whose_fields_have_no_standard_form_takes_a_patch_too() -> None:
    more = item(line(quantity="5"), tick=4, operation="patch")
    full = complete(more, Known(item(line())))
    assert full is not None
    assert full.event == more.model_copy(update={"meta": full.event.meta})
    assert full.told == {"": ONE, "opportunity_id": FOUR, "line": FOUR}
