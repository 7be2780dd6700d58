"""The ERP, read by JSON-RPC of our own."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import httpx

Row = dict[str, Any]
_PAGE = 400


class ErpUnreadable(Exception):
    """The ERP does not answer the witness."""


@dataclass(frozen=True, slots=True)
class Login:
    """Where the ERP is, and who reads there. `url` without the database."""

    url: str
    database: str
    user: str
    password: str


class ErpReader:
    """One reading user. Raises ErpUnreadable."""

    def __init__(self, login: Login) -> None:
        self._http = httpx.Client(base_url=f"{login.url.rstrip('/')}/{login.database}", timeout=60, trust_env=False)
        answer = self._ask("common.db.login", [login.user, {"password": login.password}, None])
        if not answer:
            raise ErpUnreadable(f"the ERP does not let {login.user} in")
        token = base64.b64encode(f"{login.user}:{answer[0]}:{answer[1]}".encode()).decode()
        self._http.headers["Authorization"] = f"Session {token}"
        self._context = self._ask("model.res.user.get_preferences", [True, {}])

    def close(self) -> None:
        self._http.close()

    def search(self, model: str, domain: Sequence[Any], fields: Sequence[str]) -> list[Row]:
        """Every record of a model that matches."""
        found: list[Row] = []
        while True:
            params = [list(domain), len(found), _PAGE, [["id", "ASC"]], list(fields), self._context]
            page = self._ask(f"model.{model}.search_read", params)
            found += page
            if len(page) < _PAGE:
                return found

    def by_id(self, model: str, ids: Iterable[int], fields: Sequence[str]) -> dict[int, Row]:
        """Records by id."""
        wanted = sorted(set(ids))
        found: dict[int, Row] = {}
        for start in range(0, len(wanted), _PAGE):
            rows = self._ask(f"model.{model}.read", [wanted[start : start + _PAGE], list(fields), self._context])
            found |= {row["id"]: row for row in rows}
        return found

    def _ask(self, method: str, params: list[Any]) -> Any:
        try:
            answer = self._http.post("/rpc/", json={"id": 1, "method": method, "params": params})
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise ErpUnreadable(f"{method}: {error or type(error).__name__}") from error
        document = json.loads(answer.content, object_hook=_value, parse_float=Decimal)
        if isinstance(document, dict) and document.get("error"):
            raise ErpUnreadable(f"{method}: {str(document['error'])[:300]}")
        return document.get("result") if isinstance(document, dict) else document


def _value(found: Row) -> Any:
    kind = found.get("__class__")
    if kind == "Decimal":
        return Decimal(found["decimal"])
    if kind == "date":
        return date(found["year"], found["month"], found["day"])
    return found
