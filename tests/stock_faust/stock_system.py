"""Stock Faust behind the words of the promises: its own consumer, producer buffer, transaction manager and stream.

A program: prints the verdicts as JSON. It must not import anything of ours, which the test checks.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import faust
from aiokafka.errors import ProducerFenced
from faust.app.base import App
from faust.events import Event
from faust.transport.consumer import TransactionManager
from faust.transport.drivers.aiokafka import Consumer, Producer
from faust.transport.producer import ProducerBuffer
from faust.types import TP, ConsumerMessage, Message
from promises import System, check_all

IN = TP("in", 0)


def new_app() -> App:
    app = faust.App("group", broker="kafka://127.0.0.1:1", topic_disable_leader=True, web_enabled=False)
    app.finalize()
    return app


class Offline(Consumer):
    """Faust's consumer; only what would go to the broker is answered here."""

    stored: int | None = None
    accepted = True

    def assignment(self) -> set[TP]:
        return {IN}

    async def _commit(self, offsets: Any) -> bool:
        if self.accepted:
            self.stored = offsets[IN]
        return self.accepted


async def _nothing(*_: Any) -> None: ...


class Flushed:
    """A producer that has nothing to flush."""

    async def flush(self) -> None: ...


class StockBooks:
    def __init__(self) -> None:
        self.app = new_app()
        self.messages: dict[int, Message] = {}
        self.consumer = Offline(self.app.transport, self._callback, self._revoked, _nothing)
        self.consumer._active_partitions = {IN}
        self.app.producer = Flushed()
        self.app.topics._acking_topics.add("in")

    @property
    def stored(self) -> int | None:
        return self.consumer.stored

    async def _callback(self, message: Message) -> None:
        self.messages[message.offset] = message

    async def _revoked(self, _: Any) -> None:
        """What `App._on_partitions_revoked` does at this point with `stream_wait_empty`, its default."""
        await self.consumer.wait_empty()

    async def begin(self, committed: int | None) -> None:
        self.consumer._committed_offset[IN] = committed

    async def deliver(self, *offsets: int) -> None:
        """Through Faust's own loop, which looks for gaps."""

        class Fetcher:
            _stopped = asyncio.Event()

        async def getmany(timeout: float) -> Any:
            for offset in offsets:
                yield IN, message_at(offset)
            Fetcher._stopped.set()

        self.consumer.getmany = getmany
        await self.consumer._drain_messages(Fetcher())

    async def finish(self, *offsets: int) -> None:
        for offset in offsets:
            self.consumer.ack(self.messages[offset])

    async def commit(self, *, accepted: bool = True) -> None:
        self.consumer.accepted = accepted
        await self.consumer.commit()

    async def revoke(self) -> None:
        await self.consumer.on_partitions_revoked({IN})


def message_at(offset: int, generation: int = 0) -> Message:
    return ConsumerMessage("in", 0, offset, 0.0, 0, None, b"k", b"1", None, tp=IN, generation_id=generation)


class StockOutbox:
    def __init__(self) -> None:
        self.delivered = 0
        self.buffer = ProducerBuffer()
        self.buffer.app = new_app()

    async def send_soon(self, count: int, seconds_each: float) -> None:
        outbox = self

        class Slow:
            async def publish_message(self, _fut: Any, wait: bool) -> None:
                await asyncio.sleep(seconds_each)
                outbox.delivered += 1

        class Future:
            class message:
                channel = Slow()

        await self.buffer.start()
        for _ in range(count):
            self.buffer.put(Future())

    async def flush(self) -> None:
        await self.buffer.flush()


class StockTransactions:
    """The transaction manager, with a producer that notes the transactions it is given."""

    def __init__(self) -> None:
        self.app = new_app()
        self.sent: list[Any] = []
        self.committed: list[Any] = []

        class Noting:
            async def send(_, *args: Any, transactional_id: str | None = None) -> Any:
                self.sent.append(transactional_id)

            async def commit_transactions(_, offsets: Any, *args: Any, **options: Any) -> None:
                self.committed += list(offsets)

        class Places:
            def key_partition(_, topic: str, key: bytes, partition: int) -> int:
                return partition

        self.app.assignor.group_for_topic = lambda _: 0
        self.manager = TransactionManager(self.app.transport, consumer=Places(), producer=Noting())

    async def output_of(self, source_partition: int, output_partition: int) -> object:
        await self.manager.send("out", b"k", b"v", output_partition, None, None)
        return self.sent[-1]

    async def offset_of(self, source_partition: int) -> object:
        await self.manager.commit({TP("in", source_partition): 1})
        return self.committed[-1]

    async def commit_that_cannot_work(self) -> bool:
        """Another worker has taken the transaction's name: this one is fenced."""
        producer = self.manager.producer = Producer(self.app.transport)
        producer._transaction_producers["group-0-0"] = Fenced()
        producer._trn_locks["group-0-0"] = asyncio.Lock()
        producer._producer = Fenced()
        await producer.begin_transaction("group-0-0")
        return await self.manager.commit({IN: 1})


class Fenced:
    """The client's producer after another one has taken its name."""

    async def begin_transaction(self) -> None:
        raise ProducerFenced

    async def stop(self) -> None: ...


class StockStale:
    async def stale_then_live(self, stale: int, live: int) -> list[int]:
        app = new_app()
        consumer = Offline(app.transport, _nothing, _nothing, _nothing)
        app.consumer, app.consumer_generation_id = consumer, 2
        app.flow_control.resume()
        topic = app.topic("in", value_serializer="raw")
        app.topics._acking_topics.add("in")
        stream = topic.stream()
        iterator = aiter(stream)
        for offset, generation in ((stale, 1), (live, 2)):
            message = message_at(offset, generation)
            message.incref()
            stream.channel.queue.put_nowait(Event(app, b"k", b"1", None, message))
        await asyncio.wait_for(anext(iterator), 5)
        await iterator.aclose()
        return sorted(consumer._acked[IN])


STOCK = System(StockBooks, StockOutbox, StockTransactions, StockStale)


if __name__ == "__main__":
    found = asyncio.run(check_all(STOCK))
    found["ours"] = sorted(name for name in sys.modules if name.split(".")[0] in ("streams", "schemas"))
    sys.stdout.write(json.dumps(found) + "\n")
