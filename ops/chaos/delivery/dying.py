"""Clients that kill their process at a given call: the transport of a worker with a crash point in its task.

They are the real ones; only their calls are counted. A death is SIGKILL: nothing is flushed, closed or said.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

import confluent_kafka
from confluent_kafka import KafkaError, KafkaException

from streams.transport.engine import Engine
from streams.transport.faust_transport import Transport

#: Calls that mostly bring nothing: only those that brought a message count.
_FETCHING = {"poll", "consume"}


class Countdown:
    """`crash`: client, method, when ("before" or "after" the call), nth; `commit`: how the first commit fails, if so.

    "refused": as when the broker refuses it, so that the transaction must be aborted. "in doubt": it goes through, and
    the answer is a time-out.
    """

    def __init__(self, crash: dict[str, Any]) -> None:
        self._place = (crash["client"], crash["method"], crash["when"])
        self._left = int(crash["nth"])
        self._commit = str(crash["commit"])

    def step(self, client: str, method: str, when: str) -> None:
        if (client, method, when) == self._place:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def call(self, method: str, function: Callable[[], Any]) -> Any:
        if method != "commit_transaction" or not self._commit:
            return function()
        failure, self._commit = self._commit, ""
        if failure == "refused":
            raise KafkaException(KafkaError(KafkaError.ILLEGAL_GENERATION, txn_requires_abort=True))
        function()
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, retriable=True))


class Counted:
    """A client whose every call is counted, before and after."""

    def __init__(self, real: Any, name: str, countdown: Countdown) -> None:
        self._real = real
        self._name = name
        self._countdown = countdown

    def __len__(self) -> int:
        return len(self._real)

    def __getattr__(self, method: str) -> Any:
        attribute = getattr(self._real, method)
        if not callable(attribute):
            return attribute
        counted = partial(self._call, method, attribute)
        setattr(self, method, counted)  # the next call finds it at once
        return counted

    def _call(self, method: str, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        if method == "subscribe":
            options = {name: self._heard(name, callback) for name, callback in options.items()}
        self._countdown.step(self._name, method, "before")
        result = self._countdown.call(method, partial(function, *args, **options))
        if method not in _FETCHING or self._name == "producer" or result:
            self._countdown.step(self._name, method, "after")
        return result

    def _heard(self, name: str, callback: Callable[..., Any]) -> Callable[..., Any]:
        def heard(*args: Any) -> Any:
            self._countdown.step(self._name, name, "before")
            result = callback(*args)
            self._countdown.step(self._name, name, "after")
            return result

        return heard


class DyingTransport(Transport):
    """The layer's transport, with counted clients in its engine."""

    @property
    def engine(self) -> Engine:
        if self._engine is None:
            countdown = Countdown(json.loads(os.environ["CHAOS_TASK"])["crash"])
            self._engine = Engine(
                self.bootstrap,
                self.app.conf.id,
                self.app.engine_options,  # type: ignore[attr-defined]
                consumer_factory=lambda config: Counted(confluent_kafka.Consumer(config), "consumer", countdown),
                producer_factory=lambda config: Counted(confluent_kafka.Producer(config), "producer", countdown),
            )
        return self._engine
