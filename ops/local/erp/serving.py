"""How the ERP's web server runs: the configuration of its gunicorn, read by the ERP's own Python.

The ERP is loaded once, before its processes are made: they start in no time and share its memory. What is loaded by
then lives for ever, so the garbage collector is told to leave it alone, and to look less often: a tenth of the
processor time of an order went into looking through it.
"""

from __future__ import annotations

import gc
from typing import Any

workers = 2  # its Python works on one request at a time, and an order is many
worker_class = "gthread"
threads = 8
preload_app = True
graceful_timeout = 10
control_socket_disable = True
loglevel = "warning"


def when_ready(server: Any) -> None:
    """Before the processes are made."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
