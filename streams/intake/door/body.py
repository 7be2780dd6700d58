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


#: How much of a body that is too large is read and dropped, in bodies of the allowed size: a sender that is answered
#: while it still sends sees a broken connection instead of the 413 (RFC 9112, section 9.6).
DRAINED_LIMITS = 16


async def read_body(request: Request, limit: int, timeout_s: float) -> bytes:
    """The raw body. Raises Refusal: 413 when it is over the limit, 408 when it takes too long."""
    too_large = Refusal(BODY_TOO_LARGE, f"At most {limit} bytes are read.")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit * DRAINED_LIMITS:
        raise too_large
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(timeout_s):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= limit:
                    chunks.append(chunk)
                elif size > limit * DRAINED_LIMITS:
                    raise too_large
    except TimeoutError:
        problem = Refusal(BODY_TIMEOUT, f"The body must arrive within {timeout_s:g} seconds.")
        raise (too_large if size > limit else problem) from None
    except ClientDisconnect:
        raise Refusal(BODY_INCOMPLETE, "The connection ended.") from None
    if size > limit:
        raise too_large
    return b"".join(chunks)
