"""What start-up made is set aside from Python's garbage collector.

A worker has some 150,000 objects by then: modules, models, compiled code. They stay, and one look through all of them
stops it for 50 to 100 ms. Batches make objects by the ten thousand, so looks come often.
"""

from __future__ import annotations

import gc

#: Objects more than were freed, until the young ones are looked at: a few batches. Python's own number is 700.
YOUNG = 20_000


def spare_what_stays() -> None:
    """Collect once, and never look at what is left again. Once per process, and only in one that is a worker's."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 50)
