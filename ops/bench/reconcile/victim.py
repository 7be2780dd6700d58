"""The process that is killed: a reconciler over topics with a prefix, until its input ends.

python -m ops.bench.reconcile.victim <folder> <prefix>
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from reconciler.topics import ReconcilerTopics
from reconciler.worker import run_reconciler
from streams.runtime.logs import configure_logs
from streams.runtime.settings import load_settings


async def main(folder: str, prefix: str) -> None:
    """Runs until stdin is closed; then it stops as on SIGTERM."""
    stop = asyncio.Event()
    settings = load_settings()
    configure_logs("json", "warning")
    reading = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    reading.add_done_callback(lambda _: stop.set())
    await run_reconciler(settings, Path(folder), stop, ReconcilerTopics().prefixed(prefix))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
