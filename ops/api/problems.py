"""Every answer that is not 2xx: an RFC 9457 problem document."""

from __future__ import annotations

import json

from starlette.responses import Response

from ops.access.errors import Forbidden, NotLetIn
from ops.cases.errors import BadAsk, CaseError, NotFound, NotNow
from streams.intake.door.problems import MEDIA_TYPE, Problem

UNKNOWN = Problem("not-known", 401, "There is no valid token.")
FORBIDDEN = Problem("not-allowed", 403, "The role does not allow this.")
NOT_FOUND = Problem("not-found", 404, "There is nothing here.")
METHOD = Problem("method-not-allowed", 405, "This address does not take this method.")
NOT_NOW = Problem("not-now", 409, "The state does not allow this.")
TOO_LARGE = Problem("too-large", 413, "The body is too large.")
INVALID = Problem("invalid", 422, "What was asked for makes no sense.")
INTERNAL = Problem("internal", 500, "The API failed; nothing was changed.")
UNAVAILABLE = Problem("unavailable", 503, "A part that this needs does not answer.")
ALL = (UNKNOWN, FORBIDDEN, NOT_FOUND, METHOD, NOT_NOW, TOO_LARGE, INVALID, INTERNAL, UNAVAILABLE)


def problem_of(error: Exception) -> Problem:
    """The kind of an expected failure; INTERNAL for others."""
    if isinstance(error, NotLetIn):
        return FORBIDDEN if isinstance(error, Forbidden) else UNKNOWN
    if isinstance(error, CaseError):
        kinds = ((NotFound, NOT_FOUND), (NotNow, NOT_NOW), (BadAsk, INVALID))
        return next((problem for kind, problem in kinds if isinstance(error, kind)), INVALID)
    names = {kind.__name__ for kind in type(error).__mro__}
    away = {"OperationalError", "RegistryUnavailable", "NotDelivered", "KafkaException", "ReconcilerError"}
    return UNAVAILABLE if names & away else INTERNAL


def response(problem: Problem, detail: str, path: str, errors: list[dict[str, str]] | None = None) -> Response:
    """The document. `errors` names each field that is wrong."""
    document = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": detail,
        "instance": path,
        **({"errors": errors} if errors else {}),
    }
    headers = {"www-authenticate": "Bearer"} if problem.status == 401 else {}
    return Response(json.dumps(document), problem.status, headers, media_type=MEDIA_TYPE)
