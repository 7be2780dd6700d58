"""The ledger's judgement. A row is drawn as version:body:state."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import Command
from sinks.fingerprint import fingerprint
from sinks.ledger import Entry, Proceed, RowState, Settle, Told, weigh
from tests.contract.sink_examples import START, customer


def make(version: int, body: str) -> Command:
    return customer("a", version, city=body)


def row(drawn: str) -> Entry:
    version, body, state = drawn.split(":")
    command = make(int(version), body)
    outcome = {"applied": "applied", "stale": "stale"}.get(state)
    states: dict[str, RowState] = {"applied": "applied", "stale": "applied", "pending": "pending", "dead": "dead"}
    return Entry(
        command.command_id,
        command.version,
        command.sequence,
        fingerprint(command),
        states[state],
        1,
        1,
        START + timedelta(seconds=int(version)),
        outcome=outcome,  # type: ignore[arg-type]
        external_id="7",
    )


@pytest.mark.parametrize(
    ("rows", "version", "body", "verdict"),
    [
        ("", 1, "A", "proceed"),
        ("1:A:applied", 1, "A", "told"),  # the very command: its effect may not have been told
        ("1:A:applied", 2, "B", "proceed"),
        ("1:A:applied", 2, "A", "unchanged"),
        ("2:B:applied", 1, "A", "stale"),
        ("2:A:applied", 1, "A", "stale"),
        ("1:A:pending", 1, "A", "inherit"),  # a former worker called the target
        ("1:A:dead", 1, "A", "proceed"),  # a replayed letter
        ("1:A:dead 2:B:applied", 1, "A", "stale"),  # replayed after a newer one went through
        ("1:A:applied 2:B:dead", 3, "A", "proceed"),  # B may be there in part
        ("1:A:applied 2:B:pending", 3, "A", "proceed"),
        ("1:A:applied 2:A:dead", 2, "A", "proceed"),
        ("1:B:dead 2:A:applied", 3, "A", "unchanged"),  # A was written after B's failure
        ("2:A:applied 1:B:stale", 3, "A", "unchanged"),  # what was stale was not written
        ("2:B:applied 3:A:applied", 4, "A", "unchanged"),
        ("2:A:applied 3:B:applied", 4, "A", "proceed"),
    ],
)
def test_weigh(rows: str, version: int, body: str, verdict: str) -> None:
    command = make(version, body)
    match weigh(command, fingerprint(command), [row(drawn) for drawn in rows.split()]):
        case Told(entry):
            assert verdict == "told"
            assert entry.external_id == "7"
        case Settle(outcome, last):
            assert outcome == verdict
            assert last.external_id == "7"
        case Proceed(None):
            assert verdict == "proceed"
        case Proceed(since):
            assert verdict == "inherit"
            assert since == START + timedelta(seconds=1)


drawn_rows = st.builds(
    "{}:{}:{}".format,
    st.integers(1, 3),
    st.sampled_from("AB"),
    st.sampled_from(["applied", "stale", "pending", "dead"]),
)


@given(st.lists(drawn_rows, max_size=4, unique_by=lambda drawn: drawn[0]), st.integers(1, 3), st.sampled_from("AB"))
def test_a_repair_is_weighed_as_any_command_but_is_never_unchanged(drawn: list[str], version: int, body: str) -> None:
    rows = [row(one) for one in drawn]
    plain = make(version, body)
    for command in (plain, plain.model_copy(update={"command_id": "another"})):
        mark = fingerprint(command)
        repair = command.model_copy(update={"repair": "r1"})
        assert fingerprint(repair) == mark
        usual = weigh(command, mark, rows)
        unchanged = isinstance(usual, Settle) and usual.outcome == "unchanged"
        assert weigh(repair, mark, rows) == (Proceed() if unchanged else usual)
