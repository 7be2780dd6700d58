"""What Tryton's answers and the HTTP library's errors mean."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from schemas.reasons import Reason
from sinks.calls import Calls
from sinks.errors import AccessDenied, Ambiguous, Busy, Conflict, Failing, Refused, SinkError, Unreachable
from sinks.limits import Limiter
from sinks.tryton import request, wire
from sinks.tryton.client import TrytonClient, translate
from sinks.tryton.response import SessionExpired, result_of
from sinks.tryton.settings import TrytonSettings

SETTINGS = TrytonSettings("http://erp.test", "erp", "meshline", SecretStr("hunter2-secret"))


def vendor_errors(kind: type[Exception]) -> set[type[Exception]]:
    below = {found for child in kind.__subclasses__() for found in vendor_errors(child)}
    return below | {kind}


@pytest.mark.parametrize("writes", [True, False])
@pytest.mark.parametrize("kind", sorted(vendor_errors(httpx.HTTPError) | {httpx.InvalidURL}, key=lambda k: k.__name__))
def test_every_error_of_the_http_library_has_a_meaning(kind: type[Any], writes: bool) -> None:
    error = kind("x", request=None, response=None) if kind is httpx.HTTPStatusError else kind("x")
    nothing_sent = ("Connect", "Pool", "Proxy", "UnsupportedProtocol", "InvalidURL")
    expected = Unreachable if kind.__name__.startswith(nothing_sent) else Ambiguous if writes else Failing
    assert type(translate(error, writes=writes)) is expected


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"error": ["UserError", ["Bad code.", "", ["domain"] * 3000]]}, Refused),
        (200, {"error": ["UserWarning", ["key_1", "Really?", "It is late."]]}, Refused),
        (200, {"error": ["ConcurrencyException", "Records were modified"]}, Conflict),
        (200, {"error": ["LoginException", ["x"]]}, AccessDenied),
        (200, {"error": ["'nope'", "Traceback ..."]}, Failing),
        (200, [], Failing),
        (401, {}, SessionExpired),
        (403, {}, Refused),
        (404, {}, Failing),  # what Tryton says while its database is away
        (429, {}, Busy),
        (500, {}, Failing),
        (503, {}, Busy),
        (504, {}, Failing),
    ],
)
def test_answers(status: int, body: Any, kind: type[SinkError]) -> None:
    with pytest.raises(kind) as raised:
        result_of(status, {"retry-after": "7"}, json.dumps(body).encode())
    assert len(str(raised.value)) < 600
    if isinstance(raised.value, Busy):
        assert raised.value.retry_after == 7


def test_a_refusal_keeps_the_words_and_drops_the_rest() -> None:
    body = {"error": ["UserError", ["Bad code.", "Try another.", ["x"] * 5000]]}
    with pytest.raises(Refused) as refused:
        result_of(200, {}, json.dumps(body).encode())
    assert refused.value.detail == "Tryton refused: Bad code. Try another."
    assert refused.value.reason is Reason.ERP_REJECTED


def test_not_json_is_the_target_s_failure() -> None:
    with pytest.raises(Failing, match="not JSON"):
        result_of(200, {}, b"<html>")


def test_values_survive_the_wire() -> None:
    values = {"d": Decimal("10.5000"), "day": date(2026, 1, 31), "at": datetime(2026, 1, 1, 9, 30, 1, 7, tzinfo=UTC)}
    assert wire.loads(wire.dumps(values)) == values
    assert wire.dumps({"q": wire.Quantity("2.125")}) == b'{"q":2.125}'
    assert wire.loads(b"0.1") == Decimal("0.1")


def test_a_wrong_password_stops_the_worker_and_is_not_told() -> None:
    async def check() -> None:
        transport = httpx.MockTransport(lambda _: httpx.Response(401))
        async with TrytonClient(SETTINGS, Calls("erp", Limiter(100)), transport=transport) as client:
            with pytest.raises(AccessDenied) as denied:
                await client.call(request.ping())
        assert "hunter2" not in str(denied.value)

    asyncio.run(check())
    assert "hunter2" not in repr(SETTINGS)
