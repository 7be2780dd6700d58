"""One producer's transactions, by librdkafka's rules.

    error                          what it means                             what is done
    ────────────────────────────   ───────────────────────────────────────   ──────────────────────────────────────
    retriable                      the call did not get through yet          the same call again
    a time-out                     nobody knows whether it got through       a new producer; then `InDoubt`
    requires an abort              fenced offsets, a lost output, ...        abort; then `Undone`
    fatal, or anything else        another worker has our name, or worse     `TransactionFailed`: the worker stops

After a time-out the request may still be on its way, and could end a later transaction of the same producer, since
brokers know transactions apart only by their producer's epoch (KIP-890). A new producer has a new epoch, and opening it
makes the coordinator finish or undo what the old one left.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicPartition

from streams.transport.errors import TransactionFailed
from streams.transport.producing import Outlet

log = logging.getLogger("mesh.transport")

TIMED_OUT = frozenset({KafkaError._TIMED_OUT, KafkaError._TIMED_OUT_QUEUE, KafkaError.REQUEST_TIMED_OUT})
BETWEEN_TRIES = 0.1  #: seconds
OPENINGS = 3  #: times that a producer is opened before the worker stops


class Undone(Exception):
    """The transaction was aborted; its inputs can be read again. `ours`: something went wrong, and may again."""

    def __init__(self, why: str, *, ours: bool = True) -> None:
        super().__init__(why)
        self.ours = ours


class InDoubt(Exception):
    """The transaction was committed or not: the group's committed offsets tell."""


class Transactions:
    """Begins and ends transactions of the outlet's producer. Not for two threads."""

    def __init__(
        self,
        outlet: Outlet,
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
        event: Callable[[], threading.Event] = threading.Event,
    ) -> None:
        self._outlet = outlet
        self._timeout = timeout
        self._clock, self._event = clock, event

    def open(self) -> None:
        """Fence every other producer of this name, and have what it left settled. Raises TransactionFailed."""
        for left in reversed(range(OPENINGS)):
            try:
                return self._try(lambda producer: producer.init_transactions(self._timeout))
            except KafkaException as exc:
                error = exc.args[0]
                if error.fatal() or not left:
                    raise TransactionFailed(f"init_transactions: {error.str()}") from exc
                log.warning("transactions could not be opened, tried again: %s", error.str())
                self._outlet.renew()
        return None

    def begin(self) -> None:
        """Raises TransactionFailed."""
        try:
            self._outlet.producer.begin_transaction()
        except KafkaException as exc:
            raise TransactionFailed(f"begin_transaction: {exc.args[0].str()}") from exc

    def commit(self, offsets: list[TopicPartition], group: Any) -> None:
        """Commit with the offsets. Raises Undone, InDoubt, TransactionFailed."""
        self._end(lambda producer: producer.send_offsets_to_transaction(offsets, group, self._timeout))
        self._end(lambda producer: producer.commit_transaction(self._timeout))

    def abort(self) -> None:
        """Raises InDoubt (it is undone all the same, by the new producer), TransactionFailed."""
        self._end(lambda producer: producer.abort_transaction(self._timeout))

    def _end(self, call: Callable[[Any], None]) -> None:
        try:
            self._try(call)
        except KafkaException as exc:
            error = exc.args[0]
            if error.txn_requires_abort() and not error.fatal():
                self.abort()
                raise Undone(error.str()) from exc
            if error.fatal() or not (error.code() in TIMED_OUT or error.retriable()):
                text = f"transaction not committed, this worker must restart: {error.str()}"
                raise TransactionFailed(text) from exc
            self._outlet.renew()
            self.open()
            raise InDoubt(error.str()) from exc

    def _try(self, call: Callable[[Any], None]) -> None:
        """Repeat a call that did not get through, until the time is over. Raises KafkaException."""
        deadline = self._clock() + self._timeout
        while True:
            try:
                return call(self._outlet.producer)
            except KafkaException as exc:
                error = exc.args[0]
                again = error.retriable() and error.code() not in TIMED_OUT and not error.txn_requires_abort()
                if not again or error.fatal() or self._clock() > deadline:
                    raise
                self._event().wait(BETWEEN_TRIES)
