"""The ASGI application: a route per verb. A bearer token says who asks."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, ValidationError
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ops.access.people import Gatekeeper
from ops.api import problems
from ops.api.openapi import document
from ops.cases.desk import Desk
from ops.cases.service import do
from ops.cases.verbs import VERBS, Verb
from streams.runtime.logs import get_logger

log = get_logger("meshline.api")
_LARGEST = 64 * 1024
PREFIX = "/v1"


def make_app(desk: Desk) -> Starlette:
    """The application over a desk."""
    gate = Gatekeeper()
    described = document(VERBS.values(), PREFIX)

    async def openapi(_: Request) -> Response:
        return JSONResponse(described)

    async def ready(request: Request) -> Response:
        async with desk.database.connect() as connection:
            await connection.execute(text("select 1"))
        return JSONResponse({"status": "ready"})

    routes = [Route(PREFIX + verb.path, _endpoint(desk, gate, verb), methods=[verb.method]) for verb in VERBS.values()]
    routes.sort(key=lambda route: "{" in route.path)  # /audit/verify before /letters/{letter_id}
    plain = [
        Route("/openapi.json", openapi, methods=["GET"]),
        Route("/healthz", _live, methods=["GET"]),
        Route("/readyz", ready, methods=["GET"]),
        Route("/metrics", _metrics, methods=["GET"]),
    ]
    app = Starlette(routes=[*plain, *routes], exception_handlers={HTTPException: _http_error, Exception: _failure})
    app.router.redirect_slashes = False
    return app


def _endpoint(desk: Desk, gate: Gatekeeper, verb: Verb) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        path = request.url.path
        try:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            async with desk.database.connect() as connection:
                actor = await gate.actor(connection, token if scheme.casefold() == "bearer" else "", "api")
            ask = verb.ask.model_validate(await _asked(request, verb))
            answer = await do(desk, actor, verb.name, ask)
        except ValidationError as error:
            wrong = [{"field": ".".join(map(str, one["loc"])), "what": one["msg"]} for one in error.errors()]
            return problems.response(problems.INVALID, "Some fields are wrong.", path, wrong)
        except HTTPException:
            raise
        except Exception as error:
            return _refusal(error, path)
        return Response(answer.model_dump_json(), media_type="application/json", headers={"cache-control": "no-store"})

    return endpoint


async def _asked(request: Request, verb: Verb) -> dict[str, Any]:
    asked: dict[str, Any] = {**_query(request, verb.ask)}
    body = await _body(request)
    if body:
        try:
            given = json.loads(body)
        except ValueError:
            raise HTTPException(422, "the body is not JSON") from None
        if not isinstance(given, dict):
            raise HTTPException(422, "the body is not a JSON object")
        asked |= given
    return asked | request.path_params  # the address wins over the body


def _query(request: Request, ask: type[BaseModel]) -> dict[str, Any]:
    lists = {name for name, field in ask.model_fields.items() if "list" in str(field.annotation)}
    query = request.query_params
    return {name: query.getlist(name) if name in lists else query[name] for name in query}


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST:
            raise HTTPException(413, f"at most {_LARGEST} bytes")
    return body


async def _live(_: Request) -> Response:
    return JSONResponse({"status": "live"})


async def _metrics(_: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _refusal(error: Exception, path: str) -> Response:
    problem = problems.problem_of(error)
    if problem is problems.INTERNAL:
        log.error("the API failed", path=path, exc_info=error)
        return problems.response(problem, "It is in the log.", path)
    if problem is problems.UNAVAILABLE:
        log.error("a part does not answer", path=path, error=str(error)[:500])
        return problems.response(problem, "Nothing was changed. Try again; `meshline status` says what is away.", path)
    return problems.response(problem, str(error), path)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kinds = {one.status: one for one in problems.ALL}
    return problems.response(kinds.get(error.status_code, problems.INVALID), error.detail, request.url.path)


async def _failure(request: Request, error: Exception) -> Response:
    return _refusal(error, request.url.path)
