"""From the engine to the agents' channels: one event per batch, past Faust's per-message path."""

from __future__ import annotations

from typing import Any

from faust.events import Event
from faust.transport.conductor import Conductor as FaustConductor
from faust.types import TP as FaustTP
from faust.types import ConsumerMessage

from streams.transport.batch import Batch
from streams.transport.errors import ConsumptionFailed


class Conductor(FaustConductor):
    """Knows which channels read a partition; that part is Faust's."""

    def deliver(self, batch: Batch) -> None:
        """Put the batch on every channel that reads its topic; it is done when all of them are."""
        tp = FaustTP(*batch.tp)
        channels: list[Any] = list(self._tp_index.get(tp, ()))
        if not channels:
            raise ConsumptionFailed(f"no agent reads {batch.tp}, though it is subscribed")
        batch.share(len(channels))
        message = ConsumerMessage(
            topic=tp.topic,
            partition=tp.partition,
            offset=batch.first_offset,
            timestamp=batch.messages[0].timestamp()[1] / 1000,
            timestamp_type=0,
            headers=None,
            key=None,
            value=batch,  # type: ignore[arg-type]
            checksum=None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )
        for channel in channels:
            channel.queue.force_put_nowait(Event(self.app, None, batch, None, message))
