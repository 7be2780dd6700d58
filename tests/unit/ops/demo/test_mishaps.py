from __future__ import annotations

from datetime import date

import pytest

from ops.books.balance import Books, Standing, State
from ops.demo.mishaps import alone
from ops.demo.plan import plan_day

PLAN = plan_day("r1", 12, 7, 20, 30, date(2026, 3, 2))
DEAL = PLAN.opportunities[PLAN.hand_changed]
CRM, ERP = "mesh.cdc.crm.sales.opportunities", "mesh.cdc.erp.sale"


def books(*rows: tuple[str, State, str, str, str]) -> Books:
    return Books(
        {
            event_id: Standing(event_id, state, topic, f"{topic}/0/1", "opportunity", key, label)
            for event_id, state, topic, key, label in rows
        }
    )


@pytest.mark.parametrize("key", [DEAL.id, DEAL.lines[0].id])
def test_a_placed_order_is_left_alone_when_the_crm_has_nothing_more_to_say(key: str) -> None:
    assert alone(PLAN, books(("e1", State.APPLIED, CRM, key, "")), ["e1"])


@pytest.mark.parametrize("placed", [[], ["e2"], ["e3"]])
def test_an_order_that_is_not_placed_is_waited_for(placed: list[str]) -> None:
    found = books(("e1", State.IN_FLIGHT, CRM, DEAL.id, "commanded"), ("e2", State.APPLIED, CRM, "another", ""))
    assert not alone(PLAN, found, placed)


@pytest.mark.parametrize(("topic", "label", "expected"), [(CRM, "undecided", False), (CRM, "commanded", True)])
def test_what_the_crm_said_must_be_decided_first(topic: str, label: str, expected: bool) -> None:
    placed = ("e1", State.APPLIED, CRM, DEAL.id, "")
    assert alone(PLAN, books(placed, ("e2", State.IN_FLIGHT, topic, "another", label)), ["e1"]) is expected


def test_the_erp_may_be_heard_later() -> None:
    placed = ("e1", State.APPLIED, CRM, DEAL.id, "")
    assert alone(PLAN, books(placed, ("e2", State.IN_FLIGHT, ERP, "another", "undecided")), ["e1"])
