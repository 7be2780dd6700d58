"""One delivery from the request to the answer. Each step either goes on or ends it with a problem document.

The rate limit comes after the signature: a stranger cannot use up a sender's share. What strangers can use up is
bounded by the number of requests at once, the body's size and its time.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from schemas.records import WebhookReceived
from streams.intake.document import MalformedBody, parse_document
from streams.intake.door import problems
from streams.intake.door.acceptance import Acceptance
from streams.intake.door.body import check_media_type, read_body
from streams.intake.door.errors import Unavailable
from streams.intake.door.limits import RateLimit
from streams.intake.door.problems import Refusal
from streams.intake.door.signatures.verdict import Refused, Signed
from streams.intake.door.sources import Source
from streams.intake.door.trace import traceparent_from
from streams.runtime.clock import Clock
from streams.runtime.metrics import WEBHOOKS
from streams.runtime.settings import DoorSettings

_REFUSED = {
    "header_missing": "A signature header is missing, or came twice.",
    "header_malformed": "A signature header is malformed.",
    "too_old": "The timestamp is too old.",
    "too_new": "The timestamp is in the future.",
    "mismatch": "No signature matches the body.",
}
_RETRY_S = 5.0
_RETRY_UNCONFIGURED_S = 300.0


class WebhookEndpoint:
    """`POST /webhooks/{source}`: 202 accepted, 200 known already; everything else is a problem."""

    def __init__(
        self,
        settings: DoorSettings,
        sources: dict[str, Source],
        acceptance: Acceptance,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._sources = sources
        self._acceptance = acceptance
        self._clock = clock
        self._monotonic = monotonic
        self._limits = {name: RateLimit(settings.requests_per_second) for name in sources}
        self._public_url = (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/").encode()
        self._requests = 0

    async def __call__(self, request: Request) -> Response:
        self._requests += 1
        name = request.path_params["source"]
        status = 500
        try:
            response = await self._receive(request, name)
            status = response.status_code
        except Refusal as refusal:
            response = problems.problem_response(refusal, request.url.path)
            status = response.status_code
        finally:
            self._requests -= 1
            WEBHOOKS.labels(name if name in self._sources else "unknown", str(status)).inc()
        return response

    async def _receive(self, request: Request, name: str) -> Response:
        source = self._sources.get(name)
        if source is None:
            raise Refusal(problems.UNKNOWN_SOURCE, f"Sources are {', '.join(sorted(self._sources))}.")
        if self._requests > self._settings.max_in_flight:
            raise Refusal(problems.OVERLOADED, "Try again shortly.", retry_after_s=1)
        if not source.keys:  # 503, not 401: senders keep retrying, so nothing is lost while a secret is being set
            detail = f"Set door.secrets.{name}; until then nothing from it is accepted."
            raise Refusal(problems.NOT_CONFIGURED, detail, retry_after_s=_RETRY_UNCONFIGURED_S)
        received = await self._check(request, source)
        wait = self._limits[name].take(self._monotonic())
        if wait > 0:
            detail = f"At most {self._settings.requests_per_second:g} a second."
            raise Refusal(problems.TOO_MANY_REQUESTS, detail, retry_after_s=wait)
        try:
            answer = await self._acceptance.accept(source.topic, received)
        except Unavailable:
            detail = "Kafka or the database does not answer; send it again."
            raise Refusal(problems.UNAVAILABLE, detail, retry_after_s=_RETRY_S) from None
        body = {"status": answer, "delivery_id": received.delivery_id}
        return JSONResponse(body, 202 if answer == "accepted" else 200)

    async def _check(self, request: Request, source: Source) -> WebhookReceived:
        """The delivery, if it is whole, signed, fresh, JSON and has an id. Raises Refusal."""
        scope = request.scope
        head = Signed(scope["headers"], b"", scope["method"].encode(), self._url(request))
        check_media_type(head)
        timeout_s = self._settings.body_timeout.total_seconds()
        body = await read_body(request, self._settings.max_body_bytes, timeout_s)
        signed = Signed(head.headers, body, head.method, head.url)
        now = self._clock()
        verdict = source.verify(source.keys, signed, now, self._settings.tolerance)
        if isinstance(verdict, Refused):
            raise Refusal(problems.SIGNATURE_REFUSED, _REFUSED[verdict.why])
        try:
            document = parse_document(body)
        except MalformedBody as error:
            raise Refusal(problems.MALFORMED, f"The body is {error}.") from None
        delivery_id = source.delivery_id(signed, document)
        if delivery_id is None:
            raise Refusal(problems.NO_DELIVERY_ID, "An id is 1 to 128 printable ASCII characters.")
        return WebhookReceived(
            delivery_id=delivery_id,
            source=source.name,
            received_at=now,
            signed_at=verdict.signed_at,
            content_type=(signed.header(b"content-type") or b"").decode("latin-1"),
            traceparent=traceparent_from(signed.header(b"traceparent"), secrets.token_bytes(24)),
            body=body,
        )

    def _url(self, request: Request) -> bytes:
        """The URL that the sender called: ours from the settings, the path and query as they came."""
        path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
        query: bytes = request.scope["query_string"]
        return self._public_url + path + (b"?" + query if query else b"")
