"""The stream under an agent: its values are batches.

Faust acknowledges an event in a `finally`, so also when the agent's body raised. Here a batch is done only when the
agent comes back for the next one; a body that raises never does.
"""

from __future__ import annotations

import weakref
from collections.abc import AsyncGenerator
from typing import Any

import faust
from faust.streams import _current_event
from faust.types import EventT

from streams.transport.batch import Batch, current_batch
from streams.transport.refuse import PER_RECORD_OPERATIONS, refused


class BatchStream(faust.Stream[Any]):
    """`Stream=` of a MeshApp: `async for batch in stream`. In-memory channels give their values as ever."""

    def __aiter__(self) -> AsyncGenerator[Any, None]:
        iterator = self._batches()
        self._active_agens.add(iterator)
        return iterator

    async def _batches(self) -> AsyncGenerator[Any, None]:
        self._finalized = True
        started_here = await self.maybe_start()
        try:
            while not self.should_stop:
                event = await self.channel.__anext__()
                value = event.value if isinstance(event, EventT) else event
                if not isinstance(value, Batch):
                    yield value
                elif value.open:  # else its partition was taken away while it waited here
                    self._enter(event, value)
                    yield value
                    self._leave(value)
        except StopAsyncIteration:
            return  # the channel was closed; a generator may not let this pass
        finally:
            self._channel_stop_iteration(self.channel)
            if started_here:
                await self.stop()
                self.service_reset()

    def _enter(self, event: Any, batch: Batch) -> None:
        current_batch.set(batch)
        _current_event.set(weakref.ref(event))
        self.current_event = event

    def _leave(self, batch: Batch) -> None:
        self.current_event = None
        self.events_total += 1
        current_batch.set(None)
        batch.done()


for _name, _instead in PER_RECORD_OPERATIONS.items():
    setattr(BatchStream, _name, refused(f"stream.{_name}()", _instead))
