"""The port of a worker: `/metrics`, `/healthz`, `/readyz`.

`/healthz` answers 200 while the worker is of use: 503 means restart it. `/readyz` answers 200 once it has its place.
Both say in plain text what is not so. The answers come from a thread of their own: also when the worker hangs.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

from streams.transport.types import Health

Probe = Callable[[], Health]
#: An event loop that has not turned for so many seconds is not alive.
STANDS_S = 30.0


class Probes:
    """What the parts of this process say of themselves. No part: alive, and not ready."""

    def __init__(self) -> None:
        self._probes: dict[str, Probe] = {}

    def add(self, name: str, probe: Probe) -> None:
        """A later probe of the same name replaces the first."""
        self._probes[name] = probe

    def ask(self) -> Health:
        """The worst of all answers. A probe that raises is an answer, too."""
        answers = {name: _answer(probe) for name, probe in list(self._probes.items())}
        alive = "; ".join(f"{name}: {health.alive}" for name, health in answers.items() if health.alive)
        ready = "; ".join(f"{name}: {health.ready}" for name, health in answers.items() if health.ready)
        return Health(alive, ready if answers else "starting")


def _answer(probe: Probe) -> Health:
    try:
        return probe()
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        return Health(why, why)


class LoopProbe:
    """An event loop that turns."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._beat = clock()

    async def keep_beating(self, every_s: float = 1.0) -> None:
        """For ever: a task of the loop that is watched."""
        while True:
            self.beat()
            await asyncio.sleep(every_s)

    def beat(self) -> None:
        self._beat = self._clock()

    def __call__(self) -> Health:
        stands = self._clock() - self._beat
        why = f"the event loop has not turned for {stands:.0f} s" if stands > STANDS_S else ""
        return Health(why, why)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Probes come every few seconds."""


def serve(port: int, probes: Probes, host: str = "127.0.0.1") -> WSGIServer:
    """Start answering, in threads. Port 0 takes a free one: see `server_port`. Raises OSError when it is taken."""
    metrics = make_wsgi_app()

    def answer(environ: Any, start: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"].rstrip("/")
        if path not in ("/healthz", "/readyz"):
            return metrics(environ, start)  # type: ignore[no-any-return]
        health = probes.ask()
        why = health.alive if path == "/healthz" else health.ready
        start("503 Service Unavailable" if why else "200 OK", [("Content-Type", "text/plain; charset=utf-8")])
        return [f"{why or 'ok'}\n".encode()]

    server = make_server(host, port, answer, _Server, _Quiet)
    threading.Thread(target=server.serve_forever, name="mesh-health", daemon=True).start()
    return server


#: Those of this process.
PROBES = Probes()
