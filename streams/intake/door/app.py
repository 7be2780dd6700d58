"""The door's addresses.

`/healthz`, `/readyz` and `/metrics` are for the machine the door runs on: it listens on loopback by default, and a
proxy in front of it should pass on `/webhooks/` alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from streams.intake.door.endpoint import WebhookEndpoint
from streams.intake.door.errors import Unavailable
from streams.intake.door.problems import (
    HTTP_ERROR,
    INTERNAL,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    NOT_READY,
    Problem,
    Refusal,
    problem_response,
)

#: What the door needs, by name; a check raises Unavailable.
Checks = Mapping[str, Callable[[], Awaitable[None]]]


def make_app(webhooks: WebhookEndpoint, checks: Checks) -> Starlette:
    """The ASGI application."""

    async def receive(request: Request) -> Response:
        return await webhooks(request)

    async def ready(request: Request) -> Response:
        results = await asyncio.gather(*(_answers(check) for check in checks.values()))
        silent = [name for name, answers in zip(checks, results, strict=True) if not answers]
        if silent:
            return problem_response(Refusal(NOT_READY, f"No answer from: {', '.join(silent)}."), request.url.path)
        return JSONResponse({"status": "ready", **dict.fromkeys(checks, "answers")})

    app = Starlette(
        routes=[
            Route("/webhooks/{source}", receive, methods=["POST"]),
            Route("/healthz", _live, methods=["GET"]),
            Route("/readyz", ready, methods=["GET"]),
            Route("/metrics", _metrics, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _http_error, Exception: _internal_error},
    )
    app.router.redirect_slashes = False  # a redirected POST loses its body, and the signed URL is another one
    return app


async def _answers(check: Callable[[], Awaitable[None]]) -> bool:
    try:
        await check()
    except Unavailable:
        return False
    return True


async def _live(_: Request) -> Response:
    return JSONResponse({"status": "live"})


async def _metrics(_: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _http_error(request: Request, error: Exception) -> Response:
    """404 and 405 of the router, in our form and with their headers."""
    assert isinstance(error, HTTPException)
    kinds = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED}
    problem = kinds.get(error.status_code) or Problem(HTTP_ERROR.name, error.status_code, HTTP_ERROR.title)
    return problem_response(Refusal(problem, error.detail), request.url.path, error.headers)


async def _internal_error(request: Request, _: Exception) -> Response:
    return problem_response(Refusal(INTERNAL, "Send it again.", retry_after_s=5), request.url.path)
