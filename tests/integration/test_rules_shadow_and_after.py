"""What the forecast says of a candidate is what the decide agent does once it is live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from ops.access.people import Actor
from ops.access.roles import Role
from ops.rules.activate import Alone, Asked, activate
from ops.rules.forecast import forecast
from schemas import headers as names
from schemas.codec import Codec
from schemas.headers import header_text
from schemas.records import Stamped
from schemas.registry import MemoryRegistry
from schemas.topics import BY_NAME, CLEAN, COMMAND, DEAD_LETTER, SKIPPED
from streams.agents import DecideAgent
from streams.decide import Policy
from streams.publish import Publisher
from streams.rules import rules_of, shipped
from streams.rules.told import read_told
from streams.transport import TP, Batch
from tests.integration.operations import play
from tests.unit.ops.rules.test_forecast import DAY
from tests.unit.streams.decide.cases import NOW
from tests.unit.streams.rules.rule_texts import row, rule, texts

CODEC = Codec(MemoryRegistry())
TOPICS = {topic.record: topic for topic in CLEAN}
STRICT = texts(
    rule(
        row('currency == "EUR"', "500", [{"facts": {"currency": "EUR"}, "value": 500}]),
        row(examples=[{"facts": {"currency": "USD"}, "value": 2000}]),
    )
)
OFF = texts(
    rule(
        row('flow == "order"', "false", [{"facts": {"flow": "order"}, "value": False}]),
        row(value="true", examples=[{"facts": {"flow": "billing"}, "value": True}]),
        decides="flow",
    ),
    without="flows",
)


@dataclass
class Single:
    """A batch of one event."""

    event: Stamped
    number: int
    open: bool = True
    sent: list[tuple[str, str]] = field(default_factory=list)  #: topic, version of the set

    @property
    def tp(self) -> TP:
        return TP(TOPICS[type(self.event)].name, 0)

    @property
    def first_offset(self) -> int:
        return self.number

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[Single]:
        yield self

    def topic(self) -> str:
        return self.tp.topic

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.number

    def key(self) -> bytes:
        return self.event.meta.key.encode()

    def value(self) -> bytes:
        return CODEC.encode(BY_NAME[self.topic()], self.event)

    def headers(self) -> None:
        return None

    def timestamp(self) -> tuple[int, int]:
        return (1, 1000)

    def emit(self, topic: str, *, headers: Any, **_: Any) -> None:
        if told := read_told(header_text(headers, names.RULES)):
            self.sent.append((topic, told.version))

    async def flush(self) -> None:
        return None


def seen(batch: Single) -> str:
    """What came of the event, told from the topics alone."""
    topics = {topic for topic, _ in batch.sent}
    if topics & {topic.name for topic in COMMAND.values()}:
        return "goes on"
    for reason, topic in DEAD_LETTER.items():
        if topic.name in topics:
            return f"letter {reason.value}"
    return "skipped" if SKIPPED.name in topics else "waits"


@pytest.mark.parametrize("candidate", [STRICT, OFF])
def test_the_forecast_is_what_then_happens(operations_url: str, candidate: dict[str, str]) -> None:
    rules = rules_of(candidate)
    said = forecast(DAY, NOW, Policy(), rules)
    assert said.changes

    async def scene(engine: AsyncEngine) -> None:
        agent = DecideAgent(CODEC, engine, Policy(), lambda: NOW, Publisher(CODEC, "decide"), dict)
        asked = Asked(Actor("ann", Role.APPROVER, "cli"), "why not", said.plain())
        async with engine.begin() as connection:
            live = await activate(connection, candidate, asked, Alone(99, Decimal(10**9)), shipped(), NOW)
        assert live.waits == ""
        happened = {}
        for number, event in enumerate(DAY):
            batch = Single(event, number)
            await agent.run(cast("Batch", batch))
            assert {version for _, version in batch.sent} <= {rules.version}
            happened[event.meta.event_id] = seen(batch)
        for change in said.changes:
            assert change.after.startswith(happened[change.event_id])
        untouched = {event.meta.event_id for event in DAY} - {change.event_id for change in said.changes}
        usual = forecast(DAY, NOW, Policy(rules), shipped())  # the candidate decides, the shipped set is the candidate
        assert {change.event_id for change in usual.changes} == {change.event_id for change in said.changes}
        assert all(happened[event_id] in ("goes on", "skipped") for event_id in untouched)

    play(operations_url, scene)
