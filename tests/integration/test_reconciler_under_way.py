"""What is under way accounts for a drift: running replays, parked events, commands that are not begun."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from reconciler.explanations.operations import OperationsExplanations
from reconciler.rows import Subject
from streams.runtime.database import driver_url
from streams.runtime.tables import effects, records

NOW = datetime.now(UTC)


@pytest.fixture
def engine(operations_url: str) -> Any:
    found = create_engine(driver_url(operations_url))
    yield found
    found.dispose()


def put(engine: Engine, table: str, **values: Any) -> None:
    """A row; what is not given is as little as its column takes."""
    with engine.begin() as connection:
        query = "select column_name, data_type, is_nullable from information_schema.columns where table_name = :t"
        schema = connection.execute(text("select current_schema()")).scalar_one()
        for name, kind, nullable in connection.execute(
            text(f"{query} and table_schema = :s"), {"t": table, "s": schema}
        ):
            if name not in values and nullable == "NO":
                empty = {"jsonb": "{}", "boolean": False, "bytea": b"", "timestamp with time zone": NOW, "text": ""}
                values[name] = empty.get(kind, 0)
        names = ", ".join(f":{name}" for name in values)
        connection.execute(text(f"insert into {table} ({', '.join(values)}) values ({names})"), values)


def known(engine: Engine, *subjects: Subject) -> dict[Subject, str]:
    found = OperationsExplanations(engine).of(subjects)
    assert found is not None
    return {subject: one.reference for subject, one in found.items()}


DEAL, ACCOUNT = Subject("opportunity", "O1"), Subject("account", "A1")


def test_a_running_replay_accounts_for_its_record_and_an_ended_one_does_not(engine: Engine) -> None:
    put(engine, "replay_jobs", job_id="job-1", state="running")
    put(engine, "replay_items", job_id="job-1", place=1, letter_id="l1", record="opportunity/O1", state="sent")
    put(engine, "replay_items", job_id="job-1", place=2, letter_id="l2", record="account/A1", state="applied")
    assert known(engine, DEAL, ACCOUNT) == {DEAL: "replay:job-1 sent"}
    with engine.begin() as connection:
        connection.execute(text("update replay_jobs set state = 'stopped'"))
    assert known(engine, DEAL, ACCOUNT) == {}


def test_a_parked_event_accounts_for_its_record_and_a_line_s_for_its_deal(engine: Engine) -> None:
    put(engine, "parked_events", event_id="e1", entity="account", key="A1", block_id="b1", state="waiting", place=1)
    line = {"entity": "line_item", "key": "L1", "parent": "O1", "block_id": "b2", "place": 2}
    put(engine, "parked_events", event_id="e2", state="sent", **line)
    put(engine, "parked_events", event_id="e3", entity="account", key="A2", block_id="b3", state="done", place=3)
    other = Subject("account", "A2")
    wanted = {ACCOUNT: "parked:b1 behind this letter", DEAL: "parked:b2 behind this letter"}
    assert known(engine, DEAL, ACCOUNT, other) == wanted


@pytest.mark.parametrize(
    ("begun", "forwarded", "age", "explained"),
    [
        (None, "e1", timedelta(0), True),
        (6, "e1", timedelta(0), True),  # an earlier version's
        (7, "e1", timedelta(0), False),
        (8, "e1", timedelta(0), False),
        (None, "e0", timedelta(0), False),  # nothing was forwarded for the newest version
        (None, None, timedelta(0), False),
        (None, "e1", timedelta(hours=2), False),  # it may be lost: people are told
    ],
)
def test_a_command_that_is_not_begun_accounts_for_a_while(
    engine: Engine, begun: int | None, forwarded: str | None, age: timedelta, explained: bool
) -> None:
    row = {"side": "crm", "entity": "opportunity", "key": "O1", "version": 7, "event_id": "e1"}
    put(engine, records.name, **row, fingerprint="f", fingerprint_event=forwarded, updated_at=NOW - age)
    if begun is not None:
        row = {"target": "erp", "kind": "order.place", "key": "O1", "version": begun, "command_id": "c"}
        put(engine, effects.name, **row, state="applied")
    assert known(engine, DEAL) == ({DEAL: "command:O1 order.place"} if explained else {})
