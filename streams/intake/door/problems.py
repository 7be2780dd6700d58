"""Every answer that is not 2xx: an RFC 9457 problem document. Nothing of the request's body or secrets is in it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of refusal. `name` ends its type URI, so it never changes."""

    name: str
    status: int
    title: str

    @property
    def type(self) -> str:
        return f"urn:meshline:problem:{self.name}"


UNKNOWN_SOURCE = Problem("unknown-source", 404, "There is no such webhook source.")
NOT_FOUND = Problem("not-found", 404, "There is nothing here.")
METHOD_NOT_ALLOWED = Problem("method-not-allowed", 405, "This address does not take this method.")
NOT_CONFIGURED = Problem("source-not-configured", 503, "No secret is configured for this source.")
BODY_TIMEOUT = Problem("body-timeout", 408, "The body did not arrive in time.")
BODY_INCOMPLETE = Problem("body-incomplete", 400, "The body ended before it was complete.")
BODY_TOO_LARGE = Problem("body-too-large", 413, "The body is too large.")
NOT_JSON = Problem("unsupported-media-type", 415, "A delivery is JSON, not compressed.")
MALFORMED = Problem("malformed-body", 400, "The body is not a JSON object or array.")
NO_DELIVERY_ID = Problem("no-delivery-id", 400, "The delivery has no usable id.")
SIGNATURE_REFUSED = Problem("signature-refused", 401, "The signature does not hold.")
TOO_MANY_REQUESTS = Problem("too-many-requests", 429, "Too many deliveries from this source.")
OVERLOADED = Problem("overloaded", 503, "Too many deliveries at once.")
UNAVAILABLE = Problem("unavailable", 503, "The delivery could not be stored.")
NOT_READY = Problem("not-ready", 503, "The door is not ready.")
HTTP_ERROR = Problem("http-error", 400, "The request was refused.")
INTERNAL = Problem("internal", 500, "The door failed; the delivery was not accepted.")


class Refusal(Exception):
    """Ends a request with a problem document."""

    def __init__(self, problem: Problem, detail: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail
        self.retry_after_s = retry_after_s

    def headers(self) -> dict[str, str]:
        """What HTTP wants with this status (RFC 9110: 401 names a scheme, 429 and 503 a time)."""
        found: dict[str, str] = {}
        if self.problem.status == 401:
            found["www-authenticate"] = "Webhook-Signature"
        if self.retry_after_s is not None:
            found["retry-after"] = str(max(1, math.ceil(self.retry_after_s)))
        if self.problem.status in {408, 413}:
            found["connection"] = "close"  # the rest of the body is not read
        return found


def problem_response(refusal: Refusal, instance: str, headers: Mapping[str, str] | None = None) -> Response:
    """The document. `instance` is the path that was asked for, without its query."""
    problem = refusal.problem
    document = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": refusal.detail,
        "instance": instance,
    }
    return Response(
        json.dumps(document), problem.status, {**refusal.headers(), **(headers or {})}, media_type=MEDIA_TYPE
    )
