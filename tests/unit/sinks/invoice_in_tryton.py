"""An order's invoice as Tryton tells it, and a Tryton that holds nothing else."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

from schemas.reasons import Reason
from sinks.errors import Refused
from sinks.tryton.request import Call

OURS, JANE = 4, 7
APRIL, MARCH = date(2026, 4, 1), date(2027, 3, 31)
LEDGER = {"4.1.1": 99, "4.2.2": 102}
TERMS = {"30 days": 2, "Direct": 1}


def draft(**over: Any) -> dict[str, Any]:
    """As Tryton makes it of an order."""
    line = {
        "id": 31,
        "type": "line",
        "_timestamp": "l1",
        "write_uid": None,
        "product.": {"code": "SKU-001"},
        "quantity": Decimal("2.0"),
        "unit_price": Decimal("480.0000"),
        "amount": Decimal("960.00"),
        "account.": {"code": "4.1.1"},
        "defer_from": None,
        "defer_to": None,
    }
    row = {
        "id": 1,
        "number": None,
        "state": "draft",
        "reference": None,
        "payment_term.": None,
        "_timestamp": "t1",
        "write_uid": OURS,
        "currency.": {"code": "EUR"},
        "untaxed_amount": Decimal("960.00"),
        "party.": {"code": "C-a", "identifiers.": [{"type": None, "code": "a"}]},
        "sales.": [{"id": 9, "reference": "d"}],
        "lines.": [line, {"id": 32, "type": "comment"}],
    }
    return row | over


def composed(**over: Any) -> dict[str, Any]:
    """As we make it."""
    row = draft(reference="PO 2026/0117", **{"payment_term.": {"name": "30 Days"}})
    row["lines."][0] |= {"account.": {"code": "4.2.2"}, "defer_from": APRIL, "defer_to": MARCH}
    return row | over


def changed(row: dict[str, Any], **line: Any) -> dict[str, Any]:
    """With one line that is otherwise."""
    row = deepcopy(row)
    row["lines."][0] |= line
    return row


class Erp:
    """Tryton, as far as an invoice goes. `refuses`: what it says to a post; `moves`: what happens before that."""

    def __init__(self, *rows: dict[str, Any], refuses: str = "", moves: str = "") -> None:
        self.user, self.rows, self.refuses, self.moves = OURS, [deepcopy(row) for row in rows], refuses, moves
        self.wrote: list[Call] = []

    async def call(self, call: Call) -> Any:
        if call.writes:
            self.wrote.append(call)
            return self._post() if call.method.endswith(".post") else self._write(call.params[1])
        match call.method:
            case "model.account.account.search_read":
                return [{"code": code, "id": number} for code, number in LEDGER.items()]
            case "model.account.invoice.payment_term.search_read":
                return [{"name": name, "id": number} for name, number in TERMS.items()]
            case "model.account.invoice.deferred.search_read":
                lines = [one for one in self.rows[0]["lines."] if one["type"] == "line" and one["defer_from"]]
                posted = self.rows[0]["state"] == "posted"
                return [{"start_date": one["defer_from"], "end_date": one["defer_to"]} for one in lines if posted]
            case _:
                return deepcopy(self.rows)

    def _write(self, values: dict[str, Any]) -> None:
        (row,) = self.rows
        row["reference"] = values.get("reference", row["reference"])
        if "payment_term" in values:
            row["payment_term."] = {"name": next(n for n, number in TERMS.items() if number == values["payment_term"])}
        for _, (number,), given in values["lines"]:
            line = next(one for one in row["lines."] if one["id"] == number)
            code = next(code for code, account in LEDGER.items() if account == given["account"])
            line |= {**given, "account.": {"code": code}}

    def _post(self) -> None:
        self.rows[0]["state"] = self.moves or self.rows[0]["state"]
        if self.refuses:
            raise Refused(Reason.ERP_REJECTED, self.refuses)
        self.rows[0] |= {"state": "posted", "number": "2026/7"}
