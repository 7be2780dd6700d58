"""The door's other addresses, and what is nobody's."""

from __future__ import annotations

import httpx
import pytest
from door_fakes import Stores
from door_scene import BODY, check_problem, play, signed


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_405_and_other_paths_404(method: str) -> None:
    async def scene(stores: Stores, client: httpx.AsyncClient) -> None:
        response = await client.request(method, "/webhooks/standard")
        check_problem(response, 405, "method-not-allowed")
        assert response.headers["allow"] == "POST"
        for path in ("/", "/webhooks", "/webhooks/standard/", "/webhooks/a/b", "/docs"):
            check_problem(await client.request(method, path), 404, "not-found")

    play(scene)


def test_a_fault_of_ours_is_a_500_without_its_story() -> None:
    async def scene(stores: Stores, client: httpx.AsyncClient) -> None:
        stores.published = None  # type: ignore[assignment]
        response = await client.post("/webhooks/standard", content=BODY, headers=signed())
        check_problem(response, 500, "internal")
        assert "NoneType" not in response.text
        assert stores.accepted == {}

    play(scene)


def test_live_ready_and_metrics() -> None:
    async def scene(stores: Stores, client: httpx.AsyncClient) -> None:
        assert (await client.get("/healthz")).json() == {"status": "live"}
        assert (await client.get("/readyz")).json() == {"status": "ready", "broker": "answers"}
        stores.broken = {"broker"}
        document = check_problem(await client.get("/readyz"), 503, "not-ready")
        assert "broker" in document["detail"]
        assert (await client.get("/healthz")).status_code == 200
        await client.post("/webhooks/no-such-source-as-this", content=BODY, headers=signed())
        metrics = (await client.get("/metrics")).text
        assert 'mesh_webhooks_total{source="unknown",status="404"}' in metrics
        assert "no-such-source" not in metrics

    play(scene)
