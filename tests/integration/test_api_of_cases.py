"""The HTTP door on a real database: tokens, problems, and the same answers as the service."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from ops.api.app import make_app
from tests.integration.cases_rig import ADA, Scene, one, play


async def client(scene: Scene, role: str = "admin") -> httpx.AsyncClient:
    granted = await scene.ask("access.grant", ADA, person=f"bob-{role}", role=role, why="a test")
    transport = httpx.ASGITransport(make_app(scene.desk), raise_app_exceptions=False)
    headers = {"authorization": f"Bearer {granted.token}"}
    return httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers)


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == answer.status_code
    return answer.status_code, document["type"].rpartition(":")[2]


def test_the_api_answers_as_the_service_does(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        case = await one(s)
        async with await client(s) as http:
            page = (
                await http.get("/v1/cases", params={"any_open": "true", "reason": "discount_needs_approval"})
            ).json()
            assert page == (await s.ask("case.list", any_open=True)).model_dump(mode="json")
            body = {"assignee": "bob", "why": "his account"}
            assert (await http.post(f"/v1/cases/{case}/assign", json=body)).json()["items"][0]["state"] == "assigned"
            whole = (await http.get(f"/v1/cases/{case[:12]}")).json()
            assert (whole["assignee"], whole["history"][0]["door"], whole["history"][0]["who"]) == (
                "bob",
                "api",
                "bob-admin",
            )
            assert (await http.get(f"/v1/letters/{case}")).json()["payload"]["id"] == "o1"
            story = (await http.get("/v1/explain/opportunity/o1")).json()
            assert any("discount_needs_approval" in line for line in story["where"])
            assert (await http.delete("/v1/access/bob-admin", params={"why": "test over"})).json()["was"] == "admin"
            assert problem(await http.get("/v1/cases")) == (401, "not-known")

    play(operations_url, scene)


def test_what_is_refused_is_a_problem_document(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        case = await one(s)
        async with await client(s, "owner") as http:
            assert problem(await http.get("/v1/cases/ffff")) == (404, "not-found")
            assert problem(await http.get("/v1/nothing")) == (404, "not-found")
            assert problem(await http.delete("/v1/cases")) == (405, "method-not-allowed")
            discard = f"/v1/cases/{case}/discard"
            assert problem(await http.post(discard, json={"why": "away with it"})) == (403, "not-allowed")
            assert problem(await http.post(f"/v1/cases/{case}/resolve", content=b"{")) == (422, "invalid")
            missing = await http.post(f"/v1/cases/{case}/resolve", json={})
            assert problem(missing) == (422, "invalid")
            assert missing.json()["errors"][0]["field"] == "why"
            assert problem(await http.get("/v1/cases", params={"limit": 5000})) == (422, "invalid")
            reopen = await http.post(f"/v1/cases/{case}/reopen", json={"why": "it is open"})
            assert problem(reopen) == (409, "not-now")
            assert problem(await http.post(f"/v1/cases/{case}/comment", content=b"x" * 70_000)) == (413, "too-large")
            del http.headers["authorization"]
            unknown = await http.get("/v1/cases")
            assert problem(unknown) == (401, "not-known")
            assert unknown.headers["www-authenticate"] == "Bearer"

    play(operations_url, scene)


@pytest.mark.parametrize("path", ["/openapi.json", "/healthz", "/readyz", "/metrics"])
def test_what_needs_no_token(operations_url: str, path: str) -> None:
    async def scene(s: Scene) -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(make_app(s.desk)), base_url="http://api") as http:
            assert (await http.get(path)).status_code == 200

    play(operations_url, scene)
