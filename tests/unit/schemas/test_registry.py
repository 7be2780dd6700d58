"""What the registry told is kept and bounded; with the registry away the known goes on and the unknown waits."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from schemas.codec import Codec, Undecodable
from schemas.records import Account
from schemas.registry import ConfluentRegistry, RegistryUnavailable, UnknownSchema
from schemas.topics import CRM_ACCOUNT
from tests.unit.schemas.examples import example

KNOWN = {"type": "record", "name": "Thing", "fields": [{"name": "id", "type": "long"}]}


class Server:
    """A small registry on a real port: ids 1..9999 are `KNOWN` unless told otherwise."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.answers: dict[str, tuple[int, object]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                path = self.path.partition("?")[0]
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.asked[path] += 1
                status, body = outer.answers.get(path, (200, {"schema": json.dumps(KNOWN), "id": 7}))
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = _answer

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def go_away(self) -> None:
        """The port is closed from now on."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
            self._http.server_close()


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    yield found
    found.go_away()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry(server: Server, clock: Clock) -> Iterator[ConfluentRegistry]:
    found = ConfluentRegistry(server.url, timeout_s=2.0, clock=clock)
    yield found
    found.close()


def test_an_answer_is_asked_for_once(registry: ConfluentRegistry, server: Server) -> None:
    assert [registry.schema(3) for _ in range(5)] == [KNOWN] * 5
    assert [registry.register("s", KNOWN) for _ in range(5)] == [7] * 5
    assert server.asked == {"/schemas/ids/3": 1, "/subjects/s/versions": 1}


def test_with_the_registry_away_the_known_goes_on_and_the_unknown_waits(server: Server, clock: Clock) -> None:
    registry = ConfluentRegistry(server.url, timeout_s=2.0, clock=clock)
    codec = Codec(registry)
    encoded = codec.encode(CRM_ACCOUNT, example(Account))
    registry.schema(3)
    known = b"\x00\x00\x00\x00\x03\x02"
    assert codec.decode(known).record == {"id": 1}
    server.go_away()
    assert codec.decode(known).record == {"id": 1}
    assert codec.encode(CRM_ACCOUNT, example(Account)) == encoded
    for _ in range(3):  # waits: it is not a fault of the record's
        with pytest.raises(RegistryUnavailable, match="schema id 4"):
            codec.decode(b"\x00\x00\x00\x00\x04\x02")
        clock.now += 5
    registry.close()


def test_a_registry_that_is_away_is_left_alone_for_a_second(
    registry: ConfluentRegistry, server: Server, clock: Clock
) -> None:
    server.answers["/schemas/ids/4"] = (503, {"error_code": 50301, "message": "starting"})
    for _ in range(10):
        with pytest.raises(RegistryUnavailable, match="starting"):
            registry.schema(4)
    assert server.asked["/schemas/ids/4"] == 2  # one question, put twice
    del server.answers["/schemas/ids/4"]
    clock.now += 1.0
    assert registry.schema(4) == KNOWN


def test_an_id_that_the_registry_does_not_have_is_asked_for_again_later(
    registry: ConfluentRegistry, server: Server, clock: Clock
) -> None:
    server.answers["/schemas/ids/5"] = (404, {"error_code": 40403, "message": "Schema not found"})
    for _ in range(10):
        with pytest.raises(UnknownSchema, match="schema id 5 is not in the registry"):
            registry.schema(5)
    with pytest.raises(Undecodable, match="schema id 5"):
        Codec(registry).decode(b"\x00\x00\x00\x00\x05\x02")
    assert server.asked["/schemas/ids/5"] == 1
    del server.answers["/schemas/ids/5"]
    clock.now += 31
    assert registry.schema(5) == KNOWN


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"schema": 'syntax = "proto3";', "schemaType": "PROTOBUF"}, "not Avro but PROTOBUF"),
        ({"schema": '{"type": "object"}', "schemaType": "JSON"}, "not Avro but JSON"),
        ({"schema": "no json"}, "not a schema"),
        ({"schema": "[" * 100_000}, "not a schema"),
    ],
    ids=["protobuf", "json-schema", "no-json", "deep"],
)
def test_what_is_no_avro_schema_is_the_record_s_fault_and_stops_nobody(
    registry: ConfluentRegistry, server: Server, answer: dict[str, str], words: str
) -> None:
    server.answers["/schemas/ids/6"] = (200, answer)
    with pytest.raises(UnknownSchema, match=words):
        registry.schema(6)
    with pytest.raises(Undecodable, match=words):
        Codec(registry).decode(b"\x00\x00\x00\x00\x06\x02")


def test_the_cache_is_bounded_and_keeps_what_is_in_use(registry: ConfluentRegistry, server: Server) -> None:
    registry.schema(1)
    for schema_id in range(2, 1200):
        registry.schema(schema_id)
        registry.schema(1)
    assert server.asked["/schemas/ids/1"] == 1
    registry.schema(2)
    assert server.asked["/schemas/ids/2"] == 2


def test_a_closed_port_is_unavailable_at_once_and_no_secret_of_its() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        registry = ConfluentRegistry(f"http://127.0.0.1:{taken.getsockname()[1]}", timeout_s=2.0)
        started = time.monotonic()
        with pytest.raises(RegistryUnavailable):
            registry.schema(1)
        with pytest.raises(RegistryUnavailable, match="registering s"):
            registry.register("s", KNOWN)
        assert time.monotonic() - started < 5
        registry.close()


def test_a_registry_that_accepts_and_never_answers_is_unavailable_in_time() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        registry = ConfluentRegistry(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.3)
        started = time.monotonic()
        with pytest.raises(RegistryUnavailable):
            registry.schema(1)
        assert time.monotonic() - started < 3
        registry.close()
