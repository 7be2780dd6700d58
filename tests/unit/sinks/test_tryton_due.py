"""An invoice is told of once more on the day on which it is overdue, as the company's own clocks show the day."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from schemas.records import ErpChange
from sinks.errors import Failing
from sinks.tryton.due import Due, today_in
from sinks.tryton.request import Call
from sinks.tryton.source import ErpSource

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("zone", "now", "today"),
    [
        (None, "2026-03-02T00:00:59+00:00", "2026-03-01"),
        (None, "2026-03-02T00:01:00+00:00", "2026-03-02"),
        ("Asia/Tokyo", "2026-03-01T15:00:59+00:00", "2026-03-01"),
        ("Asia/Tokyo", "2026-03-01T15:01:00+00:00", "2026-03-02"),
        ("America/New_York", "2026-03-02T05:00:59+00:00", "2026-03-01"),
        ("America/New_York", "2026-03-02T05:01:00+00:00", "2026-03-02"),
        # Summer time began on 8 March there, so midnight comes an hour earlier by Greenwich.
        ("America/New_York", "2026-03-09T04:00:59+00:00", "2026-03-08"),
        ("America/New_York", "2026-03-09T04:01:00+00:00", "2026-03-09"),
        # In Santiago the clocks go from 23:59 to 01:00: the day begins at one.
        ("America/Santiago", "2026-09-06T04:00:59+00:00", "2026-09-05"),
        ("America/Santiago", "2026-09-06T04:01:00+00:00", "2026-09-06"),
        ("Pacific/Kiritimati", "2026-03-01T10:01:00+00:00", "2026-03-02"),
        ("Asia/Kathmandu", "2026-03-01T18:16:00+00:00", "2026-03-02"),
    ],
)
def test_a_day_begins_at_the_company_s_midnight_and_a_minute(zone: str | None, now: str, today: str) -> None:
    assert today_in(zone, at(now)) == date.fromisoformat(today)


class World:
    """An ERP with companies and what is due in them on which day; cursors, a broker and a clock."""

    def __init__(self, zones: dict[int, str | None], due: dict[int, tuple[int, str]]) -> None:
        self.zones, self.due = zones, due
        self.cursors: dict[str, int] = {}
        self.told: list[int] = []
        self.now, self.asked, self.timer = MIDNIGHT, list[str](), 0.0
        self.broken = False

    def watch(self) -> Due:
        return Due(self, self, self, self, clock=lambda: self.now, timer=lambda: self.timer)

    async def call(self, call: Call) -> Any:
        self.asked.append(call.method.split(".")[1])
        if self.asked[-1] == "company":
            return [{"id": company, "timezone": zone} for company, zone in self.zones.items()]
        said = {(name, operator): value for name, operator, value in call.params[0]}
        assert said["type", "="] == "out"
        assert said["state", "="] == "posted"
        until, since = said["move.lines.maturity_date", "<"], said.get(("move.lines.maturity_date", ">="), date.min)
        return [
            {"id": number}
            for number, (company, day) in self.due.items()
            if company == said["company", "="] and since <= date.fromisoformat(day) < until
        ]

    async def of(self, ids: Sequence[int]) -> list[ErpChange]:
        empty = {"system": "tryton", "model": "invoice", "version": 1, "read_at": self.now, "body": "{}"}
        return [ErpChange(erp_id=str(number), **empty) for number in ids]

    async def position(self, name: str) -> int:
        return self.cursors.get(name, 0)

    async def move(self, name: str, position: int, now: datetime) -> None:
        assert now == self.now
        self.cursors[name] = position

    async def tell(self, changes: Sequence[ErpChange]) -> None:
        if self.broken:
            raise Failing("the broker is away")
        self.told += [int(change.erp_id) for change in changes]

    def rounds(self, due: Due, *moments: datetime) -> list[list[int]]:
        """What is told at each moment."""

        async def life() -> list[list[int]]:
            found = []
            for self.now in moments:
                self.told = []
                assert await due.round() == len(self.told)
                found.append(self.told)
            return found

        return asyncio.run(life())


def days(*hours: float) -> list[datetime]:
    return [MIDNIGHT + timedelta(hours=hour) for hour in hours]


def test_an_invoice_is_told_when_the_day_after_its_due_date_begins_and_of_the_day_before_once_more() -> None:
    world = World({1: None}, {7: (1, "2026-03-01"), 8: (1, "2026-03-02"), 9: (1, "2026-03-03")})
    told = world.rounds(world.watch(), *days(0, 0.02, 1, 23.9, 24.02, 48.02, 72.02, 96.02))
    assert told == [[], [7], [], [], [7, 8], [8, 9], [9], []]


def test_a_first_look_tells_of_all_that_is_overdue() -> None:
    world = World({1: None}, {7: (1, "2020-01-01"), 8: (1, "2026-03-02")})
    assert world.rounds(world.watch(), *days(1)) == [[7]]


def test_days_on_which_nobody_looked_are_told_of_afterwards() -> None:
    world = World({1: None}, {7: (1, "2026-03-02"), 8: (1, "2026-03-06"), 9: (1, "2026-03-09")})
    world.rounds(world.watch(), *days(1))
    assert world.rounds(world.watch(), *days(24 * 5)) == [[7]]  # not a minute after midnight yet
    assert world.rounds(world.watch(), *days(24 * 5.1)) == [[8]]
    assert world.rounds(world.watch(), *days(24 * 5.2)) == [[]]


def test_each_company_has_its_own_midnight_and_cursor() -> None:
    world = World({1: "Asia/Tokyo", 2: "America/New_York"}, {7: (1, "2026-03-02"), 8: (2, "2026-03-02")})
    told = world.rounds(world.watch(), *days(1, 15, 15.02, 24.02, 29, 29.02))
    assert told == [[], [], [7], [], [], [8]]
    assert world.cursors == {f"overdue/{one}": date(2026, 3, 3).toordinal() for one in (1, 2)}


def test_what_the_broker_does_not_have_is_told_again() -> None:
    world = World({1: None}, {7: (1, "2026-03-01")})
    due, world.broken = world.watch(), True
    with pytest.raises(Failing):
        world.rounds(due, *days(1))
    assert world.cursors == {}
    world.broken = False
    assert world.rounds(due, *days(1)) == [[7]]


def test_the_source_looks_for_it_in_every_round() -> None:
    world = World({1: None}, {7: (1, "2026-03-01")})
    world.now = MIDNIGHT + timedelta(hours=1)
    source = ErpSource({}, world, world, due=world.watch())
    assert asyncio.run(source.round()) == 1
    assert world.told == [7]


def test_the_erp_is_asked_once_a_day_and_for_time_zones_every_five_minutes() -> None:
    world = World({1: None}, {})
    due = world.watch()
    world.rounds(due, *days(1, 2, 3))
    assert world.asked == ["company", "account"]
    world.timer, world.zones[1] = 300.0, "Pacific/Kiritimati"
    world.rounds(due, *days(10.02))
    assert world.asked == ["company", "account", "company", "account"]
