"""Invoices that are overdue from today on: nothing in the ERP changes that day, so they are told once more.

A day begins at the company's own midnight. It is told of a minute later, so that clocks that are a little apart agree
on it when the invoice is decided. The cursor of a company is the first day of which nothing was told; it moves when the
broker has the invoices. After a time in which nobody looked, all days that passed are told of at once. What was told
the day before is told again: an invoice that was decided by a clock far behind is right a day later.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from schemas.records import ErpChange
from sinks.tryton.request import Call, search
from streams.runtime.clock import Clock, system_clock

_GRACE = timedelta(minutes=1)
_REMEMBER_S = 300.0  #: a company's time zone hardly ever changes


class Asks(Protocol):
    async def call(self, call: Call, /) -> Any: ...


class Positions(Protocol):
    async def position(self, model: str, /) -> int: ...

    async def move(self, model: str, position: int, now: datetime, /) -> None: ...


class Tells(Protocol):
    async def tell(self, changes: Sequence[ErpChange], /) -> None: ...


class Reads(Protocol):
    async def of(self, ids: Sequence[int], /) -> list[ErpChange]: ...


def today_in(time_zone: str | None, now: datetime) -> date:
    """The company's day of which is to be told: the one that began a minute ago at least. None: UTC."""
    return (now - _GRACE).astimezone(ZoneInfo(time_zone or "UTC")).date()


def companies() -> Call:
    return search("company.company", [], ["timezone"])


def passed(company: int, told: date | None, today: date) -> Call:
    """The company's open invoices with a part that was due before today, and not before the day before `told`."""
    due = [["move.lines.maturity_date", "<", today]]
    if told is not None:
        due.append(["move.lines.maturity_date", ">=", told - timedelta(days=1)])
    return search(
        "account.invoice", [["type", "=", "out"], ["state", "=", "posted"], ["company", "=", company], *due], []
    )


class Due:
    """Looks once a day for each company that our user may see."""

    def __init__(
        self,
        client: Asks,
        invoices: Reads,
        cursors: Positions,
        teller: Tells,
        *,
        clock: Clock = system_clock,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._invoices, self._cursors, self._teller = client, invoices, cursors, teller
        self._clock, self._timer = clock, timer
        self._zones: dict[int, str | None] = {}
        self._learn_at = 0.0
        self._told: dict[int, int] = {}

    async def round(self) -> int:
        """Tell what is overdue since a day that began; how much that was. Raises TargetError, WorkerStopped."""
        now, told = self._clock(), 0
        for company, zone in (await self._companies()).items():
            name, today = f"overdue/{company}", today_in(zone, now)
            if company not in self._told:
                self._told[company] = await self._cursors.position(name)
            before = self._told[company]
            if today.toordinal() <= before:
                continue
            rows = await self._client.call(passed(company, date.fromordinal(before) if before else None, today))
            changes = await self._invoices.of([row["id"] for row in rows])
            if changes:
                await self._teller.tell(changes)
            await self._cursors.move(name, today.toordinal(), now)
            self._told[company] = today.toordinal()
            told += len(changes)
        return told

    async def _companies(self) -> dict[int, str | None]:
        if not self._zones or self._timer() >= self._learn_at:
            self._zones = {row["id"]: row["timezone"] for row in await self._client.call(companies())}
            self._learn_at = self._timer() + _REMEMBER_S
        return self._zones
