from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.intake.door.delivery import hubspot_delivery_id, standard_delivery_id, stripe_delivery_id
from streams.intake.door.signatures.verdict import Signed

EVENT = {"portalId": 1, "subscriptionId": 2, "eventId": 100, "objectId": 123, "occurredAt": 1772600767000}


def hubspot_id(events: Any, body: bytes | None = None) -> str | None:
    return hubspot_delivery_id(Signed((), json.dumps(events).encode() if body is None else body), events)


@given(st.permutations([{**EVENT, "eventId": number} for number in range(4)]), st.integers(0, 10))
def test_hubspots_retry_has_the_same_id_in_any_order(events: list[dict[str, Any]], attempt: int) -> None:
    first = [{**EVENT, "eventId": number, "attemptNumber": 0} for number in range(4)]
    assert hubspot_id([{**event, "attemptNumber": attempt} for event in events]) == hubspot_id(first)


@pytest.mark.parametrize("name", EVENT)
def test_hubspots_every_part_of_the_identity_counts(name: str) -> None:
    assert hubspot_id([EVENT]) != hubspot_id([{**EVENT, name: 7}])
    assert hubspot_id([EVENT]) != hubspot_id([EVENT, {**EVENT, name: 7}])


def test_hubspots_events_without_identity_are_never_taken_for_each_other() -> None:
    for one, other in [([{"a": 1}], [{"a": 2}]), ([{**EVENT, "eventId": None}], [{**EVENT, "eventId": None, "b": 1}])]:
        assert hubspot_id(one) != hubspot_id(other)
    assert hubspot_id([]) != hubspot_id({})


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5), st.binary())
def test_hubspots_id_is_always_usable(document: Any, body: bytes) -> None:
    assert re.fullmatch("hs[eb]-[0-9a-f]{64}", hubspot_id([document], body) or "")


@pytest.mark.parametrize("found", ["", "x" * 129, "a b", "a\x00", "é", "\ud800", None, 5, ["a"]])
def test_stripes_id_must_be_usable(found: Any) -> None:
    assert stripe_delivery_id(Signed((), b""), {"id": found}) is None
    assert stripe_delivery_id(Signed((), b""), [{"id": "evt_1"}]) is None
    assert stripe_delivery_id(Signed((), b""), {"id": "evt_1"}) == "evt_1"


def test_standards_id_is_its_header() -> None:
    assert standard_delivery_id(Signed([(b"webhook-id", b"msg_1")], b""), {}) == "msg_1"
    for bad in (b"", b"\xff", b"a b", b"x" * 129):
        assert standard_delivery_id(Signed([(b"webhook-id", bad)], b""), {}) is None
