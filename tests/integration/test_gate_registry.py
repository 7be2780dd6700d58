"""The gate against the registry that runs, and against what is really in a topic."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.gate.errors import SourceUnreadable
from schemas.gate.modes import Mode
from schemas.gate.online import OnlineRegistry
from tests.stack import ROOT, Running

AMOUNT = {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 2}
FIRST = {"type": "record", "name": "Order", "namespace": "shop", "fields": [{"name": "total", "type": AMOUNT}]}
RESCALED = json.loads(json.dumps(FIRST).replace('"scale": 2', '"scale": 4'))

Check = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def name(stack: Running) -> Iterator[str]:
    """A topic's name that nobody else has; its subject is removed afterwards."""
    name = f"gate-{uuid4().hex}"
    yield name
    with httpx.Client(base_url=stack.settings.registry_url, timeout=30) as client:
        client.delete(f"/subjects/{name}-value")
        client.delete(f"/subjects/{name}-value", params={"permanent": "true"})


@pytest.fixture
def check(stack: Running, tmp_path: Path, name: str) -> Check:
    def run(schema: Any, *arguments: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / f"{name}.avsc").write_text(json.dumps(schema), "utf-8")
        argv = [sys.executable, "-m", "ops.cli", "schemas", "check", "--schemas", str(tmp_path), "--format", "json"]
        environ = {**os.environ, **stack.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run([*argv, *arguments], env=environ, capture_output=True, text=True, check=False)

    return run


def registered(stack: Running, name: str, schema: Any, mode: Mode = Mode.FULL_TRANSITIVE) -> int:
    registry = OnlineRegistry(stack.settings.registry_url)
    try:
        registry.set_mode(f"{name}-value", mode)
        return registry.register(f"{name}-value", json.dumps(schema))
    finally:
        registry.close()


def test_the_registry_accepts_what_the_gate_stops(stack: Running, name: str, check: Check) -> None:
    registered(stack, name, FIRST)
    ran = check(RESCALED, "--registry", stack.settings.registry_url)
    assert ran.returncode == 100, ran.stderr
    (finding,) = json.loads(ran.stdout)["findings"]
    assert (finding["rule"], finding["subject"]) == ("ML011", f"{name}-value")
    assert "registered version 1" in finding["message"]
    assert check(FIRST, "--registry", stack.settings.registry_url).returncode == 0
    registered(stack, name, RESCALED)  # its own rules let it through


def test_a_mode_that_is_set_is_the_registrys(stack: Running, name: str) -> None:
    registered(stack, name, FIRST)
    with pytest.raises(SourceUnreadable, match="registering"):
        registered(stack, name, {**FIRST, "fields": [{"name": "other", "type": "int"}]})


@pytest.fixture
def topic(stack: Running, name: str) -> Iterator[str]:
    """A topic of that name, with one partition."""
    admin = AdminClient({"bootstrap.servers": stack.settings.bootstrap})
    admin.create_topics([NewTopic(name, 1, 1)])[name].result(30)
    yield name
    admin.delete_topics([name])[name].result(30)


def test_what_is_in_a_topic_must_be_read_by_todays_reader(stack: Running, name: str, topic: str, check: Check) -> None:
    schema_id = registered(stack, name, FIRST)
    producer = Producer({"bootstrap.servers": stack.settings.bootstrap})
    for body in (b"no schema id", b"\x00" + schema_id.to_bytes(4, "big") + b"\x06\x01\xe2\x40"):
        producer.produce(topic, body)
    assert producer.flush(30) == 0
    ran = check(FIRST, "--topic", name)
    assert ran.returncode == 0, ran.stderr
    assert str(schema_id) in ran.stderr
    ran = check(RESCALED, "--topic", name)
    assert ran.returncode == 100, ran.stderr
    (finding,) = json.loads(ran.stdout)["findings"]
    assert finding["rule"] == "ML011"
    assert f"schema id {schema_id}" in finding["message"]


def test_a_registry_that_does_not_answer_ends_with_a_sentence(check: Check) -> None:
    ran = check(FIRST, "--registry", "http://127.0.0.1:9")
    assert ran.returncode == 1
    assert "the schema registry" in ran.stderr
    assert "Traceback" not in ran.stderr
