"""The real registry behind a gate that closes: known schemas go on, unknown ones wait until it opens again."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from schemas.codec import Codec, Undecodable
from schemas.records import Account
from schemas.registry import ConfluentRegistry, RegistryUnavailable
from schemas.topics import CRM_ACCOUNT
from streams.runtime.settings import Settings
from tests.integration.tcp_gate import TcpGate, gate_before
from tests.unit.schemas.examples import example


def wire(schema_id: int, number: int) -> bytes:
    """A record of one number, below 64."""
    return b"\x00" + schema_id.to_bytes(4, "big") + bytes([2 * number])


@pytest.fixture
def gate(stack_settings: Settings) -> Iterator[TcpGate]:
    address = urlsplit(stack_settings.registry_url)
    with gate_before(str(address.hostname), int(address.port or 80)) as found:
        yield found


@pytest.fixture
def registry(stack_settings: Settings, gate: TcpGate) -> Iterator[ConfluentRegistry]:
    path = urlsplit(stack_settings.registry_url).path
    found = ConfluentRegistry(f"http://127.0.0.1:{gate.port}{path}", timeout_s=5.0)
    yield found
    found.close()


@pytest.fixture
def schema_id(stack_settings: Settings) -> Iterator[tuple[int, str]]:
    """A schema that the registry has and nobody asked it for; its field has a name of its own."""
    subject = f"tests.gate.{uuid.uuid4().hex[:8]}"
    field = f"f{uuid.uuid4().hex[:8]}"
    schema: dict[str, Any] = {"type": "record", "name": "Gate", "fields": [{"name": field, "type": "long"}]}
    direct = ConfluentRegistry(stack_settings.registry_url)
    yield direct.register(subject, schema), field
    direct.close()
    base = stack_settings.registry_url
    for query in ("", "?permanent=true"):
        httpx.delete(f"{base}/subjects/{subject}{query}")


def test_what_was_told_once_is_not_asked_again(
    registry: ConfluentRegistry, gate: TcpGate, schema_id: tuple[int, str]
) -> None:
    codec = Codec(registry)
    known = codec.encode(CRM_ACCOUNT, example(Account))
    assert codec.read(known, Account) == example(Account)
    gate.close()
    assert codec.read(known, Account) == example(Account)
    assert codec.encode(CRM_ACCOUNT, example(Account)) == known
    with pytest.raises(RegistryUnavailable):
        codec.decode(wire(schema_id[0], 42))


def test_an_id_that_the_real_registry_does_not_have_is_undecodable(registry: ConfluentRegistry) -> None:
    with pytest.raises(Undecodable, match="schema id 2147480000 is not in the registry"):
        Codec(registry).decode(b"\x00" + (2147480000).to_bytes(4, "big") + b"\x02")


def test_a_json_schema_in_the_real_registry_makes_its_records_undecodable(
    stack_settings: Settings, registry: ConfluentRegistry
) -> None:
    subject = f"tests.gate.{uuid.uuid4().hex[:8]}"
    base = stack_settings.registry_url
    foreign = {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "title": subject}
    body = {"schemaType": "JSON", "schema": json.dumps(foreign)}
    kind = {"Content-Type": "application/vnd.schemaregistry.v1+json"}
    try:
        found = httpx.post(f"{base}/subjects/{subject}/versions", json=body, headers=kind).json()["id"]
        with pytest.raises(Undecodable, match=f"schema id {found} is not Avro but JSON"):
            Codec(registry).decode(b"\x00" + found.to_bytes(4, "big") + b"{}")
    finally:
        for query in ("", "?permanent=true"):
            httpx.delete(f"{base}/subjects/{subject}{query}")
