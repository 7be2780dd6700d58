"""The sink `postgres_crm`: the fields that the ERP owns, written back to accounts and opportunities."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from schemas.reasons import Reason
from schemas.records import Command
from sinks.calls import Calls
from sinks.errors import Refused
from sinks.limits import Limiter
from sinks.port import Fields, Found, Target, Written
from sinks.postgres_crm import statement
from sinks.postgres_crm.client import PostgresCrmClient
from sinks.postgres_crm.response import missing
from sinks.postgres_crm.settings import PostgresCrmSettings
from sinks.postgres_crm.statement import Statement
from streams.runtime.settings import Settings


class PostgresCrmSink:
    """Writes are updates of rows that exist, so a repeat changes nothing."""

    def __init__(self, client: PostgresCrmClient) -> None:
        self.name = "postgres_crm"
        self.target: Target = "crm"
        self._client = client

    @classmethod
    def of(cls, settings: Settings) -> PostgresCrmSink:
        """Raises MissingSetting."""
        own = PostgresCrmSettings.of(settings)
        return cls(PostgresCrmClient(own, Calls("crm", Limiter(own.rate))))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        await self._client.close()

    async def ping(self) -> None:
        await self._client.rows(Statement("select 1 from sales.accounts limit 1", {}))

    async def find(self, command: Command) -> Found | None:
        """The row; it is always the CRM that creates it. Raises Refused where there is none."""
        if not statement.writes_back(command):
            raise Refused(Reason.UNCLASSIFIED, f"the CRM's sink has no way to do {command.kind}")
        row = await self._row(command)
        return Found(row["id"], row)

    async def write(self, command: Command, found: Found | None) -> Written:
        fine = statement.too_fine(command)
        if fine is not None:
            raise Refused(Reason.ERP_REJECTED, f"the CRM keeps balances with 2 decimals, and this one is {fine}")
        row = found.held if found is not None else await self._row(command)
        statements = statement.updates(command, row["currency"])
        if statements and not await self._client.write(statements):
            if command.kind == statement.ADOPT and await self._row(command):
                return Written(row["id"])  # people have changed the account since
            raise missing(command, statement.table_of(command))
        return Written(row["id"], sent=statement.expected(command, row["currency"]))

    def image(self, command: Command, found: Found) -> dict[str, Any] | None:
        return statement.image(command, found.held)

    async def read_back(self, command: Command, written: Written) -> Fields:
        fields: dict[str, Any] = {name: statement.plain(value) for name, value in (await self._row(command)).items()}
        balance = statement.balance_of(command)
        if balance is not None:
            rows = await self._client.rows(statement.select_balance(command.key, balance[0]))
            fields[f"balance in {balance[0]}"] = rows[0]["outstanding"] if rows else None
        return fields

    async def _row(self, command: Command) -> dict[str, Any]:
        rows = await self._client.rows(statement.select(command))
        if not rows:
            raise missing(command, statement.table_of(command))
        return rows[0]
