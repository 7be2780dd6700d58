"""Faust's worker process, with what start-up made set aside from Python's garbage collector.

A worker has some 150,000 objects by then: modules, models, compiled code. They stay, and one look through all of them
stops every agent for 50 to 100 ms. Batches make objects by the ten thousand, so looks come often.
"""

from __future__ import annotations

import gc

import faust

#: Objects more than were freed, until the young ones are looked at: a few batches. Python's own number is 700.
YOUNG = 20_000


class MeshWorker(faust.Worker):
    """`Worker=` of a MeshApp."""

    async def on_startup_finished(self) -> None:
        await super().on_startup_finished()
        spare_what_stays()


def spare_what_stays() -> None:
    """Collect once, and never look at what is left again. Once per process, and only in one that is a worker's."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 50)
