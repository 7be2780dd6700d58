"""The way out: a librdkafka producer whose delivery reports are served on the event loop.

No thread of its own: while anything is unacknowledged the loop polls it every `TICK` seconds, and not at all when
nothing is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from streams.transport.errors import DeliveryFailed, OutputTooLarge
from streams.transport.types import Headers, Message

TICK = 0.001
Report = Callable[[Any, Message], None]


class Outlet:
    """Owns one producer. All methods are for the event loop's thread, except `renew` and what `report` callbacks do."""

    def __init__(
        self,
        make: Callable[[], Any],
        loop: asyncio.AbstractEventLoop,
        *,
        transactional: bool,
        patience: float,
        largest: int,
    ) -> None:
        self._make = make
        self.producer = make()
        self._produce = self.producer.produce
        self.transactional = transactional
        self.loop = loop
        self._patience = patience  #: seconds to wait for room in the queue
        self._largest = largest  #: bytes of one message
        self._ticking = False

    def produce(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        headers: Headers,
        timestamp_ms: int | None,
        report: Report | None,
    ) -> None:
        """Queue one message. Raises OutputTooLarge, or DeliveryFailed when the client refuses it for another reason."""
        if headers:  # without them the client itself does the sum
            self._check_size(topic, key, value, headers)
        while True:
            try:
                if partition is None and not headers and timestamp_ms is None:
                    self._produce(topic, value, key, -1, report)  # by far the most frequent: no keywords, no dict
                else:
                    place = -1 if partition is None else partition
                    self._produce(topic, value, key, place, report, timestamp=timestamp_ms or 0, headers=list(headers))
            except BufferError:
                self._wait_for_room()
            except KafkaException as exc:
                if exc.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE:
                    size = len(key or b"") + len(value or b"")
                    raise OutputTooLarge(topic, size, self._largest) from None
                raise DeliveryFailed(f"{topic} did not take a message: {exc.args[0].str()}") from exc
            else:
                return

    def _check_size(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        size = len(key or b"") + len(value or b"") + sum(len(name) + len(text or b"") for name, text in headers)
        if size > self._largest:
            raise OutputTooLarge(topic, size, self._largest)

    def renew(self) -> None:
        """Put a new producer in the place of the old one, which drops what it still had. No batch may be open."""
        old = self.producer
        self.producer = self._make()
        self._produce = self.producer.produce
        old.purge()
        old.flush(0)  # tells who waits that nothing will come

    def _wait_for_room(self) -> None:
        """Serve reports until a message has left the queue. Raises DeliveryFailed after the delivery timeout."""
        deadline = time.monotonic() + self._patience
        before = len(self.producer)
        while time.monotonic() < deadline:
            self.producer.poll(0.01)
            if not before or len(self.producer) < before:
                return
        raise DeliveryFailed(f"the producer's queue stayed full for {self._patience:g} s")

    def on_loop(self, report: Report) -> Report:
        """The same callback, safe to be called from the thread that commits transactions."""

        def posted(error: Any, message: Message) -> None:
            if not self.loop.is_closed():
                self.loop.call_soon_threadsafe(report, error, message)

        return posted

    def kick(self) -> None:
        """Serve delivery reports now, and again until none is missing."""
        if not self._ticking:
            self._ticking = True
            self._tick()

    def _tick(self) -> None:
        self.producer.poll(0)
        if len(self.producer):
            self.loop.call_later(TICK, self._tick)
        else:
            self._ticking = False

    async def flush(self) -> None:
        """Wait until everything sent is acknowledged. Raises DeliveryFailed after the delivery timeout."""
        left = await self.loop.run_in_executor(None, self.producer.flush, self._patience)
        if left:
            raise DeliveryFailed(f"{left} messages were not delivered within {self._patience:g} s")

    async def drain(self) -> None:
        """As `flush`, but with the reports served on the loop."""
        deadline = time.monotonic() + self._patience
        while len(self.producer):
            self.kick()
            if time.monotonic() > deadline:
                raise DeliveryFailed(f"{len(self.producer)} messages were not delivered within {self._patience:g} s")
            await asyncio.sleep(TICK)
