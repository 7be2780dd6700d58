"""`erp-source`: reads what changed in the ERP, and tells it to the line.

    every `erp_poll`: what was written since (cursor - overlap)? ─▶ not told yet? ─▶ read it ─▶ produce
                                                                         broker has it ─▶ move the cursor

The ERP stamps a write with the start of its transaction, which becomes visible only when it ends: hence the overlap.
A transaction that lasts longer than two thirds of it can be missed. After a restart the overlap is told again, with
the same versions. A record that is deleted in the ERP is not noticed. What only the passing of a day changes is in
`due`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta

from schemas.codec import Codec
from schemas.records import ErpChange
from sinks.calls import Calls
from sinks.errors import TargetError
from sinks.limits import Limiter
from sinks.tryton import request
from sinks.tryton.changes import change
from sinks.tryton.client import TrytonClient
from sinks.tryton.credited import credited_lines, name_sales, sales_of_lines
from sinks.tryton.cursor import Cursors
from sinks.tryton.due import Asks, Due, Positions, Tells
from sinks.tryton.rows import INVOICE, MODELS, Model, version_of, writer_of
from sinks.tryton.settings import TrytonSettings
from sinks.tryton.teller import Teller
from streams.runtime.clock import Clock, system_clock
from streams.runtime.database import operations_engine
from streams.runtime.logs import get_logger
from streams.runtime.registry import worker_registry
from streams.runtime.settings import Settings

log = get_logger("mesh.erp_source")

PAGE = 100  #: records read at once
_LONGEST_WAIT = 15.0
_NARROW = timedelta(seconds=3)  #: most transactions end sooner than that; the wide look finds the others
_START = datetime(1970, 1, 1, tzinfo=UTC)


class Poller:
    """Watches one model. Raises nothing of its own: TargetError is for the caller to wait out."""

    def __init__(self, client: Asks, model: Model, overlap: timedelta, *, clock: Clock = system_clock) -> None:
        self._client = client
        self._model = model
        self._overlap = overlap
        self._clock = clock
        self._wide_at = _START
        self._logins: dict[int | None, str] = {}
        self._told: dict[int, int] = {}  #: id -> version, of what lies in the overlap

    async def read(self, cursor: int) -> list[ErpChange]:
        """Changes that were not told, oldest record first. `cursor`: microseconds, the newest version told so far."""
        since = max(_START, _START + timedelta(microseconds=cursor) - self._back(self._clock()))
        stamps = await self._client.call(request.changed_since(self._model, since))
        return await self.of([row["id"] for row in stamps if self._told.get(row["id"]) != version_of(row)])

    async def of(self, ids: Sequence[int]) -> list[ErpChange]:
        """These records as they are now, told before or not."""
        found: list[ErpChange] = []
        for start in range(0, len(ids), PAGE):
            rows = await self._client.call(request.records(self._model, ids[start : start + PAGE]))
            credited = credited_lines(rows)
            if credited:
                name_sales(rows, await self._client.call(sales_of_lines(credited)))
            now = self._clock()
            await self._learn_logins({writer_of(row) for row in rows})
            for row in rows:
                actor = self._logins.get(writer_of(row))
                found.append(change(self._model.name, row, self._model.body(row), actor, now))
        return found

    def _back(self, now: datetime) -> timedelta:
        """How far before the cursor to look: all of the overlap every now and then, and little of it in between."""
        if now - self._wide_at < self._overlap / 3:
            return min(self._overlap, _NARROW)
        self._wide_at = now
        return self._overlap

    async def _learn_logins(self, writers: set[int | None]) -> None:
        unknown = [user for user in writers if user is not None and user not in self._logins]
        if unknown:
            self._logins.update({user: f"user {user}" for user in unknown})
            self._logins.update({row["id"]: row["login"] for row in await self._client.call(request.users(unknown))})

    def told(self, changes: list[ErpChange], cursor: int) -> int:
        """They are in the broker's log. The new cursor."""
        for one in changes:
            self._told[int(one.erp_id)] = one.version
        cursor = max([cursor, *(one.version for one in changes)])
        horizon = cursor - self._overlap // timedelta(microseconds=1)
        self._told = {key: version for key, version in self._told.items() if version >= horizon}
        return cursor


class ErpSource:
    """All models, one after another, round by round."""

    def __init__(
        self,
        pollers: Mapping[str, Poller],
        cursors: Positions,
        teller: Tells,
        *,
        clock: Clock = system_clock,
        due: Due | None = None,
    ) -> None:
        self._pollers = pollers
        self._due = due
        self._cursors = cursors
        self._teller = teller
        self._clock = clock
        self._positions: dict[str, int] = {}

    async def round(self) -> int:
        """Tell what is new; how much that was. Raises TargetError, WorkerStopped, NotDelivered."""
        told = 0
        for model, poller in self._pollers.items():
            if model not in self._positions:
                self._positions[model] = await self._cursors.position(model)
            before = self._positions[model]
            changes = await poller.read(before)
            if not changes:
                continue
            await self._teller.tell(changes)
            after = poller.told(changes, before)
            if after != before:
                await self._cursors.move(model, after, self._clock())
                self._positions[model] = after
            told += len(changes)
        return told + (await self._due.round() if self._due is not None else 0)

    async def run(self, every: float, stop: asyncio.Event) -> None:
        """Rounds until `stop`. A target that fails is asked again, less and less often."""
        failures = 0
        while not stop.is_set():
            try:
                await self.round()
                failures = 0
            except TargetError as error:
                failures += 1
                log.warning("the ERP could not be read, it is asked again", error=str(error), failures=failures)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), min(_LONGEST_WAIT, every * 2**failures))


async def run_erp_source(settings: Settings, stop: asyncio.Event) -> None:
    """Poll the ERP until `stop` is set. An ERP that is away is waited for.

    Raises WorkerStopped, NotDelivered or RegistryUnavailable for what is ours; the cursor is never ahead of the log.
    """
    settings.need("bootstrap", "registry_url", "operations_url")
    own = TrytonSettings.of(settings)
    codec = Codec(worker_registry(settings))
    async with AsyncExitStack() as stack:
        database = operations_engine(settings.operations_url, pool_size=2)
        stack.push_async_callback(database.dispose)
        client = await stack.enter_async_context(TrytonClient(own, Calls("erp", Limiter(own.rate))))
        teller = Teller(settings.bootstrap, codec)
        pollers = {model.name: Poller(client, model, settings.sink.erp_poll_overlap) for model in MODELS}
        cursors = Cursors(database)
        due = Due(client, pollers[INVOICE.name], cursors, teller)
        await ErpSource(pollers, cursors, teller, due=due).run(settings.sink.erp_poll.total_seconds(), stop)
