"""What a letter wrote is written back from what was there before, in the real ERP, and only while that is safe."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from ops.replay.preview.verdict import Says
from ops.replay.undo import command_of, undo_id, why_not_undone
from schemas.records import Command
from sinks.images import image_of
from sinks.tryton import request
from sinks.tryton.sink import TrytonSink
from streams.runtime.clock import system_clock
from streams.runtime.settings import Settings
from streams.runtime.tables import effects
from tests.contract.sink_examples import customer, order
from tests.integration.cases_rig import T0, Scene
from tests.integration.cases_rig import play as play_cases
from tests.integration.test_replay_preview import Line, play

WINDOW = timedelta(hours=24)


async def row_of(engine: AsyncEngine, command: Command) -> Any:
    async with engine.connect() as connection:
        return (await connection.execute(effects.select().where(effects.c.command_id == command.command_id))).one()


def test_an_undo_writes_back_what_was_there(stack_settings: Settings, operations_url: str) -> None:
    async def scene(engine: AsyncEngine, line: Line, name: str) -> None:
        code = f"X{name}"
        first = customer(name, 5, code=code, city="Köln")
        assert (await line.carry(first))[0] is Says.SUCCEED
        changed = customer(name, 6, code=code, city="Bonn")
        assert (await line.carry(changed))[0] is Says.SUCCEED
        async with engine.connect() as connection:
            assert await image_of(connection, "erp", first.command_id) is None, "it was new"
            image = await image_of(connection, "erp", changed.command_id)
        assert image is not None
        row = await row_of(engine, changed)
        command = command_of(row, changed.event_id, image, system_clock())
        assert (await line.carry(command))[0] is Says.SUCCEED
        assert (await line.carry(command))[0] is Says.SUCCEED, "a repeat is told its effect again"
        async with TrytonSink.of(stack_settings) as sink:
            (party,) = await sink._client.call(request.parties(name, None))
        assert party["addresses."][0]["city"] == "Köln"

    play(stack_settings, operations_url, scene)


def test_an_order_that_was_placed_has_no_way_back(stack_settings: Settings, operations_url: str) -> None:
    async def scene(engine: AsyncEngine, line: Line, name: str) -> None:
        await line.carry(customer(name, 5, code=f"X{name}"))
        placed = order(f"{name}-o", name, code=f"X{name}")
        await line.carry(placed)
        async with engine.connect() as connection:
            assert await image_of(connection, "erp", placed.command_id) is None

    play(stack_settings, operations_url, scene)


def entry(**other: Any) -> Any:
    known = {"kind": "customer.upsert", "key": "a", "ended_at": T0, "command_id": "c", "outcome": "applied"}
    return SimpleNamespace(**known | other)


@pytest.mark.parametrize(
    ("later", "image", "now", "word"),
    [
        ([], {"customer": {}}, T0 + timedelta(hours=1), ""),
        ([], None, T0, "no way back"),
        (["d"], {"customer": {}}, T0, "written again since"),
        ([], {"customer": {}}, T0 + timedelta(hours=25), "longer ago"),
    ],
)
def test_it_is_undone_only_while_that_is_safe(later: list[str], image: Any, now: datetime, word: str) -> None:
    said = why_not_undone(entry(), later, image, now, WINDOW)
    assert (word in said) if word else not said


def test_an_undo_has_one_id_and_another_than_what_it_undoes() -> None:
    assert undo_id(entry()) == undo_id(entry()) != "c"


def test_a_job_whose_letters_wrote_nothing_cannot_be_undone(operations_url: str) -> None:
    from ops.cases.errors import NotNow  # noqa: PLC0415
    from tests.integration.test_replay_job import Line as Answers  # noqa: PLC0415
    from tests.integration.test_replay_job import good, turn  # noqa: PLC0415

    async def scene(s: Scene) -> None:
        await s.indexer.index([s.topics.letter("o1")])
        s.later(minutes=1)
        job = await s.ask("letter.replay", selection={"key": "o1"}, why="fixed")
        with pytest.raises(NotNow, match="none of its letters"):
            await s.ask("replay.undo", job_id=job.job_id, why="wrong")
        await turn(s, Answers(s, good)).run(job.job_id)
        with pytest.raises(NotNow, match="it wrote nothing"):
            await s.ask("replay.undo", job_id=job.job_id, why="wrong")
        assert len(s.sent) == 1

    play_cases(operations_url, scene)
