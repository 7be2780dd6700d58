"""The sinks before a target that is only read: the first call that would write is kept, and not made."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, NoReturn, Self

from ops.replay.preview.verdict import Call, Shown
from schemas.records import Command
from sinks.calls import Calls
from sinks.errors import Refused, SinkError
from sinks.limits import Limiter
from sinks.port import Fields, Found, Sink
from sinks.postgres_crm import statement
from sinks.postgres_crm.client import PostgresCrmClient
from sinks.postgres_crm.settings import PostgresCrmSettings
from sinks.postgres_crm.sink import PostgresCrmSink
from sinks.tryton import correction, invoice, party, request, sale, schedule
from sinks.tryton.client import TrytonClient
from sinks.tryton.corrections import Corrections
from sinks.tryton.invoices import POST
from sinks.tryton.reference_data import ReferenceData
from sinks.tryton.refunds import Refunds
from sinks.tryton.settings import TrytonSettings
from sinks.tryton.sink import TrytonSink
from sinks.verify import differences
from streams.runtime.settings import Settings

#: What follows a first call: an order goes on from its draft, a schedule is amended as one and goes on.
_THEN: dict[str, tuple[str, ...]] = {
    "model.sale.sale.create": ("quote", "confirm", "process"),
    "model.sale.sale.write": ("quote", "confirm", "process"),
    "model.sale.subscription.create": ("quote", "run"),
    "model.sale.subscription.draft": ("correct", "write", "quote", "run"),
}


class WouldWrite(Exception):
    """A call that changes the target, kept from it."""

    def __init__(self, call: Call) -> None:
        super().__init__(call.method)
        self.call = call


class ReadingTryton(TrytonClient):
    """Asks, and never writes."""

    async def call(self, call: request.Call) -> Any:
        if call.writes:
            raise WouldWrite(Call(call.method, list(call.params), _THEN.get(call.method, ())))
        return await super().call(call)


class ReadingCrm(PostgresCrmClient):
    """Asks, and never writes."""

    async def write(self, statements: Sequence[statement.Statement]) -> NoReturn:
        raise WouldWrite(Call("update", [{"sql": one.sql, "parameters": one.parameters} for one in statements]))


class Shadows:
    """One for each target. Entered once; what a target holds is asked anew for each command."""

    def __init__(self, settings: Settings) -> None:
        erp = TrytonSettings.of(settings)
        self._erp = ReadingTryton(erp, Calls("erp", Limiter(erp.rate)))
        self._known = ReferenceData(self._erp)
        self._refunds = Refunds(self._erp, Corrections(self._erp, self._known))
        crm = PostgresCrmSettings.of(settings)
        crm_sink = PostgresCrmSink(ReadingCrm(crm, Calls("crm", Limiter(crm.rate))))
        self._sinks: dict[str, Sink] = {"erp": TrytonSink(self._erp), "crm": crm_sink}
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for sink in self._sinks.values():
            await self._open.enter_async_context(sink)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        await self._open.aclose()

    async def show(self, target: str, command: Command) -> Shown:
        """What the target would get, and change by it."""
        sink = self._sinks[target]
        try:
            found = await sink.find(command)
            try:
                await sink.write(command, found)
                call = None
            except WouldWrite as would:
                call = would.call
            if command.refund is not None:
                now, then = await self._refunds.foreseen(command.refund, command.key)
            else:
                now, then = await self._fields(target, command, found)
            return Shown(call, tuple(differences(then, now)))
        except Refused as error:
            return Shown(refused=error.reason.value, detail=error.detail)
        except SinkError as error:
            return Shown(detail=str(error), away=True)

    async def _fields(self, target: str, command: Command, found: Found | None) -> tuple[Fields, Fields]:
        """(what it holds now, what it would hold)."""
        if target == "crm":
            row = found.held if found is not None else {}
            return row, statement.expected(command, row["currency"])
        if command.customer is not None:
            place = await self._known.place(command.customer.country, command.customer.state)
            code = party.code_of(found.held if found is not None else None, command.customer)
            wanted = party.expected(command.customer, command.key, place, code)
            return ({} if found is None else party.held(found.held)), wanted
        if command.credit is not None:
            wanted = correction.expected(correction.of_credit(command.credit, command.key), command.account_id)
            return ({} if found is None else correction.held(found.held)), wanted
        if command.schedule is not None:
            return schedule.foreseen(None if found is None else found.held, command.schedule, command.account_id)
        if command.invoice is not None:
            wanted = (invoice.expected_posted if command.kind == POST else invoice.expected)(
                command.invoice, command.account_id
            )
            return ({} if found is None else invoice.held(found.held)), wanted
        assert command.order is not None
        return ({} if found is None else sale.held(found.held)), sale.expected(command.order, command.account_id)
