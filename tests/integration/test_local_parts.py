"""The local parts as a person runs them: up, status, kill, up again, down, up again; and what comes out of capture."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import psutil
import psycopg
import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from tests.stack import Running, meshline


@pytest.fixture
def own(stack: Running) -> Running:
    """Parts that this run alone uses, so that a test may kill them."""
    if stack.how != "embedded" or "MESHLINE_HOME" in os.environ:
        pytest.skip("kills parts: only on a stack of the run's own")
    return stack


def _parts(home: Path, command: str) -> dict[str, Any]:
    done = meshline(home, command, "--json")
    return {part["part"]: part for part in json.loads(done.stdout)["parts"]}


def test_up_twice_starts_nothing_twice(stack: Running) -> None:
    if stack.how != "embedded":
        pytest.skip("the parts are somebody else's")
    before = _parts(stack.home, "status")
    again = _parts(stack.home, "up")
    assert {part["state"] for part in again.values()} == {"running"}
    assert {name: part["pid"] for name, part in again.items()} == {name: part["pid"] for name, part in before.items()}


def test_a_killed_registry_is_seen_and_alone_restarted_and_its_ids_survive(own: Running) -> None:
    subject, record = f"test.{uuid.uuid4().hex}", uuid.uuid4().hex
    schemas = [_schema(f"A{record}"), _schema(f"B{record}")]
    with SchemaRegistryClient({"url": own.settings.registry_url}) as client:
        first = client.register_schema(f"{subject}.a", schemas[0])
    before = _parts(own.home, "status")
    os.kill(before["registry"]["pid"], signal.SIGKILL)
    status = _settled(lambda: meshline(own.home, "status", "--json").stdout, lambda out: '"down"' in out)
    answers = {part["part"]: part["answers"] for part in json.loads(status)["parts"]}
    assert answers == {name: name != "registry" for name in before}

    after = _parts(own.home, "up")
    assert {name for name, part in after.items() if part["state"] == "started"} == {"registry"}
    assert after["registry"]["port"] == before["registry"]["port"]
    with SchemaRegistryClient({"url": own.settings.registry_url}) as fresh:  # the old one would answer from memory
        assert fresh.lookup_schema(f"{subject}.a", schemas[0]).schema_id == first
        assert fresh.register_schema(f"{subject}.b", schemas[1]) > first
    assert meshline(own.home, "status").returncode == 0


def test_data_and_addresses_survive_down_and_up(own: Running) -> None:
    account = f"test-{uuid.uuid4().hex}"
    environment = (own.home / "env").read_text()
    with psycopg.connect(own.settings.crm_url) as crm:
        crm.execute("insert into sales.accounts (id, name, currency) values (%s, 'Kept', 'EUR')", (account,))
    with _Captured(own, "accounts") as next_of:
        assert next_of(account)["after"]["name"] == "Kept"
    assert meshline(own.home, "down").returncode == 0
    assert meshline(own.home, "status").returncode == 1
    assert meshline(own.home, "up").returncode == 0
    assert (own.home / "env").read_text() == environment
    with psycopg.connect(own.settings.crm_url) as crm:
        assert crm.execute("delete from sales.accounts where id = %s", (account,)).rowcount == 1
    with _Captured(own, "accounts") as next_of:  # the topic still has what came before, and capture goes on
        assert [next_of(account)["op"] for _ in range(2)] == ["c", "d"]


def test_a_captured_row_keeps_decimals_times_nulls_and_its_end(stack: Running) -> None:
    account = f"test-{uuid.uuid4().hex}"
    with psycopg.connect(stack.settings.crm_url, autocommit=True) as crm:
        crm.execute(
            "insert into sales.opportunities (id, account_id, name, stage, currency, amount, close_date, updated_at) "
            "values (%s, 'A', 'Größe', 'Closed Won', 'EUR', -1234567890123456.78, '2026-02-28', "
            "'2026-01-02 03:04:05.678901+02')",
            (account,),
        )
        crm.execute("update sales.opportunities set invoice_status = 'sent' where id = %s", (account,))
        crm.execute("delete from sales.opportunities where id = %s", (account,))
    with _Captured(stack, "opportunities") as next_of:
        created, updated, deleted, tombstone = (next_of(account) for _ in range(4))
    row = created["after"]
    assert (created["op"], created["before"], row["name"]) == ("c", None, "Größe")
    assert row["amount"] == Decimal("-1234567890123456.78")
    assert row["close_date"] == dt.date(2026, 2, 28)
    assert row["updated_at"] == "2026-01-02T01:04:05.678901Z"
    assert row["invoice_status"] is None
    assert updated["before"]["invoice_status"] is None  # the whole row before, not only its key
    assert updated["before"]["amount"] == row["amount"]
    assert updated["after"]["invoice_status"] == "sent"
    assert updated["after"]["updated_at"] > row["updated_at"]  # the trigger's, as none was given
    assert (deleted["op"], deleted["after"], deleted["before"]["invoice_status"]) == ("d", None, "sent")
    assert tombstone is None


def test_the_write_back_role_may_write_back_and_nothing_else(stack: Running) -> None:
    if not stack.settings.crm_writeback_url:
        pytest.skip("no write-back role is given")
    with psycopg.connect(stack.settings.crm_writeback_url) as crm:
        crm.execute("update sales.accounts set payment_status = 'paid', updated_by = 'meshline' where id = 'nobody'")
        for refused in (
            "update sales.accounts set currency = 'XXX'",
            "update sales.opportunities set amount = 0",
            "delete from sales.accounts",
            "insert into sales.accounts (id, name, currency) values ('x', 'x', 'EUR')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), crm.transaction():
                crm.execute(refused)


def test_a_part_that_cannot_start_says_why_and_what_to_try(tmp_path: Path) -> None:
    broken = tmp_path / "home" / "data" / "postgres"
    broken.mkdir(parents=True, mode=0o700)
    (broken / "PG_VERSION").write_text("9.0\n")
    done = meshline(tmp_path / "home", "up", "postgres")
    assert done.returncode == 1
    assert "PostgreSQL" in done.stderr
    assert "postgresql.conf" in done.stderr  # the last lines of its log
    assert "Try:" in done.stderr
    assert "Traceback" not in done.stderr


def test_two_ups_at_once_start_one_part_and_wipe_forgets_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: meshline(home, "up", "postgres", "--json"), range(2)))
    parts = [json.loads(done.stdout)["parts"][0] for done in both]
    assert sorted(part["state"] for part in parts) == ["running", "started"]
    assert parts[0]["pid"] == parts[1]["pid"]
    assert (home / "env").stat().st_mode & 0o077 == 0
    assert meshline(home, "down", "--wipe").returncode == 0
    assert not home.exists()
    left = [one for one in psutil.process_iter() if one.pid == parts[0]["pid"]]
    # Where nobody waits for orphans the dead stay listed.
    assert all(one.status() == psutil.STATUS_ZOMBIE for one in left)


def _schema(name: str) -> Schema:
    return Schema(json.dumps({"type": "record", "name": name, "fields": []}), "AVRO")


T = TypeVar("T")


def _settled(read: Callable[[], T], done: Callable[[T], bool] = bool, seconds: float = 60) -> T:
    deadline = time.monotonic() + seconds
    while not done(value := read()):
        assert time.monotonic() < deadline, value
    return value


class _Captured:
    """The CDC topic of a table from its start: call it with an id for that row's next event, a tombstone is None."""

    def __init__(self, stack: Running, table: str) -> None:
        self._topic = f"mesh.cdc.crm.sales.{table}"
        self._registry = SchemaRegistryClient({"url": stack.settings.registry_url})
        self._decode = AvroDeserializer(self._registry)
        self._consumer = Consumer(
            {
                "bootstrap.servers": stack.settings.bootstrap,
                "group.id": f"test-{uuid.uuid4().hex}",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
            }
        )
        self._events: Iterator[tuple[str, Any]] = self._read()

    def __enter__(self) -> Callable[[str], Any]:
        # Capture makes the topic with the first row.
        partitions = _settled(
            lambda: self._consumer.list_topics(self._topic, timeout=10).topics[self._topic].partitions
        )
        self._consumer.assign([TopicPartition(self._topic, number, 0) for number in partitions])
        return lambda wanted: next(value for key, value in self._events if key == wanted)

    def __exit__(self, *_: object) -> None:
        self._consumer.close()
        self._registry.close()

    def _read(self) -> Iterator[tuple[str, Any]]:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            message = self._consumer.poll(0.2)
            if message is None or message.error():
                continue
            key = self._decode(message.key(), SerializationContext(self._topic, MessageField.KEY))
            value = message.value()
            yield key["id"], value and self._decode(value, SerializationContext(self._topic, MessageField.VALUE))
        raise AssertionError(f"nothing more on {self._topic}")
