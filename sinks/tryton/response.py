"""What Tryton's answer means. Pure.

JSON-RPC errors come with HTTP 200: `{"error": [name, [message, description, ...]]}`, and an error that the server
did not expect as `{"error": [text, traceback]}`. The third part of a UserError's list is the whole field definition,
some 15 kB: it is cut off.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.reasons import Reason
from sinks.errors import AccessDenied, Busy, Conflict, Failing, Refused, SinkError
from sinks.tryton import wire

_TEXT_LIMIT = 500


class SessionExpired(SinkError):
    """The session has ended: log in, and ask again."""


def result_of(status: int, headers: Mapping[str, str], body: bytes) -> Any:
    """The result of a call. Raises SessionExpired, TargetError, AccessDenied."""
    if status == 200:
        try:
            answer = wire.loads(body)
        except ValueError as error:
            raise Failing(f"Tryton answered something that is not JSON: {cut(repr(body[:80]))}") from error
        if not isinstance(answer, dict):
            raise Failing(f"Tryton answered {cut(repr(answer))}")
        if answer.get("error"):
            raise _error(list(answer["error"]))
        return answer.get("result")
    if status == 401:
        raise SessionExpired
    if status in (429, 503):
        raise Busy(f"Tryton answered HTTP {status}", _seconds(headers.get("retry-after")))
    if status == 403:
        raise Refused(Reason.ERP_REJECTED, "Tryton forbids this call to our user (HTTP 403)")
    # 404 is also what Tryton says while its database is away.
    raise Failing(f"Tryton answered HTTP {status}")


def _error(error: list[Any]) -> SinkError:
    name, rest = str(error[0]), error[1] if len(error) > 1 else ""
    texts = [str(text) for text in rest[:2] if text] if isinstance(rest, list) else [str(rest)]
    match name:
        case "ConcurrencyException":
            return Conflict("Tryton says the record was changed in the meanwhile")
        case "LoginException":
            return AccessDenied("Tryton does not accept our user and password")
        case "UserWarning":
            # name, message, description: the name is a key of no meaning to people
            shown = " ".join(str(text) for text in rest[1:3] if text) if isinstance(rest, list) else str(rest)
            return Refused(Reason.ERP_REJECTED, f"Tryton wants a person to confirm: {cut(shown)}")
        case "UserError" | "AccessError" | "AccessButtonError":
            return Refused(Reason.ERP_REJECTED, f"Tryton refused: {cut(' '.join(texts))}")
        case _:
            return Failing(f"Tryton failed: {cut(name)}")


def cut(text: str) -> str:
    """In one line, and not too long for a log or a letter."""
    line = " ".join(text.split())
    return line if len(line) <= _TEXT_LIMIT else line[:_TEXT_LIMIT] + " [cut]"


def _seconds(value: str | None) -> float | None:
    try:
        return None if value is None else max(0.0, float(value))
    except ValueError:
        return None  # an HTTP date: the backoff decides
