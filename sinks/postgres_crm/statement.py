"""SQL of a write-back. Pure: a command in, statements with their parameters out.

Column names come from the tuples here, never from a command. A field that the command leaves out keeps its value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from schemas.records import Command, Travelling
from sinks.port import Fields, Value

Table = Literal["accounts", "opportunities", "cases", "subscriptions", "leads"]
WRITER = "meshline"  #: `updated_by` of what we write: our own changes come back with it, and are known as echoes
_BILLING = ("invoice_status", "invoice_number", "payment_status", "outstanding_balance")
#: The CRM's own columns, written only where a change in the ERP has won against an older one in the CRM.
ADOPT = "account.adopt"
_ADOPTED = ("name", "tax_id", "email", "phone", "street", "city", "postal_code", "country")
COLUMNS: dict[Table, tuple[str, ...]] = {
    "accounts": ("erp_customer_code", *_BILLING, "payment_terms", "erp_status", *_ADOPTED),
    "opportunities": ("erp_order_number", *_BILLING, "billed_invoice_number", "billed_on"),
    "cases": ("erp_credit_number",),
    "subscriptions": ("erp_subscription_number", "erp_revision"),
    "leads": ("erp_customer_code", "erp_order_number"),
}
#: The command's body -> the table of its record.
_TABLES: dict[str, Table] = {
    "account": "accounts",
    "opportunity": "opportunities",
    "case": "cases",
    "subscription": "subscriptions",
    "lead": "leads",
}
#: The most that the column `numeric(18, 2)` keeps of a balance.
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL in psycopg's notation, with its parameters by name."""

    sql: str
    parameters: dict[str, Any]


def table_of(command: Command) -> Table:
    return _TABLES[_body_name(command)]


def select(command: Command) -> Statement:
    """The row of the command's record."""
    table = table_of(command)
    columns = ", ".join(("id", "currency", *COLUMNS[table]))
    return Statement(f"select {columns} from sales.{table} where id = %(id)s", {"id": command.key})


def select_balance(account_id: str, currency: str) -> Statement:
    sql = "select outstanding from sales.account_balances where account_id = %(id)s and currency = %(currency)s"
    return Statement(sql, {"id": account_id, "currency": currency})


def columns_of(command: Command, own_currency: str) -> dict[str, Value]:
    """Columns and values to write. The single balance of an account is in the account's own currency only."""
    body = _body(command)
    given = {name: getattr(body, name) for name in COLUMNS[table_of(command)] if getattr(body, name) is not None}
    values = {name: plain(value) for name, value in given.items()}
    if command.account is not None and command.account.currency != own_currency:
        values.pop("outstanding_balance", None)
    return values


def plain(value: Any) -> Any:
    """A day as text, as it is compared."""
    return value.isoformat() if isinstance(value, date) else value


def balance_of(command: Command) -> tuple[str, Decimal] | None:
    """Currency and amount for the account's balances, one per currency; None where the command has none."""
    body = command.account
    if body is None or body.currency is None or body.outstanding_balance is None:
        return None
    return body.currency, body.outstanding_balance


def updates(command: Command, own_currency: str) -> Sequence[Statement]:
    """The statements of one transaction; only the first may find no row."""
    found = []
    values = {name: None if value == "" else value for name, value in columns_of(command, own_currency).items()}
    if values:
        columns = ", ".join(f"{name} = %({name})s" for name in values)
        sql = f"update sales.{table_of(command)} set {columns}, updated_by = %(writer)s where id = %(id)s"
        parameters: dict[str, Any] = {**values, "id": command.key, "writer": WRITER}
        if command.kind == ADOPT:  # of people's own fields: what they changed later is decided on when it arrives
            sql += " and (updated_at <= %(seen)s or updated_by = %(writer)s)"
            parameters["seen"] = command.occurred_at
        found.append(Statement(sql, parameters))
    balance = balance_of(command)
    if balance is not None:
        sql = (
            "insert into sales.account_balances (account_id, currency, outstanding)"
            " values (%(id)s, %(currency)s, %(outstanding)s)"
            " on conflict (account_id, currency) do update set outstanding = excluded.outstanding"
        )
        parameters = {"id": command.key, "currency": balance[0], "outstanding": balance[1]}
        found.append(Statement(sql, parameters))
    return found


def expected(command: Command, own_currency: str) -> Fields:
    """What must read back."""
    fields = columns_of(command, own_currency)
    balance = balance_of(command)
    return fields | ({f"balance in {balance[0]}": balance[1]} if balance is not None else {})


def image(command: Command, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The body that writes a row's columns back; None for amounts, of which the CRM keeps more than one."""
    written = columns_of(command, row["currency"])
    if not written or any(not isinstance(value, str) for value in written.values()) or balance_of(command):
        return None
    return {_body_name(command): {name: row[name] or "" for name in written}}


def too_fine(command: Command) -> Decimal | None:
    """A balance with more decimals than the CRM's column keeps."""
    amount: Decimal | None = getattr(_body(command), "outstanding_balance", None)
    return amount if amount is not None and amount != amount.quantize(_CENT) else None


def writes_back(command: Command) -> bool:
    """Whether it is about a record of the CRM."""
    return any(getattr(command, name) is not None for name in _TABLES)


def _body_name(command: Command) -> str:
    for name in _TABLES:
        if getattr(command, name) is not None:
            return name
    raise ValueError(f"a {command.kind} is no write-back to the CRM")


def _body(command: Command) -> Travelling:
    body: Travelling = getattr(command, _body_name(command))
    return body
