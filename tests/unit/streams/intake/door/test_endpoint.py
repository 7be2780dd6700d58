"""One delivery over ASGI: each answer, and its problem document."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from door_fakes import Stores, until
from door_scene import BODY, JSON, NOW, PUBLIC, SECRET, check_problem, play, signed

from streams.intake.door.body import DRAINED_LIMITS
from streams.intake.door.signing import sign_hubspot, sign_stripe


def test_a_signed_delivery_is_accepted_byte_for_byte() -> None:
    async def scene(stores: Stores, client: httpx.AsyncClient) -> None:
        body = '{ "name":"Čapek" }\n'.encode()
        trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        headers = {**signed(body), "traceparent": trace}
        response = await client.post("/webhooks/standard", content=body, headers=headers)
        assert response.status_code == 202
        assert response.json() == {"status": "accepted", "delivery_id": "msg_1"}
        (received,) = stores.published
        assert (received.body, received.signed_at, received.received_at) == (body, NOW, NOW)
        assert (received.source, received.delivery_id, received.traceparent) == ("standard", "msg_1", trace)
        again = await client.post("/webhooks/standard", content=body, headers=headers)
        assert (again.status_code, again.json()["status"]) == (200, "duplicate")
        assert len(stores.published) == 1

    play(scene)


def test_hubspot_signs_the_public_url_and_no_header_changes_it() -> None:
    async def scene(stores: Stores, client: httpx.AsyncClient) -> None:
        path = "/webhooks/hubspot?a=%2Fx%20y"
        for host, status in ((PUBLIC, 202), ("http://inside:1", 401)):
            headers = {**JSON, **sign_hubspot(SECRET, host + path, b"[]", NOW)}
            forged = {"x-forwarded-host": "inside:1", "x-forwarded-proto": "http"}
            response = await client.post(path, content=b"[]", headers={**headers, **forged})
            assert response.status_code == status

    play(scene)


def test_a_source_without_a_secret_takes_nothing() -> None:
    async def scene(stores: Stores, client: httpx.AsyncClient) -> None:
        headers = {**JSON, **sign_stripe(SECRET, BODY, NOW)}
        response = await client.post("/webhooks/stripe", content=BODY, headers=headers)
        check_problem(response, 503, "source-not-configured")
        assert int(response.headers["retry-after"]) > 0
        assert stores.calls == []

    play(scene)


BAD_ID = signed(delivery_id="a" * 200)
REFUSED: list[tuple[str, bytes, dict[str, str], int, str]] = [
    ("nowhere", BODY, signed(), 404, "unknown-source"),
    ("standard", BODY, {**signed(), "content-type": "text/plain"}, 415, "unsupported-media-type"),
    ("standard", BODY, {**signed(), "content-encoding": "gzip"}, 415, "unsupported-media-type"),
    ("standard", BODY + b" ", signed(), 401, "signature-refused"),
    ("standard", BODY, JSON, 401, "signature-refused"),
    ("standard", BODY, signed(at=NOW - timedelta(minutes=6)), 401, "signature-refused"),
    ("standard", BODY, signed(at=NOW + timedelta(minutes=6)), 401, "signature-refused"),
    ("standard", b"{nope", signed(b"{nope"), 400, "malformed-body"),
    ("standard", b'"text"', signed(b'"text"'), 400, "malformed-body"),
    ("standard", BODY, BAD_ID, 400, "no-delivery-id"),
    ("standard", b" " * 1001, signed(b" " * 1001), 413, "body-too-large"),
]


@pytest.mark.parametrize(("source", "body", "headers", "status", "name"), REFUSED)
def test_what_is_refused_says_why_and_reaches_no_store(
    source: str, body: bytes, headers: dict[str, str], status: int, name: str
) -> None:
    async def scene(stores: Stores, client: httpx.AsyncClient) -> None:
        response = await client.post(f"/webhooks/{source}", content=body, headers=headers)
        document = check_problem(response, status, name)
        assert body.decode() not in json.dumps(document)
        assert stores.calls == []
        assert (status == 401) == ("www-authenticate" in response.headers)

    play(scene)


def test_a_signature_that_is_not_ascii_is_a_401() -> None:
    async def scene(stores: Stores, client: httpx.AsyncClient) -> None:
        headers = [(name.encode(), value.encode()) for name, value in signed().items() if name != "webhook-signature"]
        headers.append((b"webhook-signature", b"v1,\xff\xfe\xc3\xa9"))
        response = await client.post("/webhooks/standard", content=BODY, headers=headers)
        check_problem(response, 401, "signature-refused")

    play(scene)


def test_a_body_without_a_length_is_drained_up_to_a_bound_only() -> None:
    async def scene(stores: Stores, client: httpx.AsyncClient) -> None:
        sent: list[int] = []

        async def long_body() -> AsyncIterator[bytes]:
            for number in range(1000):
                sent.append(number)
                yield b" " * 100

        response = await client.post("/webhooks/standard", content=long_body(), headers=signed())
        check_problem(response, 413, "body-too-large")
        assert len(sent) == 1000 * DRAINED_LIMITS // 100 + 1

    play(scene)


def test_a_body_that_does_not_come_is_a_408() -> None:
    async def scene(stores: Stores, client: httpx.AsyncClient) -> None:
        async def stuck() -> AsyncIterator[bytes]:
            yield b"{"
            await asyncio.Event().wait()

        response = await client.post("/webhooks/standard", content=stuck(), headers=signed())
        check_problem(response, 408, "body-timeout")

    play(scene, body_timeout=timedelta(milliseconds=10))


def test_the_rate_is_per_source_and_strangers_do_not_use_it_up() -> None:
    async def scene(stores: Stores, client: httpx.AsyncClient) -> None:
        for _ in range(5):
            check_problem(await client.post("/webhooks/standard", content=BODY, headers=JSON), 401, "signature-refused")
        codes = [
            (await client.post("/webhooks/standard", content=BODY, headers=signed(delivery_id=f"m{n}"))).status_code
            for n in range(2)
        ]
        assert codes == [202, 202]
        response = await client.post("/webhooks/standard", content=BODY, headers=signed(delivery_id="m3"))
        check_problem(response, 429, "too-many-requests")
        assert response.headers["retry-after"] == "1"
        headers = {**JSON, **sign_hubspot(SECRET, PUBLIC + "/webhooks/hubspot", b"[]", NOW)}
        assert (await client.post("/webhooks/hubspot", content=b"[]", headers=headers)).status_code == 202

    play(scene, requests_per_second=2.0)


@pytest.mark.parametrize("broken", ["seen", "publish", "record"])
def test_a_store_that_is_away_is_a_503_with_a_time(broken: str) -> None:
    async def scene(stores: Stores, client: httpx.AsyncClient) -> None:
        stores.broken = {broken}
        response = await client.post("/webhooks/standard", content=BODY, headers=signed())
        check_problem(response, 503, "unavailable")
        assert response.headers["retry-after"] == "5"

    play(scene)


def test_requests_at_once_are_bounded() -> None:
    async def scene(stores: Stores, client: httpx.AsyncClient) -> None:
        stores.gate.clear()
        first = asyncio.create_task(client.post("/webhooks/standard", content=BODY, headers=signed()))
        await until(lambda: "publish" in stores.calls)
        second = await client.post("/webhooks/standard", content=BODY, headers=signed(delivery_id="m2"))
        check_problem(second, 503, "overloaded")
        stores.gate.set()
        assert (await first).status_code == 202

    play(scene, max_in_flight=1)
