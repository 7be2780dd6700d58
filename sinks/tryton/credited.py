"""Which sales a credit note is of: those of the invoice whose lines it names as the origin of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sinks.tryton.request import Call, search

_PREFIX = "account.invoice.line,"


def credited_lines(rows: Iterable[Any]) -> list[int]:
    """Ids of the lines that invoices without a sale of their own credit."""
    return sorted({line for row in rows if not row.get("sales.") for line in _origins(row)})


def sales_of_lines(lines: Sequence[int]) -> Call:
    """The sales of the invoices that have these lines."""
    names = ("invoice.sales.number", "invoice.sales.reference")
    return search("account.invoice.line", [["id", "in", list(lines)]], names)


def name_sales(rows: Iterable[Any], lines: Iterable[Any]) -> None:
    """Give each credit note the sales of what it credits, each once. `lines` is the answer to `sales_of_lines`."""
    sales = {line["id"]: line["invoice."]["sales."] for line in lines if line["invoice."]}
    for row in rows:
        if not row.get("sales."):
            found = {sale["id"]: sale for line in _origins(row) for sale in sales.get(line, ())}
            row["sales."] = [found[key] for key in sorted(found)]


def _origins(row: Any) -> list[int]:
    told = (line.get("origin") for line in row.get("lines.", ()))
    return [int(one.removeprefix(_PREFIX)) for one in told if isinstance(one, str) and one.startswith(_PREFIX)]
