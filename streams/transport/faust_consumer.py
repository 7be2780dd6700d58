"""Faust's consumer on the engine: a bridge for rebalances and queries. Messages, acknowledgements and commits are not
Faust's any more.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import KafkaException, TopicPartition
from faust.transport.consumer import Consumer as FaustConsumer
from faust.types.tuples import TP as FaustTP
from mode import Service

from streams.transport.dispatch import Hooks
from streams.transport.engine import Engine
from streams.transport.refuse import TABLES_INSTEAD, refused
from streams.transport.types import TP

log = logging.getLogger("mesh.transport")


class Consumer(FaustConsumer):
    """Starts, stops and feeds the engine's consuming side."""

    @property
    def engine(self) -> Engine:
        return self.transport.engine  # type: ignore[attr-defined,no-any-return]

    # -- life

    async def on_start(self) -> None:
        self.engine.hooks = Hooks(
            on_batch=self.app.topics.deliver,  # type: ignore[attr-defined]
            on_assignment=self._on_assignment,
            on_revoked=self._on_revoked,
            on_failed=self.app.halt,  # type: ignore[attr-defined]
            reader=self.app.reader,  # type: ignore[attr-defined]
        )
        self.engine.start_producer()
        self.engine.start_consumer()

    async def subscribe(self, topics: Iterable[str]) -> None:
        self.engine.subscribe(topics)

    async def drain(self) -> None:
        """Let agents finish, and commit; they must still be running."""
        await self.engine.drain()

    async def on_stop(self) -> None:
        await self.engine.stop_consumer()

    async def wait_empty(self) -> None:
        await self.drain()

    # -- rebalances

    async def _on_assignment(self, tps: frozenset[TP]) -> None:
        """Faust wants the whole assignment, and an id that grows."""
        app = self.app
        if app.should_stop or self.should_stop:
            return
        app.on_rebalance_start()
        app.consumer_generation_id = generation = app.consumer_generation_id + 1
        await self.on_partitions_assigned({FaustTP(*tp) for tp in tps}, generation)

    async def _on_revoked(self, tps: frozenset[TP]) -> None:
        # Not app._on_partitions_revoked: it stops every partition and clears all queues.
        await self.app.on_partitions_revoked.send({FaustTP(*tp) for tp in tps})

    # -- what the engine does instead

    async def _drain_messages(self, fetcher: Any) -> None:
        await fetcher.wait()

    @Service.task
    async def _commit_handler(self) -> None:
        """The engine commits by itself."""

    @Service.task
    async def _commit_livelock_detector(self) -> None:
        """The engine has its own watchdog."""

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit what is finished, of all topics. False: nothing new, or the group refused for now."""
        try:
            return await self.engine.commit()
        except KafkaException as exc:
            log.info("commit refused, will be repeated: %s", exc.args[0].str())
            return False

    async def on_task_error(self, exc: BaseException) -> None:
        """Never commit because something failed."""

    async def perform_seek(self) -> None:
        """librdkafka starts at the committed offset by itself."""

    # -- queries

    def assignment(self) -> set[FaustTP]:
        return {FaustTP(*tp) for tp in self.engine.assignment}

    def highwater(self, tp: FaustTP) -> int:
        return next((p.highwater or 0 for p in self.engine.progress() if p.tp == tuple(tp)), 0)

    async def earliest_offsets(self, *tps: FaustTP) -> Mapping[FaustTP, int]:
        return {tp: (await self._ends(tp))[0] for tp in tps}

    async def highwaters(self, *tps: FaustTP) -> Mapping[FaustTP, int]:
        return {tp: (await self._ends(tp))[1] for tp in tps}

    async def _ends(self, tp: FaustTP) -> tuple[int, int]:
        return await self.engine.call(lambda consumer: consumer.get_watermark_offsets(TopicPartition(*tp), timeout=10))

    async def position(self, tp: FaustTP) -> int | None:
        return await self.engine.call(lambda consumer: consumer.position([TopicPartition(*tp)])[0].offset)

    def topic_partitions(self, topic: str) -> int | None:
        return None

    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int | None:
        return partition

    def _new_topicpartition(self, topic: str, partition: int) -> FaustTP:
        return FaustTP(topic, partition)

    def close(self) -> None:
        """The engine closes on its own thread."""

    async def create_topic(self, *args: Any, **options: Any) -> None:
        await self.app.producer.create_topic(*args, **options)

    _commit = _getmany = _seek = _to_message = seek_to_committed = seek_wait = seek_to_beginning = refused(
        "seeking and reading record by record, as tables do,", TABLES_INSTEAD
    )
