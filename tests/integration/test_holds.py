"""Holds in the real database: kept whole, satisfied by what arrives, expired by the clock, released once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import cast

from sqlalchemy.ext.asyncio import AsyncEngine

from schemas import headers as names
from schemas.headers import header_text
from schemas.outcome import WaitKind
from schemas.reasons import Reason
from schemas.records import Account, Line, LineItem, Opportunity
from schemas.topics import DEAD_LETTER, REDRIVE
from streams.agents import HoldReleaser
from streams.facts import Span
from streams.letters.holds import end_superseded, original_of
from streams.letters.outbox import Outbox, Outgoing
from tests.integration.operations import close_all, hold_of, learn, look, play, put, rows
from tests.unit.streams.agents.crm_days import T0, meta

MINUTE = timedelta(minutes=1)


def deal(tick: int = 5, lines: int = 2) -> Opportunity:
    stamp = meta("opportunity", "d1", "a1", tick)
    return Opportunity(meta=stamp, id="d1", stage="Closed Won", currency="EUR", amount=19, line_count=lines)


def line(sku: str, tick: int = 6, operation: str = "update", deal_id: str = "d1") -> LineItem:
    stamp = meta("line_item", f"{deal_id}-{sku}", "a1", tick, operation)  # type: ignore[arg-type]
    held = Line(id=f"{deal_id}-{sku}", sku=sku, quantity=1, unit_price=10, discount_percent=5)
    return LineItem(meta=stamp, id=held.id, opportunity_id=deal_id, line=None if operation == "delete" else held)


class Sent:
    """An outbox that keeps what it is given; `gate` makes it wait, as a slow broker does."""

    def __init__(self, gate: asyncio.Event | None = None, fail: bool = False) -> None:
        self.records: list[Outgoing] = []
        self.gate, self.fail, self.asked = gate, fail, asyncio.Event()

    async def send_all(self, records: list[Outgoing]) -> None:
        self.asked.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.fail and records:
            raise RuntimeError("the broker is away")
        self.records += records


def releaser(engine: AsyncEngine, sent: Sent, minutes: float) -> HoldReleaser:
    return HoldReleaser(engine, cast("Outbox", sent), lambda: T0 + timedelta(minutes=minutes))


def test_a_hold_brings_its_record_back_bit_for_bit(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        fresh = hold_of(deal(), T0, WaitKind.ACCOUNT, "a1")
        await put(engine, T0, fresh)
        (row,) = await rows(engine)
        assert original_of(row) == fresh.original
        assert (row.state, row.held_since, row.expires_at) == ("open", T0, T0 + 15 * MINUTE)
        assert (row.version, row.sequence, row.account_id) == (5_000_000, 0, "a1")

    play(operations_url, scene)


def test_the_same_event_twice_in_a_batch_is_one_hold(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await put(engine, T0, *[hold_of(deal(), T0, WaitKind.ACCOUNT, "a1")] * 2)
        assert len(await rows(engine)) == 1

    play(operations_url, scene)


def test_a_hold_put_again_waits_for_what_is_missing_now_since_it_first_waited(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await put(engine, T0, hold_of(deal(), T0, WaitKind.ACCOUNT, "a1"))
        await close_all(engine, "released")
        await put(engine, T0 + MINUTE, hold_of(deal(), T0 + MINUTE, WaitKind.LINES, "d1", 2))
        (row,) = await rows(engine)
        assert (row.state, row.wait_kind, row.wait_key, row.wait_count) == ("open", "lines", "d1", 2)
        assert (row.reason, row.held_since, row.ended_at) == ("hold_expired", T0, None)

    play(operations_url, scene)


def test_an_account_that_arrives_releases_and_a_deleted_one_does_not(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await put(engine, T0, hold_of(deal(), T0, WaitKind.ACCOUNT, "a1"))
        gone = Account(meta=meta("account", "a1", "a1", 1, "delete"), id="a1")
        await learn(engine, Span("t", 0, 0), T0, gone)
        assert await releaser(engine, Sent(), 1).step() == (0, 0)
        back = Account(meta=meta("account", "a1", "a1", 2), id="a1", name="Ada")
        await learn(engine, Span("t", 0, 1), T0, back)
        sent = Sent()
        assert await releaser(engine, sent, 1).step() == (1, 0)
        assert await releaser(engine, sent, 1).step() == (0, 0)
        (record,) = sent.records
        assert (record.topic, record.key, record.value) == (REDRIVE["decide"].name, b"d1", b"\x00\xff value")
        assert header_text(record.headers, names.HELD_SINCE) == T0.isoformat()
        assert header_text(record.headers, names.SOURCE_OFFSET) == "7"
        assert dict(record.headers)["odd"] == b"\xff\x00"
        assert [row.state for row in await rows(engine)] == ["released"]

    play(operations_url, scene)


def test_lines_release_when_the_last_of_them_comes(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await put(engine, T0, hold_of(deal(), T0, WaitKind.LINES, "d1", 2))
        await learn(engine, Span("t", 0, 0), T0, line("S1"), line("S9", deal_id="another"))
        assert await releaser(engine, Sent(), 1).step() == (0, 0)
        await learn(engine, Span("t", 0, 2), T0 + MINUTE, line("S2"))
        assert await releaser(engine, Sent(), 2).step() == (1, 0)

    play(operations_url, scene)


def test_a_line_that_was_removed_releases_too(operations_url: str) -> None:
    """The deal's own change came first, hours after its lines: it waits until one of them is gone."""

    async def scene(engine: AsyncEngine) -> None:
        await learn(engine, Span("t", 0, 0), T0 - timedelta(hours=3), line("S1", 1), line("S2", 1))
        await put(engine, T0, hold_of(deal(lines=1), T0, WaitKind.LINES, "d1", 1))
        assert await releaser(engine, Sent(), 1).step() == (0, 0)
        await learn(engine, Span("t", 0, 2), T0 + MINUTE, line("S2", 6, "delete"))
        assert await releaser(engine, Sent(), 2).step() == (1, 0)

    play(operations_url, scene)


