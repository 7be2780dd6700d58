"""Clients that count their calls: what they pass on, and when they would die."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import KafkaException

from ops.chaos.delivery.dying import Countdown, Counted


class Steps(Countdown):
    """Notes the steps instead of dying at one."""

    def __init__(self, commit: str = "") -> None:
        super().__init__({"client": "", "method": "", "when": "", "nth": 1, "commit": commit})
        self.seen: list[str] = []

    def step(self, client: str, method: str, when: str) -> None:
        self.seen.append(f"{when} {client}.{method}")


class Client:
    """A consumer and a producer in one."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.commits = 0
        self.callback: Callable[..., None] = lambda *_: None

    def poll(self, _timeout: float) -> str | None:
        return self.messages.pop() if self.messages else None

    def subscribe(self, _topics: list[str], *, on_assign: Callable[..., None]) -> None:
        self.callback = on_assign

    def commit_transaction(self) -> None:
        self.commits += 1

    def __len__(self) -> int:
        return 3


def test_calls_are_passed_on_and_counted_before_and_after() -> None:
    steps, client = Steps(), Client()
    counted: Any = Counted(client, "producer", steps)
    counted.commit_transaction()
    assert client.commits == 1
    assert len(counted) == 3
    assert steps.seen == ["before producer.commit_transaction", "after producer.commit_transaction"]


def test_a_poll_that_brought_nothing_does_not_count_as_fetched() -> None:
    steps, client = Steps(), Client()
    counted: Any = Counted(client, "consumer", steps)
    assert counted.poll(0) is None
    client.messages.append("m")
    assert counted.poll(0) == "m"
    assert steps.seen == ["before consumer.poll", "before consumer.poll", "after consumer.poll"]


def test_callbacks_of_a_rebalance_are_steps() -> None:
    steps, client, heard = Steps(), Client(), []
    counted: Any = Counted(client, "consumer", steps)
    counted.subscribe(["t"], on_assign=lambda *args: heard.append(args))
    client.callback("consumer", ["p"])
    assert heard == [("consumer", ["p"])]
    assert steps.seen[-2:] == ["before consumer.on_assign", "after consumer.on_assign"]


@pytest.mark.parametrize(("how", "went_through"), [("refused", 0), ("in doubt", 1)])
def test_the_first_commit_fails_as_told_and_the_next_does_not(how: str, went_through: int) -> None:
    client = Client()
    counted: Any = Counted(client, "producer", Steps(how))
    with pytest.raises(KafkaException) as raised:
        counted.commit_transaction()
    assert raised.value.args[0].txn_requires_abort() is (how == "refused")
    assert client.commits == went_through
    counted.commit_transaction()
    assert client.commits == went_through + 1
