"""Both systems for real, and the line between them in this process: no Kafka, no Debezium, so a test sees each step.

What changes in the CRM's database is heard when the test says so (`hear`), what changes in the ERP when it is polled
(`poll`). Commands are carried to the real sinks and read back, as the runner does.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from schemas.outcome import Forward, Outcome
from schemas.records import Command, Effect, Notice, Stamped
from schemas.topics import COMMAND_CRM, COMMAND_ERP
from sinks.calls import Calls
from sinks.errors import Busy
from sinks.limits import Limiter
from sinks.port import Sink, Written
from sinks.postgres_crm.sink import PostgresCrmSink
from sinks.tryton.client import TrytonClient
from sinks.tryton.rows import MODELS
from sinks.tryton.settings import TrytonSettings
from sinks.tryton.sink import TrytonSink
from sinks.tryton.source import Poller
from sinks.verify import differences
from streams.decide import Policy, decide, decide_effect, record_of
from streams.facts.view import View
from streams.intake.normalise import Arrival, Nothing
from streams.intake.normalise.cdc import change_in_row
from streams.intake.normalise.erp import change_in_erp_record
from streams.runtime.clock import micros
from streams.runtime.settings import Settings

T = TypeVar("T")
_CARRIED = ("event_id", "kind", "key", "account_id", "version", "sequence")


class FlowRig:
    """One line; every id of its records contains `mark`."""

    def __init__(self, settings: Settings, policy: Policy | None = None) -> None:
        self._settings = settings
        self.mark = f"f{uuid.uuid4().hex[:10]}"
        self.account = f"a-{self.mark}"
        self.policy = policy or Policy()
        self.view = View(codes={self.account: f"K-{self.mark}"})
        self.commands: list[Command] = []  #: all that were carried, in order
        self.notices: list[Notice] = []
        self._heard = 0
        self._stack = AsyncExitStack()
        self.client = TrytonClient(TrytonSettings.of(settings), Calls("erp", Limiter(100)))
        self._pollers = {model.name: Poller(self.client, model, timedelta(seconds=30)) for model in MODELS}
        self._cursors = dict.fromkeys(self._pollers, micros(datetime.now(UTC)))

    async def __aenter__(self) -> Self:
        self._crm = psycopg.connect(self._settings.crm_url, autocommit=True, row_factory=dict_row)
        self._stack.callback(self._crm.close)
        self._stack.callback(self._clean_up)
        erp = await self._stack.enter_async_context(TrytonSink(self.client))
        crm = await self._stack.enter_async_context(PostgresCrmSink.of(self._settings))
        self._sinks: dict[str, Sink] = {COMMAND_ERP.name: erp, COMMAND_CRM.name: crm}
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    # -- the CRM

    def put(self, table: str, key: str, **fields: Any) -> None:
        """Make or change a row, as somebody at the CRM. The real line leaves it alone: `updated_by` is ours."""
        names = ["id", *fields, "updated_by"]
        sets = sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(n)) for n in names[1:])
        statement = sql.SQL("insert into sales.{} ({}) values ({}) on conflict (id) do update set {}").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(sql.Placeholder() * len(names)),
            sets,
        )
        self._crm.execute(statement, [key, *fields.values(), "ina"])

    def row(self, table: str, key: str) -> dict[str, Any]:
        query = sql.SQL("select * from sales.{} where id = %s").format(sql.Identifier(table))
        found = self._crm.execute(query, [key]).fetchone()
        assert found is not None, f"no {key} in {table}"
        return found

    async def hear(self, table: str, key: str, at: datetime | None = None) -> Outcome:
        """The row as it is now reaches the line, as it was committed `at`; None: now."""
        self._heard += 1
        row = {n: v.isoformat() if isinstance(v, datetime) else v for n, v in self.row(table, key).items()}
        source = {"ts_us": micros(at or datetime.now(UTC)), "lsn": self._heard}
        event = change_in_row(table, {"op": "u", "after": row, "source": source}, self._arrival())
        assert not isinstance(event, Nothing)
        return await self.decide(event)

    # -- the ERP

    async def poll(self, model: str) -> list[Outcome]:
        """What the ERP has changed since the last time, of this rig's records."""
        changes = await self._pollers[model].read(self._cursors[model])
        self._cursors[model] = self._pollers[model].told(changes, self._cursors[model])
        mine = [change for change in changes if self.mark in change.body]
        return [await self.decide(change_in_erp_record(change, self._arrival())) for change in mine]

    # -- the line

    async def decide(self, event: Stamped) -> Outcome:
        now = datetime.now(UTC)
        outcome = decide(event, self.view.facts_for(event, None), self.policy, now)
        self.view.learn(event, outcome)
        if isinstance(outcome, Forward):
            for record in outcome.records:
                if isinstance(record.value, Notice):
                    self.notices.append(record.value)
                    continue
                assert isinstance(record.value, Command)
                await self.carry(record.topic, record.value)
        return outcome

    async def carry(self, topic: str, command: Command) -> Written:
        """Find, write, read back; and what follows from it."""
        sink = self._sinks[topic]
        written = await patiently(lambda: _write(sink, command))
        assert differences(written.sent, await sink.read_back(command, written)) == []
        self.commands.append(command)
        if topic == COMMAND_ERP.name:
            await self._follow_up(command, written)
        return written

    async def _follow_up(self, command: Command, written: Written) -> None:
        effect = Effect(
            effect_id=command.command_id,
            outcome="applied",
            external_id=written.external_id,
            external_number=written.external_number,
            applied_at=datetime.now(UTC),
            **{n: getattr(command, n) for n in (*_CARRIED, "occurred_at")},
        )
        key = record_of(effect)
        for record in decide_effect(effect, self.view.records.get(key) if key else None, datetime.now(UTC)):
            if isinstance(record.value, Command):
                await self.carry(record.topic, record.value)
            elif isinstance(record.value, Notice):
                self.notices.append(record.value)

    def _arrival(self) -> Arrival:
        self._heard += 1
        return Arrival(f"raw/0/{self._heard}", datetime.now(UTC))

    def _clean_up(self) -> None:
        for table in ("contracts", "cases", "subscriptions", "leads", "opportunity_lines", "opportunities", "accounts"):
            query = sql.SQL("delete from sales.{} where id like %s").format(sql.Identifier(table))
            self._crm.execute(query, [f"%{self.mark}%"])


async def _write(sink: Sink, command: Command) -> Written:
    return await sink.write(command, await sink.find(command))


async def patiently(step: Callable[[], Awaitable[T]]) -> T:
    """Again, as the runner does, while somebody else is posting: the ERP numbers one invoice at a time."""
    end = asyncio.get_running_loop().time() + 30
    while True:
        try:
            return await step()
        except Busy:
            if asyncio.get_running_loop().time() > end:
                raise


def told(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Some of the values."""
    return {name: values[name] for name in names}
