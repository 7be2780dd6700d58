"""A log in memory with the part of confluent-kafka's interface that the engine uses: for tests of what stands on it.

    log = MemoryLog({"orders": 4, "out": 1})
    engine = Engine("", "group", consumer_factory=log.consumer, producer_factory=log.producer)

One consumer per group owns everything; `rebalance` takes partitions away and gives them back. `fail_next` makes the
next call of a name raise ("commit_transaction, done": after it has worked). Transactions become visible, with their
offsets and a marker, when they are committed. An expelled consumer is no member any more, though nobody told it. Not
simulated: several members, retention, time.
"""

from __future__ import annotations

from streams.transport.memory.consumer import MemoryConsumer
from streams.transport.memory.log import MemoryLog
from streams.transport.memory.message import MemoryMessage
from streams.transport.memory.producer import MemoryProducer

__all__ = ["MemoryConsumer", "MemoryLog", "MemoryMessage", "MemoryProducer"]
