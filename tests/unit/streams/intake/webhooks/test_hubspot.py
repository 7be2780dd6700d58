from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stamping import found_in

from schemas.codec import ContractViolation
from schemas.records import Account
from streams.intake.standard import NotStandard
from streams.intake.webhooks import Unhandled
from streams.intake.webhooks.hubspot import PROPERTIES

T = 1_772_600_767_123
EVENT = {
    "eventId": 100,
    "subscriptionId": 2,
    "portalId": 1,
    "occurredAt": T,
    "subscriptionType": "company.propertyChange",
    "attemptNumber": 0,
    "objectId": 123,
    "changeSource": "CRM",
    "propertyName": "city",
    "propertyValue": "Brno",
}


def written(name: str, number: int) -> str:
    """Some value of a property, in its standard form."""
    return ("DE", "FR", "NL", "GB", "JP", "CH")[number] if name == "country" else f"{number}"


def one(**changed: Any) -> Any:
    (found,) = found_in("hubspot", [{**EVENT, **changed}])
    return found


@pytest.mark.parametrize(("theirs", "ours"), PROPERTIES.items())
def test_a_property_is_a_patch_with_just_that_field(theirs: str, ours: str) -> None:
    account = one(propertyName=theirs, propertyValue=written(theirs, 1))
    assert isinstance(account, Account)
    told = account.model_dump(exclude={"meta", "id"}, exclude_none=True)
    assert told == {ours: written(theirs, 1)}
    meta = account.meta
    assert (account.id, meta.key, meta.account_id, meta.operation) == ("hs-123", "hs-123", "hs-123", "patch")
    assert meta.occurred_at == datetime(2026, 3, 4, 5, 6, 7, 123_000, UTC)
    assert meta.actor == "CRM"


def test_an_emptied_property_is_told_as_empty_but_a_name_cannot_be() -> None:
    for empty in ("", None):
        assert one(propertyValue=empty).city == ""
        found = one(propertyName="name", propertyValue=empty)
        assert isinstance(found, ContractViolation)
        assert "event 0" in str(found)


def test_creation_is_a_patch_without_fields_and_deletion_a_delete() -> None:
    created, deleted = one(subscriptionType="company.creation"), one(subscriptionType="company.deletion")
    assert (created.meta.operation, created.city) == ("patch", None)
    assert (deleted.meta.operation, deleted.name) == ("delete", None)


def test_the_newer_subscriptions_name_the_object_by_its_type() -> None:
    assert isinstance(one(subscriptionType="object.propertyChange", objectTypeId="0-2"), Account)
    assert isinstance(one(subscriptionType="object.propertyChange", objectTypeId="0-3"), Unhandled)
    assert isinstance(one(subscriptionType="object.propertyChange"), Unhandled)


@pytest.mark.parametrize(
    "changed",
    [
        {"subscriptionType": "deal.propertyChange", "propertyName": "amount"},
        {"subscriptionType": "deal.creation"},
        {"subscriptionType": "contact.propertyChange"},
        {"subscriptionType": "company.merge"},
        {"propertyName": "industry"},
    ],
)
def test_what_no_flow_takes_is_named(changed: dict[str, Any]) -> None:
    found = one(**changed)
    assert isinstance(found, Unhandled)
    assert found.kind == changed.get("subscriptionType", EVENT["subscriptionType"])
    assert found.why


def test_a_country_that_nobody_knows_stops_no_other_event_of_the_delivery() -> None:
    bad = {**EVENT, "propertyName": "country", "propertyValue": "Germoney"}
    refused, sound = found_in("hubspot", [bad, {**EVENT, "objectId": 7}])
    assert isinstance(refused, NotStandard)
    assert refused.suggestion.startswith("country: DE")
    assert isinstance(sound, Account)


@given(st.permutations(["name", "city", "zip", "phone"]))
def test_one_moment_of_one_company_is_one_patch(names: list[str]) -> None:
    events = [{**EVENT, "propertyName": name, "propertyValue": name} for name in names]
    (account,) = found_in("hubspot", events)
    assert isinstance(account, Account)
    told = account.model_dump(exclude={"meta", "id"}, exclude_none=True)
    assert told == {"name": "name", "city": "city", "postal_code": "zip", "phone": "phone"}


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 5), st.sampled_from(sorted(PROPERTIES))), max_size=20))
def test_within_a_delivery_changes_come_oldest_first(steps: list[tuple[int, int, str]]) -> None:
    events = [
        {
            **EVENT,
            "objectId": number,
            "occurredAt": T + later,
            "propertyName": name,
            "propertyValue": written(name, later),
        }
        for number, later, name in steps
    ]
    found = found_in("hubspot", events)
    accounts = [account for account in found if isinstance(account, Account)]
    assert len(accounts) == len(found)
    versions = [account.meta.version for account in accounts]
    assert versions == sorted(versions)
    assert len({(account.id, account.meta.version) for account in accounts}) == len(accounts)
    assert [account.meta.event_id for account in accounts] == [f"event-{n + 1}" for n in range(len(accounts))]
    told = {
        (account.id, name, value)
        for account in accounts
        for name, value in account.model_dump(exclude={"meta", "id"}, exclude_none=True).items()
    }
    assert told == {(f"hs-{number}", PROPERTIES[name], written(name, later)) for number, later, name in steps}


@pytest.mark.parametrize(
    "bad",
    [
        {"objectId": None},
        {"objectId": True},
        {"objectId": -1},
        {"objectId": 2**70},
        {"objectId": "12"},
        {"occurredAt": None},
        {"occurredAt": 1.5},
        {"occurredAt": -1},
        {"occurredAt": 10**20},
        {"subscriptionType": None},
        {"propertyName": None},
        {"propertyValue": 5},
        {"propertyValue": "a\x00"},
        {"sourceId": "\ud800"},
    ],
)
def test_a_bad_event_does_not_take_the_others_with_it(bad: dict[str, Any]) -> None:
    good, violation = found_in("hubspot", [{**EVENT, **bad}, EVENT])
    assert isinstance(good, Account)
    assert isinstance(violation, ContractViolation)
    assert str(violation).startswith("event 0: ")
    assert str(violation).isprintable()


def test_a_body_that_is_no_array_is_a_violation() -> None:
    with pytest.raises(ContractViolation, match="array"):
        found_in("hubspot", EVENT)