def test_a_hold_that_still_lacks_something_is_not_looked_at_without_end(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await learn(engine, Span("t", 0, 0), T0, line("S1"), line("S2"))
        await put(engine, T0 + 10 * MINUTE, hold_of(deal(), T0, WaitKind.LINES, "d1", 2))
        assert await releaser(engine, Sent(), 11).step() == (0, 0)

    play(operations_url, scene)


def test_an_expired_hold_is_a_letter_with_its_own_reason(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await put(engine, T0, hold_of(deal(), T0, WaitKind.ACCOUNT, "a1"))
        sent = Sent()
        assert await releaser(engine, sent, 14.9).step() == (0, 0)
        assert await releaser(engine, sent, 15).step() == (0, 1)
        assert await releaser(engine, sent, 16).step() == (0, 0)
        (letter,) = sent.records
        assert (letter.topic, letter.value) == (DEAD_LETTER[Reason.MISSING_ACCOUNT].name, b"\x00\xff value")
        assert header_text(letter.headers, names.EVENT_ID) == deal().meta.event_id
        assert [row.state for row in await rows(engine)] == ["expired"]

    play(operations_url, scene)


def test_a_broker_that_is_away_leaves_the_hold_open(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await put(engine, T0, hold_of(deal(), T0, WaitKind.ACCOUNT, "a1"))
        try:
            await releaser(engine, Sent(fail=True), 15).step()
        except RuntimeError:
            pass
        else:
            raise AssertionError("the failure was swallowed")
        assert [row.state for row in await rows(engine)] == ["open"]

    play(operations_url, scene)


def test_a_newer_version_takes_its_place_and_a_repeat_of_it_does_so_again(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        old = hold_of(deal(5), T0, WaitKind.ACCOUNT, "a1")
        await put(engine, T0, old)
        newer = deal(8)
        for _ in range(2):  # the second time after a crash
            view = await look(engine, [newer], Span("t", 0, 0), T0)
            (given_up,) = view.superseded_by(newer)
            assert given_up.hold_id == old.hold_id
            assert view.superseded_by(newer) == []
            async with engine.begin() as connection:
                await end_superseded(connection, {given_up.hold_id: newer.meta.event_id}, T0)
        assert [(row.state, row.ended_by) for row in await rows(engine)] == [("superseded", newer.meta.event_id)]
        other = await look(engine, [deal(9)], Span("t", 0, 0), T0)
        assert other.superseded_by(deal(9)) == []

    play(operations_url, scene)


def test_two_releasers_at_once_release_each_hold_once(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        events = [deal().model_copy(update={"meta": meta("opportunity", f"d{n}", "a1", 5)}) for n in range(20)]
        await put(engine, T0, *[hold_of(event, T0, WaitKind.ACCOUNT, "a1") for event in events])
        account = Account(meta=meta("account", "a1", "a1", 1), id="a1", name="Ada")
        await learn(engine, Span("t", 0, 0), T0, account)
        gate = asyncio.Event()
        slow, quick = Sent(gate), Sent()
        first = asyncio.create_task(releaser(engine, slow, 1).step())
        await slow.asked.wait()  # the first holds its rows locked now
        assert await releaser(engine, quick, 1).step() == (0, 0)
        gate.set()
        assert await first == (20, 0)
        assert quick.records == []
        assert len({record.key for record in slow.records}) == len(slow.records) == 20

    play(operations_url, scene)
