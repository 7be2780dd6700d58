"""A request's body, read no further than is allowed, and its type."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

from streams.intake.door.problems import BODY_INCOMPLETE, BODY_TIMEOUT, BODY_TOO_LARGE, NOT_JSON, Refusal
from streams.intake.door.signatures.verdict import Signed


def check_media_type(request: Signed) -> None:
    """Raise Refusal (415) unless the body is said to be JSON (`application/json`, `application/*+json`), as is."""
    kind = (request.header(b"content-type") or b"").split(b";")[0].strip().lower()
    if kind != b"application/json" and not (kind.startswith(b"application/") and kind.endswith(b"+json")):
        raise Refusal(NOT_JSON, "Send content-type: application/json.")
    encoding = request.header(b"content-encoding") or b"identity"
    if encoding.strip().lower() != b"identity":
        raise Refusal(NOT_JSON, "Send the body without content-encoding: it is signed as it is sent.")


async def read_body(request: Request, limit: int, timeout_s: float) -> bytes:
    """The raw body. Raises Refusal: 413 as soon as it is over the limit, 408 when it takes too long."""
    too_large = Refusal(BODY_TOO_LARGE, f"At most {limit} bytes are read.")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise too_large
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(timeout_s):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise too_large
                chunks.append(chunk)
    except TimeoutError:
        raise Refusal(BODY_TIMEOUT, f"The body must arrive within {timeout_s:g} seconds.") from None
    except ClientDisconnect:
        raise Refusal(BODY_INCOMPLETE, "The connection ended.") from None
    return b"".join(chunks)
