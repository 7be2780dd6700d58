"""The CRM's database, read by SQL."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]
_TABLES = {
    "accounts": "select * from sales.accounts where id like %(like)s",
    "contracts": "select * from sales.contracts where id like %(like)s",
    "deals": "select * from sales.opportunities where id like %(like)s",
    "lines": "select * from sales.opportunity_lines where opportunity_id like %(like)s order by position",
    "cases": "select * from sales.cases where id like %(like)s",
    "subscriptions": "select * from sales.subscriptions where id like %(like)s",
    "leads": "select * from sales.leads where id like %(like)s",
    "balances": "select * from sales.account_balances where account_id like %(like)s",
}


def read_crm(url: str, run: str) -> dict[str, list[Row]]:
    """Every row of a run, by table. Ids of a run are `<kind>-<run>-<number>`."""
    with psycopg.connect(url, row_factory=dict_row, connect_timeout=10) as connection:
        return {name: connection.execute(sql, {"like": f"%-{run}-%"}).fetchall() for name, sql in _TABLES.items()}
