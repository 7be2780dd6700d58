"""The engine's options, and the librdkafka configuration they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Guarantee = Literal["at-least-once", "exactly-once"]

RETRY_MS = 5


@dataclass(frozen=True, kw_only=True)
class EngineOptions:
    """Times are seconds. `consumer` and `producer` are librdkafka properties that win over ours (SASL, TLS, ...)."""

    delivery: Guarantee = "at-least-once"
    #: The largest batch. Small batches come by themselves when little is there: nobody waits for a batch to fill.
    batch_size: int = 2000
    #: Exactly-once: the most messages in one transaction. Slow agents get fewer: see `cycle_time`.
    cycle_size: int = 10_000
    #: Exactly-once: how long agents should work on one transaction; the size of the next one follows from it.
    cycle_time: float = 1.0
    #: Batches of one partition that may be unfinished at once. More than 1 gives up order under concurrency.
    max_outstanding: int = 1
    #: After the first message more are waited for, so long: fewer transactions, each of more messages. It is a floor
    #: of latency; 0 hands over at once what is there.
    linger: float = 0.0
    #: Bounds of what is fetched and not finished, shared out evenly between the assigned partitions.
    buffer_messages: int = 40_000
    buffer_bytes: int = 64 * 1024 * 1024
    #: How long one poll of an idle line may last; also how long a command to the consumer may wait.
    poll_timeout: float = 0.05
    #: A full partition is waited for this long before it is paused and its neighbours go on.
    pause_after: float = 0.25
    commit_interval: float = 0.25
    #: How long a stop or a rebalance waits for what is unfinished.
    drain_timeout: float = 20.0
    #: Lag and no progress for this long is `Stalled`; 0 turns the watchdog off. An engine that cannot even stop after
    #: that (its event loop is stuck) ends the process with exit code 70.
    stall_timeout: float = 0.0
    #: Larger outputs are refused by `emit` with `OutputTooLarge`, before anything is sent. Not above the topics'
    #: `max.message.bytes`, or the broker refuses them, and then the worker must stop.
    max_message_bytes: int = 1_000_000
    #: Exactly-once: the name under which a restarted worker fences its predecessor. One per running worker.
    transactional_id: str | None = None
    #: The broker aborts a transaction that takes longer, and fences the worker: agents must be quicker.
    transaction_timeout: float = 60.0
    #: Transactions in a row that may be aborted and repeated before the worker stops.
    transaction_attempts: int = 5
    #: Static membership: a restart within `session.timeout.ms` moves no partitions.
    group_instance_id: str | None = None
    consumer: Mapping[str, Any] = field(default_factory=dict)
    producer: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.exactly_once and not self.transactional_id:
            raise ValueError(
                "exactly-once delivery needs a transactional_id: a name that only this worker has, and keeps over "
                "restarts, so that a new instance can fence the old one"
            )
        if min(self.batch_size, self.cycle_size, self.max_outstanding, self.buffer_messages, self.buffer_bytes) < 1:
            raise ValueError("sizes and bounds must be at least 1")

    @property
    def exactly_once(self) -> bool:
        return self.delivery == "exactly-once"

    def consumer_config(self, bootstrap: str, group: str) -> dict[str, Any]:
        """Offsets are ours alone to commit; partitions move one by one; what a transaction aborted is not read."""
        config: dict[str, Any] = {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "partition.assignment.strategy": "cooperative-sticky",
            "isolation.level": "read_committed",
            # librdkafka's defaults wait a second before it fetches on after its queue was full
            "fetch.queue.backoff.ms": 5,
            "queued.min.messages": 50_000,
            "fetch.wait.max.ms": 100,
            # the end of a partition is told: behind the last message may be markers, which are never delivered
            "enable.partition.eof": True,
        }
        if self.group_instance_id:
            config["group.instance.id"] = self.group_instance_id
        return {**config, **self.consumer}

    def plain_producer_config(self, bootstrap: str) -> dict[str, Any]:
        """Idempotent, acknowledged by all in-sync replicas, and partitioned as Java's clients do."""
        return {
            "bootstrap.servers": bootstrap,
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": 2,
            "partitioner": "murmur2_random",
            "queue.buffering.max.messages": 1_000_000,
            "queue.buffering.max.kbytes": 131_072,
            "message.max.bytes": self.max_message_bytes,
            "delivery.timeout.ms": 60_000,
            **self.producer,
        }

    def transactional_producer_config(self, bootstrap: str) -> dict[str, Any]:
        """The same in transactions. librdkafka refuses a delivery timeout above that of the transaction."""
        timeout = int(self.transaction_timeout * 1000)
        config = self.plain_producer_config(bootstrap)
        config["transactional.id"] = self.transactional_id
        config["transaction.timeout.ms"] = timeout
        # The broker still writes the last transaction's markers when the next one begins, and answers "concurrent": the
        # client asks again after this time, by default after 100 ms, in which the line stands.
        config.setdefault("retry.backoff.ms", RETRY_MS)
        config["delivery.timeout.ms"] = min(timeout, int(config["delivery.timeout.ms"]))
        return config
