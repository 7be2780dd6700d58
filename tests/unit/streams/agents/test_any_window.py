"""Batch mode at any time, with any windows, switched over and back, cut off anywhere: what is left is the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import Account, Stamped
from streams.rules import Rules, rules_of
from tests.unit.streams.agents.crm_days import T0, Crm, days, logs_of, meta
from tests.unit.streams.agents.line import Line
from tests.unit.streams.agents.test_any_order import FATES, TOPICS, TRANSACTION_FATES, arrivals, check
from tests.unit.streams.rules.rule_texts import row, rule, texts

Logs = dict[str, list[tuple[Stamped, datetime | None]]]
_TARGETS = st.sampled_from([frozenset[str](), frozenset({"erp"})])


def windows(seconds: int, when: str = "true") -> Rules:
    """Customers are gathered so long, always or only `when` the ERP is overloaded."""
    held = [{"facts": {"flow": "customer", "overloaded": True}, "value": f"{seconds}s"}]
    rest = [{"facts": {"flow": "terms"}, "value": "0s"}]
    rows = [row(when, f'duration("{seconds}s")', held), row("true", 'duration("0s")', rest)]
    return rules_of(texts(rule(*rows, decides="batch.window"), without="batch-windows"))


ALWAYS = {seconds: windows(seconds) for seconds in (7, 30, 90)}
BUSY = {seconds: windows(seconds, "overloaded") for seconds in (7, 30, 90)}
RULES = st.sampled_from([*ALWAYS.values(), *BUSY.values()])


def steps(fates: st.SearchStrategy[str]) -> st.SearchStrategy[list[tuple[str, Any]]]:
    return st.lists(
        st.one_of(
            st.tuples(st.just("step"), st.tuples(TOPICS, st.integers(1, 4), fates)),
            st.tuples(st.just("release"), st.booleans()),
            st.tuples(st.just("load"), _TARGETS),
            st.tuples(st.just("rules"), RULES),
        ),
        max_size=40,
    )


def play(line: Line, acts: list[tuple[str, Any]]) -> None:
    for act, given_ in acts:
        match act:
            case "step":
                line.step(*given_)
            case "release":
                line.release(closed=given_)
            case "load":
                line.overloaded = given_
            case _:
                line.rules = given_
    line.settle()


@settings(max_examples=100, deadline=None)
@given(st.data(), RULES, _TARGETS)
def test_what_is_left_in_the_erp_is_what_event_mode_leaves(
    data: st.DataObject, rules: Rules, overloaded: frozenset[str]
) -> None:
    crm = data.draw(days())
    logs: Logs = {name: [(event, None) for event in events] for name, events in data.draw(arrivals(crm)).items()}
    line = Line(logs, T0, rules=rules, overloaded=overloaded)
    play(line, data.draw(steps(FATES)))
    check(crm, line)
    assert not line.store.gathers(), "what waits for a window goes on when it is over"


@settings(max_examples=100, deadline=None)
@given(days(), RULES, _TARGETS, steps(TRANSACTION_FATES))
def test_the_same_where_transactions_are_undone_after_they_were_remembered(
    crm: Crm, rules: Rules, overloaded: frozenset[str], acts: list[tuple[str, Any]]
) -> None:
    logs: Logs = {name: [(event, None) for event in events] for name, events in logs_of(crm.events).items()}
    line = Line(logs, T0, True, rules=rules, overloaded=overloaded)
    play(line, acts)
    check(crm, line)


def renamed(*ticks: int) -> list[tuple[Stamped, datetime | None]]:
    accounts = [Account(meta=meta("account", "a1", "a1", tick), id="a1", name=f"Name {tick}") for tick in ticks]
    return [(account, None) for account in accounts]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=20), st.sampled_from(sorted(ALWAYS)))
def test_a_record_is_written_once_per_window_and_in_order(silences: list[int], width: int) -> None:
    """After its first state, which goes out at once. A silence is so many looks of the clock behind holds."""
    line = Line({"account": renamed(*range(1, len(silences) + 1))}, T0, rules=ALWAYS[width])
    for silence in silences:
        line.step("account", 1, "done")
        for _ in range(silence):
            line.release()
            line.step("redrive", 9, "done")
    line.settle()
    written = [(command.version, command.decided_at) for command in line.commands("customer.upsert")]
    assert written == sorted(written)
    assert written[0][0] == 1_000_000
    assert written[-1][0] == len(silences) * 1_000_000, "the newest state is written"
    apart = [late - early for (_, early), (_, late) in pairwise(written[1:])]
    assert all(gap >= timedelta(seconds=width - 10) for gap in apart), "10 s: from a window's end to the next look"


@pytest.mark.parametrize("width", [30, 90])
def test_a_record_that_changes_before_each_return_is_written_all_the_same(width: int) -> None:
    """The released state is old when it comes back: what took its place is not held for yet another window."""
    line = Line({"account": renamed(*range(1, 60))}, T0, rules=ALWAYS[width])
    for _ in range(59):
        line.release()
        line.step("account", 1, "done")
        line.step("redrive", 9, "done")
    passed = (line.now - T0).total_seconds()
    assert len(line.commands("customer.upsert")) > passed / (width + 30)
