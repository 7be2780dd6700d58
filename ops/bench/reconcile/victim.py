"""Processes that are killed: reconcilers over topics with a prefix, each a fork of one that has loaded everything.

python -m ops.bench.reconcile.victim <prefix>

A line with a folder on its input starts a reconciler over that folder; its pid is the answer. SIGTERM stops one as in
the worker. When the input ends, so does the last of them.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from reconciler.topics import ReconcilerTopics
from reconciler.worker import run_reconciler
from streams.runtime.logs import configure_logs
from streams.runtime.settings import load_settings


def main(prefix: str) -> None:
    """Until the input ends. Nothing here has a thread or a connection: a fork would not have them."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # what has ended is gone, without being waited for
    pid = 0
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _live(Path(line.strip()), prefix)
        print(pid, flush=True)  # noqa: T201 - read by the campaign
    if pid:
        with suppress(ProcessLookupError):  # as it should be
            os.kill(pid, signal.SIGKILL)


def _live(folder: Path, prefix: str) -> None:
    code = 1
    try:
        os.close(0)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        configure_logs("json", "warning")
        asyncio.run(_reconcile(folder, prefix))
        code = 0
    finally:
        os._exit(code)


async def _reconcile(folder: Path, prefix: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await run_reconciler(load_settings(), folder, stop, ReconcilerTopics().prefixed(prefix))


if __name__ == "__main__":
    main(sys.argv[1])
