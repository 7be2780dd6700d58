"""What breaks its contract is a letter that names field, rule and owner; it is not forwarded, and stops nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from schemas import headers as names
from schemas.codec import Codec, ContractViolation
from schemas.headers import header_text
from schemas.outcome import DeadLetter, Forward
from schemas.reasons import Reason
from schemas.records import Account
from schemas.registry import MemoryRegistry
from schemas.topics import CDC, CRM_ACCOUNT, CRM_OPPORTUNITY, DEAD_LETTER
from streams.agents import NormaliseAgent
from streams.decide import Policy, decide
from streams.decide.facts import Facts
from streams.intake.normalise import Arrival
from streams.publish import Publisher
from tests.unit.schemas.contracts.samples import sample

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TEXTS = ("id", "name", "country", "currency", "email", "account_id", "stage")
ROW = {
    "type": "record",
    "name": "Value",
    "fields": [
        *({"name": name, "type": ["null", "string"], "default": None} for name in TEXTS),
        {"name": "line_count", "type": "long", "default": 0},
        {
            "name": "amount",
            "type": ["null", {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 2}],
            "default": None,
        },
    ],
}
SOURCE = {"type": "record", "name": "Source", "fields": [{"name": "ts_us", "type": "long"}]}
ENVELOPE: dict[str, Any] = {
    "type": "record",
    "name": "Envelope",
    "fields": [{"name": "after", "type": ROW}, {"name": "op", "type": "string"}, {"name": "source", "type": SOURCE}],
}


@dataclass
class Message:
    """A record of the CRM's database, as a broker gives it."""

    name: str
    data: bytes
    number: int = 0

    def topic(self) -> str:
        return self.name

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.number

    def timestamp(self) -> tuple[int, int]:
        return (1, 1_760_000_000_000)

    def key(self) -> bytes:
        return b"key"

    def value(self) -> bytes:
        return self.data

    def headers(self) -> None:
        return None


@dataclass
class FakeBatch:
    """As much of a batch as the agent uses."""

    messages: list[Message]
    emitted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def tp(self) -> Any:
        return type("TP", (), {"topic": self.messages[0].name, "partition": 0})

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def __len__(self) -> int:
        return len(self.messages)

    def emit(self, topic: str, **record: Any) -> None:
        self.emitted.append((topic, record))


def run(table: str, *rows: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """What the agent emits for rows of a table."""
    codec = Codec(MemoryRegistry())
    write = codec.writer("raw-value", ENVELOPE)
    data = [write({"after": row, "op": "u", "source": {"ts_us": 1_760_000_000_000_000}}) for row in rows]
    batch: Any = FakeBatch([Message(CDC[table].name, value, number) for number, value in enumerate(data)])
    asyncio.run(NormaliseAgent(codec, lambda: NOW, Publisher(codec, "normalise")).run(batch))
    found: list[tuple[str, dict[str, Any]]] = batch.emitted
    return found


GOOD = {"id": "ACC-1", "name": "Müller & Söhne", "country": "DE", "currency": "EUR"}
LETTER = DEAD_LETTER[Reason.CONTRACT_VIOLATION].name


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (
            {"country": "Germoney"},
            "country: must be a country, best as its ISO 3166-1 alpha-2 code [standard] (is 'Germoney')",
        ),
        ({"currency": "EURO"}, "currency: must be an ISO 4217 currency code [standard] (is 'EURO')"),
        (
            {"name": "Zq7" * 60},
            "name: must have 1 to 128 characters, has 180 [length] (is <person_name, 180 characters>)",
        ),
        ({"name": "  "}, "name: must not be blank [not_blank] (is <person_name, empty>)"),
        ({"email": "Zq7\x00"}, "email: must not hold U+0000 [storable] (is <email, 4 characters>)"),
        ({"id": "A" * 129}, "key: String should have at most 128 characters [string_too_long]"),
        ({"id": ""}, "key: String should have at least 1 character [string_too_short]"),
    ],
)
def test_an_account_that_breaks_its_contract_is_a_letter_and_the_next_goes_on(
    broken: dict[str, Any], words: str
) -> None:
    (first, letter), (second, _) = run("accounts", {**GOOD, **broken}, GOOD)
    assert (first, second) == (LETTER, CRM_ACCOUNT.name)
    detail = header_text(letter["headers"], names.DETAIL)
    assert words in detail
    assert "Zq7" not in detail
    if "id" not in broken:
        assert detail.endswith(", owner revenue-operations")


def test_money_that_its_currency_does_not_have_is_a_letter() -> None:
    deal = {"id": "OPP-1", "account_id": "ACC-1", "stage": "Closed Won", "currency": "JPY", "amount": Decimal("10.50")}
    ((topic, letter),) = run("opportunities", deal)
    assert topic == LETTER
    assert "amount: must be in whole minor units of JPY" in header_text(letter["headers"], names.DETAIL)
    ((topic, _),) = run("opportunities", deal | {"currency": "EUR"})
    assert topic == CRM_OPPORTUNITY.name


def test_a_command_that_no_contract_allows_is_a_letter_not_a_stopped_worker() -> None:
    account = sample(Account)
    facts = Facts(customer_code="MC-000042")
    assert isinstance(decide(account, facts, Policy(), NOW), Forward)
    outcome = decide(account.model_copy(update={"name": "x" * 129}), facts, Policy(), NOW)
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason is Reason.CONTRACT_VIOLATION
    assert "<person_name, 129 characters>" in outcome.detail
    outcome = decide(account.model_copy(update={"city": "a\x00"}), facts, Policy(), NOW)
    assert isinstance(outcome, DeadLetter)
    assert "customer.city: must not hold U+0000" in outcome.detail


@pytest.mark.parametrize("key", ["", "x" * 129])
def test_an_envelope_that_cannot_be_is_a_violation(key: str) -> None:
    arrival = Arrival("mesh/0/1", NOW)
    with pytest.raises(ContractViolation, match="Envelope: key: "):
        arrival.envelope(
            source="poll:erp",
            side="erp",
            entity="order",
            key=key,
            account_id="a",
            operation="update",
            occurred_at=NOW,
        )
