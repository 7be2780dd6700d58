"""One call to Tryton over HTTP. What the HTTP library raises is translated here and nowhere else."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from sinks.calls import Calls
from sinks.errors import AccessDenied, Ambiguous, Failing, TargetError, Unreachable
from sinks.tryton import wire
from sinks.tryton.request import Call
from sinks.tryton.response import SessionExpired, result_of
from sinks.tryton.settings import TrytonSettings

#: No connection was made, so nothing was sent.
_NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


def translate(error: httpx.HTTPError | httpx.InvalidURL, *, writes: bool) -> TargetError:
    """What a failed exchange means: a write that was sent and not answered may have been applied."""
    text = f"{type(error).__name__}: {error}".rstrip(": ")
    if isinstance(error, _NOTHING_SENT):
        return Unreachable(f"Tryton cannot be reached: {text}")
    if writes:
        return Ambiguous(f"Tryton did not answer a write: {text}")
    return Failing(f"Tryton did not answer: {text}")


@dataclass(frozen=True, slots=True)
class _Session:
    header: str
    context: dict[str, Any]
    user: int | None = None


class TrytonClient:
    """Logs in at the first call, and again when the session has ended. Safe for concurrent use."""

    def __init__(
        self, settings: TrytonSettings, calls: Calls, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._settings = settings
        self._calls = calls
        self._http = httpx.AsyncClient(
            timeout=settings.timeout,
            limits=httpx.Limits(max_connections=settings.connections),
            headers={"Content-Type": "application/json"},
            transport=transport,
            trust_env=False,
        )
        self._session: _Session | None = None
        self._login = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        await self._http.aclose()

    @property
    def user(self) -> int | None:
        """The ERP's id of our own user; None before the first call."""
        return self._session.user if self._session is not None else None

    async def call(self, call: Call) -> Any:
        """The call's result. Raises TargetError, AccessDenied."""
        session = await self._logged_in(None)
        try:
            return await self._ask(call, session)
        except SessionExpired:
            session = await self._logged_in(session)
        try:
            return await self._ask(call, session)
        except SessionExpired as error:
            raise AccessDenied("Tryton does not take the session it has just given us") from error

    async def _ask(self, call: Call, session: _Session) -> Any:
        context = session.context | dict(call.around) | ({"_timestamp": dict(call.lock)} if call.lock else {})
        return await self._send(call.method, [*call.params, context], session.header, writes=call.writes)

    async def _logged_in(self, ended: _Session | None) -> _Session:
        """The session; a new one where `ended` is the one we have."""
        async with self._login:
            if self._session is None or self._session is ended:
                self._session = await self._log_in()
            return self._session

    async def _log_in(self) -> _Session:
        user, password = self._settings.user, self._settings.password.get_secret_value()
        try:
            answer = await self._send("common.db.login", [user, {"password": password}], "")
            uid, token, *_ = answer
            header = "Session " + base64.b64encode(f"{user}:{uid}:{token}".encode()).decode()
            context = await self._send("model.res.user.get_preferences", [True, {}], header)
        except SessionExpired as error:
            raise AccessDenied(f"Tryton does not accept the user {user!r} with our password") from error
        except (TypeError, ValueError) as error:
            raise AccessDenied(f"Tryton did not log in the user {user!r}") from error
        return _Session(header, dict(context), uid)

    async def _send(self, method: str, params: list[Any], header: str, *, writes: bool = False) -> Any:
        content = wire.dumps({"id": 0, "method": method, "params": params})
        async with self._calls.one():
            try:
                response = await self._http.post(
                    self._settings.endpoint, content=content, headers={"Authorization": header} if header else {}
                )
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise translate(error, writes=writes) from error
            try:
                return result_of(response.status_code, response.headers, response.content)
            except TargetError as error:
                error.http_status = response.status_code
                raise
