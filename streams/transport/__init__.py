"""The delivery layer: Faust agents on librdkafka, in batches, losing nothing.

It knows nothing of what travels. `Engine` is for asyncio loops, `MeshApp` for Faust agents; both hand out `Batch`es:

    app = MeshApp("group", broker="mesh://localhost:9092")

    @app.agent(app.topic("orders", "returns"), name="decide")
    async def decide(stream):
        async for batch in stream:
            for message in batch:
                batch.emit("decided", key=message.key(), value=message.value())

What is guaranteed
- At least once: an offset is committed when everything before it is finished, and finished means that the agent came
  back for the next batch and the brokers have acknowledged every output. No gap, failure, rebalance, former ownership
  or concurrency moves it further. A worker that dies repeats what it finished since its last commit.
- Exactly once, from topic to topic: inputs' offsets and outputs are one Kafka transaction. Readers with
  `isolation.level=read_committed` see each output one time, through crashes, rebalances and zombies.
- Order: one batch of a partition is with an agent at a time, so the outputs of a key keep its order, also with
  `concurrency` above 1. (Not with `max_outstanding` above 1, nor for records completed one by one.)
- Waiting: a record that an agent cannot take yet is postponed (`batch.postpone`). What is before it is committed, what
  is behind it in its partition waits with it, other partitions go on; it is tried again for as long as it takes.
- Failing: what an agent raises, an output that is not delivered, a record that cannot be read, and a stall stop the
  worker with one line that says where, and an exit code that is not 0. Nothing of it is committed.
- Bounds: what is fetched and not finished, and what is sent and not acknowledged, are bounded in messages and bytes.

What is not
- Effects outside of Kafka (a call, a row in a database) are at least once: make them idempotent.
- `send` outside of a batch, as in a task or a timer, belongs to no transaction.
- Outputs of a repeated transaction may differ from those of the undone one, which no `read_committed` reader has seen.
- A record that makes the agent raise will make it raise again: catch what is the record's fault, and emit a letter.
- Tables, replies, leaders and operations on single records are refused with a sentence that says what to use.

Reading order: types, watermark, partition, batch (how work is finished); dispatch, consuming, rebalance, pressure (two
threads); at_least_once, exactly_once, transaction, pace (when it is committed); watchdog, health; faust_* (the bridge).
"""

from __future__ import annotations

from faust.transport.drivers import TRANSPORTS

from streams.transport.app import MeshApp
from streams.transport.batch import Batch, current_batch
from streams.transport.dispatch import Hooks
from streams.transport.engine import Engine
from streams.transport.errors import (
    AgentFailed,
    BatchClosed,
    ConsumptionFailed,
    DeliveryFailed,
    NotSupported,
    OutputTooLarge,
    Stalled,
    TransactionFailed,
    TransportError,
)
from streams.transport.options import EngineOptions
from streams.transport.types import TP, Headers, Health, Message, Progress, Waiting
from streams.transport.watermark import RecordTracker, Watermark

__all__ = [
    "TP",
    "AgentFailed",
    "Batch",
    "BatchClosed",
    "ConsumptionFailed",
    "DeliveryFailed",
    "Engine",
    "EngineOptions",
    "Headers",
    "Health",
    "Hooks",
    "MeshApp",
    "Message",
    "NotSupported",
    "OutputTooLarge",
    "Progress",
    "RecordTracker",
    "Stalled",
    "TransactionFailed",
    "TransportError",
    "Waiting",
    "Watermark",
    "current_batch",
]

# The entry point says the same; this works from a source tree that is not installed, too.
TRANSPORTS.aliases["mesh"] = "streams.transport.faust_transport:Transport"
