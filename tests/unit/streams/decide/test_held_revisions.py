"""Revisions of a subscription that wait go to the ERP each, in their order; only a newer state of one ends another."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.outcome import DeadLetter, Forward, Hold
from schemas.reasons import Reason
from schemas.records import Subscription
from streams.decide import Policy, decide, is_stale
from streams.decide.facts import Facts, Known
from tests.unit.streams.agents.line import Line
from tests.unit.streams.decide.cases import NOW, account
from tests.unit.streams.decide.test_subscription_decisions import FIRST, MIDDLE, at, subscription

T0 = datetime(2026, 3, 10, tzinfo=UTC)


def revision(tick: int, number: int) -> Subscription:
    return subscription(tick, number, FIRST if number == 1 else MIDDLE)


def line(*revisions: tuple[int, int]) -> Line:
    """(tick, revision) in the order of their topic; the account comes when it is stepped."""
    told = [(revision(*one), None) for one in revisions]
    return Line({"subscription": list(told), "account": [(account(), None)]}, T0)


def sent(one: Line) -> list[tuple[int, int]]:
    """(revision, version) of what went to the ERP."""
    bodies = [(command.schedule, command.version) for command in one.commands("schedule.amend")]
    return [(body.revision, version) for body, version in bodies if body is not None]


def test_all_revisions_that_waited_for_their_account_go_on_in_order() -> None:
    one = line((1, 1), (2, 2), (3, 3))
    one.step("subscription", 3, "done")
    assert one.told == []
    one.settle()
    assert [number for number, _ in sent(one)] == [1, 2, 3]
    assert {row.state for row in one.store.holds.values()} == {"released"}


def test_a_newer_state_of_a_revision_takes_the_place_of_the_older_one_alone() -> None:
    one = line((1, 1), (2, 2), (3, 2))
    one.step("subscription", 3, "done")
    assert [told.command for told in one.told] == [None]  # the older state of revision 2 was skipped
    one.settle()
    first, third = revision(1, 1).meta.version, revision(3, 2).meta.version
    assert sent(one) == [(1, first), (2, third)]
    assert sorted(row.state for row in one.store.holds.values()) == ["released", "released", "superseded"]


def test_a_revision_that_comes_between_the_account_and_the_release_waits_behind_the_one_before() -> None:
    one = line((1, 1), (2, 2))
    one.step("subscription", 1, "done")
    one.step("account", 1, "done")
    one.step("subscription", 1, "done")
    assert sent(one) == []
    one.settle()
    assert [number for number, _ in sent(one)] == [1, 2]


FATES: Any = st.sampled_from(["done", "not committed", "nothing", "half sent", "sent"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["subscription", "account", "redrive"]), st.integers(1, 3), FATES),
        st.sampled_from(["release", "release half", "crash"]),
    ),
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_wherever_the_worker_is_cut_off_no_revision_is_lost(steps: list[Any]) -> None:
    one = line((1, 1), (2, 2), (3, 3), (4, 4))
    for step in steps:
        if step == "crash":
            one.crash()
        elif isinstance(step, str):
            one.release(closed=step == "release")
        else:
            one.step(*step)
    one.settle()
    assert {number for number, _ in sent(one)} == {1, 2, 3, 4}


def behind(**over: Any) -> Facts:
    return replace(at(), earlier_waits=True, **over)


def test_a_revision_does_not_overtake_one_that_is_on_hold() -> None:
    outcome = decide(revision(2, 2), behind(), Policy(), NOW)
    assert isinstance(outcome, Hold)
    assert outcome.waiting_for.key == "a1"
    assert "revision 2 of subscription s1 waits for the one before it" in outcome.detail
    assert isinstance(decide(revision(2, 2), at(), Policy(), NOW), Forward)


def test_it_becomes_a_letter_when_the_one_before_it_never_goes_on() -> None:
    outcome = decide(revision(2, 2), behind(held_since=NOW - timedelta(hours=48)), Policy(), NOW)
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason is Reason.HOLD_EXPIRED


@pytest.mark.parametrize(
    ("tick", "number", "waited", "stale"),
    [(1, 1, True, False), (1, 1, False, True), (1, 2, True, True), (2, 2, True, False), (3, 1, True, False)],
)
def test_only_an_earlier_revision_that_waited_is_as_good_as_new(
    tick: int, number: int, waited: bool, stale: bool
) -> None:
    known = Known(revision(2, 2))
    assert is_stale(revision(tick, number), Facts(known=known, held_since=NOW if waited else None)) is stale


def test_other_records_are_superseded_as_ever() -> None:
    old, new = account(), account().model_copy(update={"meta": account().meta.model_copy(update={"version": 10**9})})
    assert is_stale(old, Facts(known=Known(new), held_since=NOW))
