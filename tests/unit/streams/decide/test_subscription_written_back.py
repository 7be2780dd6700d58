"""Which revision the CRM is told that the ERP bills by, when the effect comes late."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.records import Command, Subscription
from streams.decide import Known, decide_effect
from tests.unit.streams.decide.cases import NOW
from tests.unit.streams.decide.test_other_decisions import effect
from tests.unit.streams.decide.test_subscription_decisions import subscription

ECHO = subscription(tick=9, actor="meshline")


def told(newest: Subscription, **known: Any) -> int | None:
    (record,) = decide_effect(effect("schedule.amend"), Known(newest, in_crm=True, **known), NOW)
    assert isinstance(record.value, Command)
    assert record.value.subscription is not None
    assert record.value.subscription.erp_subscription_number == "N1"
    return record.value.subscription.erp_revision


@pytest.mark.parametrize(
    ("newest", "event", "wanted"),
    [
        (subscription(tick=3), None, 2),
        (ECHO, "e", 2),  # our own write-back of the revision before came back meanwhile
        (ECHO, "another", None),  # another one was sent since: its own effect tells
        (subscription(tick=9, revision=3, status="paused"), "e", None),  # the next one is a letter
        (subscription(tick=9, operation="delete"), "e", None),
    ],
)
def test_the_revision_is_told_unless_a_newer_one_is_known(
    newest: Subscription, event: str | None, wanted: int | None
) -> None:
    deleted = newest.meta.operation == "delete"
    assert told(newest, fingerprint_event=event, deleted=deleted) == wanted
