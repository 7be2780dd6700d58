"""Faust's worker process, with what start-up made set aside from Python's garbage collector."""

from __future__ import annotations

import faust

from streams.transport.spared import spare_what_stays


class MeshWorker(faust.Worker):
    """`Worker=` of a MeshApp."""

    async def on_startup_finished(self) -> None:
        await super().on_startup_finished()
        spare_what_stays()
