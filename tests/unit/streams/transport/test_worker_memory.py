"""A worker's process sets its start-up's objects aside; in a process of its own, as it cannot be undone."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import asyncio, gc, weakref
from streams.transport import MeshApp
from streams.transport.faust_worker import MeshWorker

class Loop:
    pass

app = MeshApp("group", broker="mesh://localhost:1")
worker = app.Worker(loglevel="warning", override_logging=False, redirect_stdouts=False, quiet=True)
assert isinstance(worker, MeshWorker)
assert gc.get_freeze_count() == 0
worker.spinner = None
garbage = Loop()
garbage.itself = garbage
gone = weakref.ref(garbage)
del garbage
asyncio.run(worker.on_startup_finished())
assert gone() is None, "garbage was kept"
assert gc.get_freeze_count() > 50_000, gc.get_freeze_count()
assert gc.isenabled()
later = Loop()
later.itself = later
gone = weakref.ref(later)
del later
for _ in range(100_000):
    kept = [[] for _ in range(3)]
    kept[0].append(kept)
assert gone() is None, "what is made later is not collected"
"""


def test_a_worker_collects_once_and_looks_no_more_at_what_stays() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
