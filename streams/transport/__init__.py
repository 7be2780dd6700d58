"""The delivery layer: Faust agents on librdkafka, in batches, losing nothing.

It knows nothing of what travels. `Engine` is for asyncio loops, `MeshApp` for Faust agents; both hand out `Batch`es:

    app = MeshApp("group", broker="mesh://localhost:9092")

    @app.agent(app.topic("orders", "returns"), name="decide")
    async def decide(stream):
        async for batch in stream:
            for message in batch:
                batch.emit("decided", key=message.key(), value=message.value())
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
    Stalled,
    TransactionFailed,
    TransportError,
)
from streams.transport.options import EngineOptions
from streams.transport.types import TP, Headers, Message, Progress
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
    "Hooks",
    "MeshApp",
    "Message",
    "NotSupported",
    "Progress",
    "RecordTracker",
    "Stalled",
    "TransactionFailed",
    "TransportError",
    "Watermark",
    "current_batch",
]

# The entry point says the same; this works from a source tree that is not installed, too.
TRANSPORTS.aliases["mesh"] = "streams.transport.faust_transport:Transport"
