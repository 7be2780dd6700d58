"""A door over ASGI with its stores in memory, and what every refusal looks like."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
from door_fakes import Stores
from pydantic import SecretStr

from streams.intake.door.acceptance import Acceptance
from streams.intake.door.app import make_app
from streams.intake.door.endpoint import WebhookEndpoint
from streams.intake.door.errors import Unavailable
from streams.intake.door.problems import MEDIA_TYPE
from streams.intake.door.signing import sign_standard
from streams.intake.door.sources import make_sources
from streams.runtime.settings import DoorSettings

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SECRET = "whsec_" + "bmV3" * 8
BODY = b'{"id":"evt_1","type":"account.updated"}'
PUBLIC = "https://door.example.com"
JSON = {"content-type": "application/json"}
Scene = Callable[[Stores, httpx.AsyncClient], Awaitable[None]]


def play(scene: Scene, **changes: Any) -> None:
    async def run() -> None:
        stores = Stores()
        secrets = {"hubspot": [SecretStr(SECRET)], "standard": [SecretStr(SECRET)]}
        door = DoorSettings(public_url=PUBLIC, secrets=secrets, max_body_bytes=1000).model_copy(update=changes)
        acceptance = Acceptance(stores, stores, door.dedupe_window, door.answer_within, door.max_in_flight)
        endpoint = WebhookEndpoint(door, make_sources(door.secrets), acceptance, lambda: NOW, lambda: 0.0)

        async def broker() -> None:
            if "broker" in stores.broken:
                raise Unavailable

        transport = httpx.ASGITransport(make_app(endpoint, {"broker": broker}), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://inside:1") as client:
            await scene(stores, client)

    asyncio.run(run())


def signed(body: bytes = BODY, delivery_id: str = "msg_1", at: datetime = NOW) -> dict[str, str]:
    return {**JSON, **sign_standard(SECRET, delivery_id, body, at)}


def check_problem(response: httpx.Response, status: int, name: str) -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["content-type"] == MEDIA_TYPE
    document: dict[str, Any] = response.json()
    assert set(document) == {"type", "title", "status", "detail", "instance"}
    assert document["status"] == status
    assert document["type"] == f"urn:meshline:problem:{name}"
    assert document["instance"] == response.request.url.path
    assert SECRET not in response.text
    assert "Traceback" not in response.text
    return document
