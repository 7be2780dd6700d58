"""The ERP as a person with a browser sees it: JSON-RPC of its own, not the sinks' client.

Used by the accountant, and to read back what is really there.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import TracebackType
from typing import Any

import httpx

from ops.demo.errors import DemoFailed, ErpRefused
from streams.runtime.settings import Settings

_PAGE = 500
_TRIES, _AGAIN_S = 20, 0.25


class Erp:
    """One logged-in user. Raises ErpRefused, DemoFailed."""

    def __init__(self, settings: Settings) -> None:
        settings.need("erp_url", "erp_database", "erp_user", "erp_password")
        self._url = f"{settings.erp_url}/{settings.erp_database}/rpc/"
        self._http = httpx.Client(timeout=60, trust_env=False)
        password = settings.erp_password.get_secret_value()
        session = self._post("common.db.login", [settings.erp_user, {"password": password}, None])
        if not session:
            raise ErpRefused(f"the ERP does not let {settings.erp_user} in")
        token = f"{settings.erp_user}:{session[0]}:{session[1]}"
        self._http.headers["Authorization"] = "Session " + base64.b64encode(token.encode()).decode()
        self.context: dict[str, Any] = self._post("model.res.user.get_preferences", [True, {}])

    def __enter__(self) -> Erp:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def call(self, method: str, *params: Any, **context: Any) -> Any:
        """One call; `context` is laid over the user's."""
        return self._post(method, [*params, {**self.context, **context}])

    def read(self, model: str, domain: Sequence[Any], fields: Sequence[str]) -> list[dict[str, Any]]:
        """Every record that matches, in the order of ids."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.call(f"model.{model}.search_read", domain, len(found), _PAGE, [["id", "ASC"]], fields)
            found.extend(page)
            if len(page) < _PAGE:
                return found

    def read_ids(self, model: str, ids: Iterable[int], fields: Sequence[str]) -> dict[int, dict[str, Any]]:
        """Records by id."""
        wanted = sorted(set(ids))
        pages = (wanted[start : start + _PAGE] for start in range(0, len(wanted), _PAGE))
        return {row["id"]: row for page in pages for row in self.call(f"model.{model}.read", page, fields)}

    def _pressed(self, body: str) -> httpx.Response:
        """A busy ERP says 503 after it has undone all of a call; a person presses the button again."""
        for _ in range(_TRIES):
            answer = self._http.post(self._url, content=body, headers={"Content-Type": "application/json"})
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(_AGAIN_S)
        return answer

    def _post(self, method: str, params: list[Any]) -> Any:
        body = json.dumps({"id": 0, "method": method, "params": params}, default=_encode)
        try:
            answer = self._pressed(body)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise DemoFailed(f"the ERP does not answer {method}: {error or type(error).__name__}") from error
        document = json.loads(answer.content, object_hook=_decode, parse_float=Decimal)
        if not isinstance(document, dict):
            return document
        if document.get("error"):
            raise ErpRefused(f"{method}: {str(document['error'])[:400]}")
        return document.get("result")


def _encode(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    raise TypeError(f"{type(value).__name__} has no JSON form here")


def _decode(found: dict[str, Any]) -> Any:
    match found.get("__class__"):
        case "Decimal":
            return Decimal(found["decimal"])
        case "date":
            return date(found["year"], found["month"], found["day"])
        case "datetime":
            names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
            return datetime(*(found[name] for name in names))  # noqa: DTZ001 - the ERP's are UTC without saying so
        case _:
            return found
