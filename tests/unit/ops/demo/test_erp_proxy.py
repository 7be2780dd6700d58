from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from ops.demo.erp_proxy import ErpProxy


class Echo(BaseHTTPRequestHandler):
    """Answers with what it got, and counts."""

    calls: list[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.calls.append(body)
        self.send_response(200)
        self.send_header("X-Session", self.headers.get("Authorization", ""))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def calls() -> list[bytes]:
    return []


@pytest.fixture
def proxy(calls: list[bytes]) -> Iterator[ErpProxy]:
    handler = type("Counting", (Echo,), {"calls": calls})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        with ErpProxy(f"http://127.0.0.1:{server.server_port}") as running:
            yield running
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def post(proxy: ErpProxy, body: bytes, timeout: float = 5) -> httpx.Response:
    headers = {"Authorization": "Session abc"}
    return httpx.post(f"{proxy.url}/erp/rpc/", content=body, headers=headers, timeout=timeout, trust_env=False)


def test_calls_and_answers_pass_through(proxy: ErpProxy) -> None:
    answer = post(proxy, '{"method": "model.x", "name": "Größe"}'.encode())
    assert (answer.status_code, answer.json()["name"]) == (200, "Größe")
    assert answer.headers["X-Session"] == "Session abc"


def test_nobody_answers_while_the_erp_is_away(proxy: ErpProxy, calls: list[bytes]) -> None:
    proxy.away(60)
    with pytest.raises(httpx.TransportError):
        post(proxy, b"{}")
    proxy.away(0)
    assert post(proxy, b"{}").is_success
    assert (len(calls), proxy.refused) == (1, 1)


def test_a_late_answer_comes_after_the_call_was_applied(proxy: ErpProxy, calls: list[bytes]) -> None:
    proxy.late("model.sale.sale.create", 1, 1.0)
    assert post(proxy, b'{"method": "model.sale.sale.read"}').is_success
    started = time.monotonic()
    with pytest.raises(httpx.ReadTimeout):
        post(proxy, b'{"method":"model.sale.sale.create"}', timeout=0.3)
    assert time.monotonic() - started < 1.0
    assert b"create" in calls[-1]
    assert post(proxy, b'{"method":"model.sale.sale.create"}').is_success, "only so many are late"
    assert proxy.delayed == 1
