"""New billing waits while a billing hold is raised; everything else goes through."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from cases import NOW, account, deal, invoice, item, line

from ops.reconcile.repair import as_never_sent
from schemas.outcome import DeadLetter, Forward, Hold, Skip, WaitKind
from schemas.reasons import Reason
from schemas.records import Stamped
from streams.decide import Facts, Known, Policy, decide
from streams.decide.facts import BillingStop
from streams.facts import View

STOP = BillingStop("drift-share", "drift", NOW - timedelta(hours=1), whole_line=True)
OPEN = Facts(account=Known(account()), customer_code="C-1")
HELD = replace(OPEN, billing_stop=STOP)
POLICY = Policy()


def test_an_order_waits_and_goes_when_the_hold_is_gone() -> None:
    won = deal(line(), inside=True)
    assert isinstance(decide(won, OPEN, POLICY, NOW), Forward)
    held = decide(won, HELD, POLICY, NOW)
    assert isinstance(held, Hold)
    assert (held.waiting_for.kind, held.waiting_for.key) == (WaitKind.BILLING, "drift-share")
    assert held.reason is Reason.HOLD_EXPIRED
    assert held.detail == "new billing of all accounts is held (drift, since 2026-03-10 11:00 UTC)"
    assert decide(won, replace(HELD, held_since=held.until - timedelta(hours=1)), POLICY, NOW) == replace(
        held, until=held.until + (held.until - timedelta(hours=1) - NOW)
    ), "it waits from when it was first held"


def test_it_does_not_wait_for_ever() -> None:
    won = deal(line(), inside=True)
    late = decide(won, replace(HELD, held_since=NOW - timedelta(days=30)), POLICY, NOW)
    assert isinstance(late, DeadLetter)
    assert (late.reason, "meshline drift release" in late.suggestion) == (Reason.HOLD_EXPIRED, True)


def test_what_would_be_a_letter_is_one_at_once() -> None:
    dear = deal(line(discount="90"), inside=True)
    assert decide(dear, HELD, POLICY, NOW) == decide(dear, OPEN, POLICY, NOW)
    assert isinstance(decide(dear, HELD, POLICY, NOW), DeadLetter)


@pytest.mark.parametrize(
    "event", [account(tick=2), deal(line(), inside=True, stage="Prospecting"), invoice(), item(line())]
)
def test_what_bills_nobody_does_not_wait(event: Stamped) -> None:
    known = replace(OPEN, opportunity=Known(deal(line()), in_crm=True), account=Known(account(), in_crm=True))
    open_, held = decide(event, known, POLICY, NOW), decide(event, replace(known, billing_stop=STOP), POLICY, NOW)
    if event.meta.entity == "line_item":  # it makes the order be decided again: that bills
        assert isinstance(open_, Forward | Skip)
    else:
        assert held == open_


def test_a_line_that_completes_the_order_waits_too() -> None:
    held = line()
    facts = replace(OPEN, opportunity=Known(deal(held)), lines=(item(held),))
    assert isinstance(decide(item(held, tick=2), facts, POLICY, NOW), Forward)
    assert isinstance(decide(item(held, tick=2), replace(facts, billing_stop=STOP), POLICY, NOW), Hold)


def test_a_repair_does_not_wait() -> None:
    assert isinstance(decide(deal(line(), inside=True), as_never_sent(HELD), POLICY, NOW), Forward)


def _row(hold_id: str, **over: Any) -> Any:
    values = {"hold_id": hold_id, "reason": "r", "raised_at": NOW, "whole_line": False, "account_id": "a1", "key": ""}
    return SimpleNamespace(**(values | over))


@pytest.mark.parametrize(
    ("rows", "stopped_by"),
    [
        ([], None),
        ([_row("bx", account_id="a2", key="d9")], None),
        ([_row("bx", key="d9")], "bx"),
        ([_row("people-a1")], "people-a1"),
        ([_row("drift-share", whole_line=True, account_id=""), _row("bx", key="d9")], "drift-share"),
        ([_row("bx", key="d1")], None),  # its own case
        ([_row("bx", key="d9"), _row("by", key="d1")], None),  # both have cases: they do not wait for each other
        ([_row("by", key="d1"), _row("people-a1")], "people-a1"),
        ([_row("drift-share", whole_line=True, account_id=""), _row("by", key="d1")], "drift-share"),
    ],
)
def test_which_hold_stops_a_record(rows: list[Any], stopped_by: str | None) -> None:
    view = View(stops=rows)
    for event in (deal(line()), item(line())):
        stop = view.facts_for(event, None).billing_stop
        assert (stop.hold_id if stop else None) == stopped_by
