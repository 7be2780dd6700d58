"""A small proxy between the sinks and the ERP, to make the ERP's bad days happen on purpose.

`away`: connections are closed without an answer for a while. `late`: the next calls of a method reach the ERP and
are applied, but their answers come later than the sink is willing to wait.
"""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar

import httpx

_DROPPED = frozenset({"connection", "transfer-encoding", "content-encoding", "content-length", "keep-alive", "host"})


class ErpProxy:
    """Listens on a free port of this machine while entered."""

    def __init__(self, target: str) -> None:
        self._target = target.rstrip("/")
        self._http = httpx.Client(timeout=60, trust_env=False, limits=httpx.Limits(max_connections=64))
        self._lock = threading.Lock()
        self._away_until = 0.0
        self._late: tuple[bytes, float] = (b"", 0.0)
        self._late_left = 0
        self.refused = 0  #: calls that found nobody
        self.delayed = 0  #: calls that were applied and answered too late
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> ErpProxy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._http.close()

    def away(self, seconds: float) -> None:
        """Nobody answers for so long."""
        with self._lock:
            self._away_until = time.monotonic() + seconds

    def late(self, method: str, calls: int, seconds: float) -> None:
        """The next `calls` of a method are applied at once and answered after `seconds`."""
        with self._lock:
            self._late, self._late_left = (f'"{method}"'.encode(), seconds), calls

    def is_away(self) -> bool:
        with self._lock:
            away = time.monotonic() < self._away_until
            self.refused += away
            return away

    def delay_for(self, body: bytes) -> float:
        with self._lock:
            method, seconds = self._late
            if not self._late_left or method not in body:
                return 0
            self._late_left -= 1
            self.delayed += 1
            return seconds

    def forward(self, path: str, headers: dict[str, str], body: bytes) -> httpx.Response:
        return self._http.post(f"{self._target}{path}", content=body, headers=headers)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sink that was killed leaves broken connections: nothing to tell."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    owner: ClassVar[Any]

    def do_POST(self) -> None:
        proxy: ErpProxy = self.owner
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if proxy.is_away():
            self.close_connection = True  # closed without an answer, as a machine that is gone
            return
        delay = proxy.delay_for(body)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _DROPPED}
        try:
            answer = proxy.forward(self.path, headers, body)
            if delay:
                time.sleep(delay)  # this is the trouble itself: the answer is late
            self._answer(answer)
        except (httpx.HTTPError, OSError):
            self.close_connection = True  # the sink has given up waiting, or the ERP is really away

    def _answer(self, answer: httpx.Response) -> None:
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in _DROPPED:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the sinks log their calls."""
